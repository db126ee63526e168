import { parseCIDR, type CIDR } from '../lib/ip.ts'

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
        problems.push(`${name}: ${JSON.stringify(entry.trim())} is not a range such as 10.0.0.0/16`)
      return cidr ?? []
    })
  const [, from = '', to = ''] = /^(\d+)-(\d+)$/.exec(text.nodePortRange) ?? []
  const nodePortRange = { from: Number(from), to: Number(to) }
  if (from === '' || nodePortRange.from < 1 || nodePortRange.to > 65535 || nodePortRange.from > nodePortRange.to) {
    problems.push(`service-node-port-range: ${JSON.stringify(text.nodePortRange)} is not a range such as 30000-32767`)
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
  return problems.length > 0 ? problems : config
}
