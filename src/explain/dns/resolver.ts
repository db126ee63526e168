import type { Pod } from '../../api/core.ts'
import { podResolvConf } from '../../dns/pod-dns.ts'

/** How a Pod looks names up. */
export interface Resolver {
  readonly search: readonly string[]
  readonly ndots: number
  /** Whether the Pod asks cluster DNS at all. */
  readonly asksCluster: boolean
}

const CLUSTER = 'cluster'
/** What a resolver assumes where the file does not say. */
const USUAL_NDOTS = 1

/**
 * The resolver of a Pod; of a Pod of `namespace` with the usual settings where there is no Pod. `clusterServers`: addresses
 * of cluster DNS, which a Pod may name itself.
 */
export function resolverOf(
  pod: Pod | undefined,
  namespace: string,
  clusterDomain: string,
  clusterServers: readonly string[],
): Resolver {
  const config = { clusterDomain, clusterServers: [CLUSTER], nodeServers: [] }
  const { text } = podResolvConf(pod?.spec ?? { containers: [] }, namespace, config)
  const [, search = ''] = /^search (.*)$/m.exec(text) ?? []
  const [, ndots] = /^options .*\bndots:(\d+)/m.exec(text) ?? []
  return {
    search: search.split(' ').filter((domain) => domain !== ''),
    ndots: ndots === undefined ? USUAL_NDOTS : Number(ndots),
    asksCluster: [...text.matchAll(/^nameserver (.*)$/gm)].some(
      ([, server = '']) => server === CLUSTER || clusterServers.includes(server),
    ),
  }
}

/** The absolute names that glibc tries, one after the other. */
export function triedNames(name: string, { search, ndots }: Resolver): readonly string[] {
  if (name.endsWith('.')) return [name]
  const literal = `${name}.`
  const searched = search.map((domain) => `${name}.${domain.replace(/\.$/, '')}.`)
  const dots = name.split('.').length - 1
  return dots >= ndots ? [literal, ...searched] : [...searched, literal]
}
