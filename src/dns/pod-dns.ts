import type { PodSpec } from '../api/core.ts'
import { searchDomains } from './search-path.ts'

/** What Pods of one network can be told to ask. */
export interface PodDnsConfig {
  readonly clusterDomain: string
  /** Cluster DNS. */
  readonly clusterServers: readonly string[]
  /** What the nodes themselves ask: it knows no name of the cluster. */
  readonly nodeServers: readonly string[]
}

/** As the resolver libraries have them; search limits since Kubernetes 1.28. */
const [MOST_SERVERS, MOST_DOMAINS, LONGEST_SEARCH] = [3, 32, 2048]

/** A Pod of which all Pods of its namespace have the same file. */
export function hasUsualDns({ dnsPolicy = 'ClusterFirst', dnsConfig, hostNetwork }: PodSpec): boolean {
  return dnsPolicy === 'ClusterFirst' && dnsConfig === undefined && hostNetwork !== true
}

/** The /etc/resolv.conf of a Pod by its dnsPolicy and dnsConfig; what of it is left out, a sentence each. */
export function podResolvConf(
  spec: PodSpec,
  namespace: string,
  config: PodDnsConfig,
): { readonly text: string; readonly problems: readonly string[] } {
  const base = baseOf(spec, namespace, config)
  const own = spec.dnsConfig ?? {}
  const servers = unique([...base.servers, ...(own.nameservers ?? [])])
  const searches = unique([...base.searches, ...(own.searches ?? [])].map((domain) => domain.replace(/(.)\.$/, '$1')))
  const options = mergeOptions(base.options, own.options ?? [])
  const usedServers = servers.slice(0, MOST_SERVERS)
  const usedSearches = fitting(searches)
  const lines = [
    ...(usedSearches.length === 0 ? [] : [`search ${usedSearches.join(' ')}`]),
    ...usedServers.map((server) => `nameserver ${server}`),
    ...(options.length === 0 ? [] : [`options ${options.join(' ')}`]),
  ]
  const problems = [
    ...(usedServers.length === servers.length
      ? []
      : [
          `Nameserver limits were exceeded, some nameservers have been omitted, the applied nameserver line is: ${usedServers.join(' ')}`,
        ]),
    ...(usedSearches.length === searches.length
      ? []
      : [
          `Search Line limits were exceeded, some search paths have been omitted, the applied search line is: ${usedSearches.join(' ')}`,
        ]),
  ]
  return { text: lines.map((line) => `${line}\n`).join(''), problems }
}

interface Base {
  readonly servers: readonly string[]
  readonly searches: readonly string[]
  readonly options: readonly string[]
}

/** With the node's network ClusterFirst means the node's names: only ClusterFirstWithHostNet keeps the cluster's. */
function baseOf({ dnsPolicy, hostNetwork }: PodSpec, namespace: string, config: PodDnsConfig): Base {
  if (dnsPolicy === 'None') return { servers: [], searches: [], options: [] }
  const isDefault = dnsPolicy === 'Default' || (hostNetwork === true && dnsPolicy !== 'ClusterFirstWithHostNet')
  if (isDefault) return { servers: config.nodeServers, searches: [], options: [] }
  const searches = searchDomains(namespace, config.clusterDomain)
  return { servers: config.clusterServers, searches, options: ['ndots:5'] }
}

const unique = (values: readonly string[]): readonly string[] => [...new Set(values)]

function fitting(searches: readonly string[]): readonly string[] {
  const first = searches.slice(0, MOST_DOMAINS)
  while (first.join(' ').length > LONGEST_SEARCH) first.pop()
  return first
}

/** The Pod's own value of an option replaces the other; options keep their order. */
function mergeOptions(
  base: readonly string[],
  own: NonNullable<NonNullable<PodSpec['dnsConfig']>['options']>,
): readonly string[] {
  const merged = new Map(base.map((option) => [option.split(':', 1)[0] ?? '', option]))
  for (const { name = '', value = '' } of own) merged.set(name, value === '' ? name : `${name}:${value}`)
  merged.delete('')
  return [...merged.values()]
}
