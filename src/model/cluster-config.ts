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

/** What the second ranges are where only some were given. */
const DEFAULT_IPV6_RANGES: Readonly<Record<RangeName, string>> = {
  nodeCIDR: 'fd00:192:168:1::/64',
  podCIDR: 'fd00:10:244::/56',
  serviceCIDR: 'fd00:10:96::/108',
  loadBalancerCIDR: '2001:db8:203:113::/64',
  outsideCIDR: '2001:db8:198:51::/64',
}

type RangeName = 'nodeCIDR' | 'podCIDR' | 'serviceCIDR' | 'loadBalancerCIDR' | 'outsideCIDR'

/** By the order in which they decide which IP families a network has, and which of them is its primary one. */
const RANGES: Readonly<Record<RangeName, string>> = {
  serviceCIDR: '--service-cidr',
  podCIDR: '--pod-cidr',
  nodeCIDR: '--node-cidr',
  loadBalancerCIDR: '--lb-cidr',
  outsideCIDR: 'the range of clients outside,',
}

/**
 * A configuration, or what is wrong with it, one sentence each. Ranges are one of each IP family, separated by a comma. A
 * list that was left as it is by default gets the families of those that were not, so that a second range in one of them
 * is enough.
 */
export function parseClusterConfig(text: ClusterConfigText): ClusterConfig | readonly string[] {
  const problems: string[] = []
  const [, from = '', to = ''] = /^(\d+)-(\d+)$/.exec(text.nodePortRange) ?? []
  const nodePortRange = { from: Number(from), to: Number(to) }
  const names: readonly RangeName[] = ['nodeCIDR', 'podCIDR', 'serviceCIDR', 'loadBalancerCIDR', 'outsideCIDR']
  const given = new Map(
    names
      .filter((name) => text[name] !== DEFAULT_CLUSTER_CONFIG[name])
      .map((name) => [name, parseRanges(name, text[name], problems)]),
  )
  if (from === '' || nodePortRange.from < 1 || nodePortRange.to > 65535 || nodePortRange.from > nodePortRange.to) {
    problems.push(`--service-node-port-range ${JSON.stringify(text.nodePortRange)}: not a range such as 30000-32767`)
  }
  if (!DOMAIN.test(text.clusterDomain)) {
    problems.push(`--cluster-domain ${JSON.stringify(text.clusterDomain)}: not a domain such as cluster.local`)
  }
  if (problems.length > 0) return problems
  const families = familiesOf(given, problems)
  const rangesOf = (name: RangeName): readonly CIDR[] => {
    const ranges = given.get(name) ?? defaultRanges(name)
    return families.flatMap((family) => ranges.find((range) => range.family === family) ?? [])
  }
  const config = {
    clusterDomain: text.clusterDomain,
    nodeCIDRs: rangesOf('nodeCIDR'),
    podCIDRs: rangesOf('podCIDR'),
    serviceCIDRs: rangesOf('serviceCIDR'),
    loadBalancerCIDRs: rangesOf('loadBalancerCIDR'),
    outsideCIDRs: rangesOf('outsideCIDR'),
    nodePortRange,
  }
  problems.push(...overlaps(config))
  return problems.length > 0 ? problems : config
}

function parseRanges(name: RangeName, list: string, problems: string[]): readonly CIDR[] {
  const ranges = list.split(',').flatMap((entry) => {
    const cidr = parseCIDR(entry.trim())
    if (cidr === undefined)
      problems.push(`${RANGES[name]} ${JSON.stringify(entry.trim())}: not a range such as 10.0.0.0/16`)
    return cidr ?? []
  })
  const repeated = ([4, 6] as const).find((family) => ranges.filter((range) => range.family === family).length > 1)
  if (repeated !== undefined) {
    const other = repeated === 4 ? 6 : 4
    problems.push(`${RANGES[name]} ${list}: two IPv${repeated} ranges; a second range must be an IPv${other} one`)
  }
  return ranges
}

/** The IP families of the network. All lists that were given must have them. */
function familiesOf(given: ReadonlyMap<RangeName, readonly CIDR[]>, problems: string[]): readonly (4 | 6)[] {
  const named = (Object.keys(RANGES) as RangeName[]).flatMap((name) => {
    const ranges = given.get(name)
    return ranges === undefined ? [] : [{ name, families: ranges.map(({ family }) => family) }]
  })
  const [first] = named
  if (first === undefined) return [4]
  const all = [...new Set(named.flatMap(({ families }) => families))]
  for (const { name, families } of named) {
    const lacking = all.find((family) => !families.includes(family))
    const has = named.find((other) => other.families.some((family) => family === lacking))
    if (lacking !== undefined && has !== undefined) {
      problems.push(
        `${RANGES[name]} has no IPv${lacking} range, but ${RANGES[has.name]} has one: give both the same families`,
      )
    }
  }
  return all
}

function defaultRanges(name: RangeName): readonly CIDR[] {
  return [DEFAULT_CLUSTER_CONFIG[name], DEFAULT_IPV6_RANGES[name]].flatMap((range) => parseCIDR(range) ?? [])
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
