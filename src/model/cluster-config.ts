import { cidrAddress, cidrContains, formatCIDR, parseCIDR, type CIDR } from '../lib/ip.ts'

/** The ranges and names of one network. A second, IPv6 range in a pair makes it dual stack. */
export interface ClusterConfig {
  readonly clusterDomain: string
  readonly nodeCIDRs: readonly CIDR[]
  readonly podCIDRs: readonly CIDR[]
  readonly serviceCIDRs: readonly CIDR[]
  readonly loadBalancerCIDRs: readonly CIDR[]
  readonly outsideCIDRs: readonly CIDR[]
  /** Both ends included. */
  readonly nodePortRange: { readonly from: number; readonly to: number }
}

export interface ClusterConfigText {
  readonly clusterDomain: string
  readonly nodeCIDR: string
  readonly podCIDR: string
  readonly serviceCIDR: string
  readonly loadBalancerCIDR: string
  readonly outsideCIDR: string
  readonly nodePortRange: string
}

export const DEFAULT_CLUSTER_CONFIG: ClusterConfigText = {
  clusterDomain: 'cluster.local',
  nodeCIDR: '192.168.1.0/24',
  podCIDR: '10.244.0.0/16',
  serviceCIDR: '10.96.0.0/12',
  loadBalancerCIDR: '203.0.113.0/24',
  outsideCIDR: '198.51.100.0/24',
  nodePortRange: '30000-32767',
}

/** A configuration, or what is wrong with it, one sentence each. Lists of ranges are separated by commas. */
export function parseClusterConfig(text: ClusterConfigText): ClusterConfig | readonly string[] {
  const problems: string[] = []
  const cidrs = (name: string, list: string): readonly CIDR[] =>
    list.split(',').flatMap((entry) => {
      const cidr = parseCIDR(entry.trim())
      if (cidr === undefined)
        problems.push(`--${name} ${JSON.stringify(entry.trim())}: not a range such as 10.0.0.0/16`)
      return cidr ?? []
    })
  const [, from = '', to = ''] = /^(\d+)-(\d+)$/.exec(text.nodePortRange) ?? []
  const nodePortRange = { from: Number(from), to: Number(to) }
  if (from === '' || nodePortRange.from < 1 || nodePortRange.to > 65535 || nodePortRange.from > nodePortRange.to) {
    problems.push(`--service-node-port-range ${JSON.stringify(text.nodePortRange)}: not a range such as 30000-32767`)
  }
  if (!DOMAIN.test(text.clusterDomain)) {
    problems.push(`--cluster-domain ${JSON.stringify(text.clusterDomain)}: not a domain such as cluster.local`)
  }
  const config = {
    clusterDomain: text.clusterDomain,
    nodeCIDRs: cidrs('node-cidr', text.nodeCIDR),
    podCIDRs: cidrs('pod-cidr', text.podCIDR),
    serviceCIDRs: cidrs('service-cidr', text.serviceCIDR),
    loadBalancerCIDRs: cidrs('lb-cidr', text.loadBalancerCIDR),
    outsideCIDRs: cidrs('outside-cidr', text.outsideCIDR),
    nodePortRange,
  }
  problems.push(...overlaps(config))
  return problems.length > 0 ? problems : config
}

const DOMAIN = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)*$/

/** An address must tell what it belongs to. */
function overlaps(config: Omit<ClusterConfig, 'clusterDomain' | 'nodePortRange'>): readonly string[] {
  const named = [
    ...config.nodeCIDRs.map((cidr) => ['--node-cidr', cidr] as const),
    ...config.podCIDRs.map((cidr) => ['--pod-cidr', cidr] as const),
    ...config.serviceCIDRs.map((cidr) => ['--service-cidr', cidr] as const),
    ...config.loadBalancerCIDRs.map((cidr) => ['--lb-cidr', cidr] as const),
    ...config.outsideCIDRs.map((cidr) => ['the range of clients outside,', cidr] as const),
  ]
  return named.flatMap(([name, cidr], i) =>
    named
      .slice(i + 1)
      .filter(([, other]) => cidrContains(cidr, cidrAddress(other, 0)) || cidrContains(other, cidrAddress(cidr, 0)))
      .map(([other, otherCIDR]) => `${name} ${formatCIDR(cidr)} and ${other} ${formatCIDR(otherCIDR)} overlap`),
  )
}
