import type { IPFamily, Node } from '../api/core.ts'
import { cleanCIDR, cleanIP } from '../model/clean-address.ts'
import { isEqual } from '../model/equal.ts'
import { get, type Snapshot } from '../model/snapshot.ts'
import type { NodeContext } from '../proxy/node-context.ts'

const ZONE_LABEL = 'topology.kubernetes.io/zone'

/** Where a node's proxy knows from what its Node object does not say. */
export interface NodeSettings {
  readonly node: string
  /** Ranges of all Pods; without any, those that the Node has been given. */
  readonly clusterCIDRs: readonly string[]
}

/**
 * What the proxy of `node` must know, by IP family: those in which the Node has an address, or IPv4 while there is no
 * Node. Returns `previous` where nothing of it changed.
 */
export function nodeContexts(
  snapshot: Snapshot,
  serviceCIDRs: readonly string[],
  { node, clusterCIDRs }: NodeSettings,
  previous: readonly NodeContext[] = [],
): readonly NodeContext[] {
  const object = get(snapshot, 'Node', node)
  const addresses = addressesOf(object)
  const podCIDRs = clusterCIDRs.length > 0 ? clusterCIDRs : podCIDRsOf(object)
  const families = new Set(addresses.map(({ family }) => family))
  const zone = object?.metadata.labels?.[ZONE_LABEL]
  const next = (['IPv4', 'IPv6'] as const)
    .filter((family) => families.has(family) || (families.size === 0 && family === 'IPv4'))
    .map((family): NodeContext => {
      const ofFamily = (ranges: readonly string[]): readonly string[] => rangesOf(ranges, family)
      return {
        name: node,
        family,
        ...(zone === undefined || zone === '' ? {} : { zone }),
        addresses: addresses.filter((address) => address.family === family).map(({ text }) => text),
        podCIDR: ofFamily(podCIDRs)[0],
        serviceCIDRs: ofFamily(serviceCIDRs),
      }
    })
  return keepEqual(previous, next)
}

/** The same value for each context that did not change: a table is compiled anew only for another one. */
function keepEqual(previous: readonly NodeContext[], next: readonly NodeContext[]): readonly NodeContext[] {
  const merged = next.map((context) => previous.find((other) => isEqual(other, context)) ?? context)
  return merged.length === previous.length && merged.every((context, i) => context === previous[i]) ? previous : merged
}

/** InternalIPs, or where there are none ExternalIPs: the first of each family, as kube-proxy takes them. */
function addressesOf(node: Node | undefined): readonly { readonly family: IPFamily; readonly text: string }[] {
  const all = node?.status?.addresses ?? []
  const internal = all.filter(({ type }) => type === 'InternalIP')
  const chosen = internal.length > 0 ? internal : all.filter(({ type }) => type === 'ExternalIP')
  const clean = chosen.flatMap(({ address }) => cleanIP(address) ?? [])
  return clean.filter(({ family }, i) => clean.findIndex((other) => other.family === family) === i)
}

function podCIDRsOf(node: Node | undefined): readonly string[] {
  const { podCIDR = '', podCIDRs = [] } = node?.spec ?? {}
  return podCIDRs.length > 0 ? podCIDRs : podCIDR === '' ? [] : [podCIDR]
}

function rangesOf(texts: readonly string[], family: IPFamily): readonly string[] {
  return texts.flatMap((text) => {
    const range = cleanCIDR(text)
    return range?.family === family ? [range.text] : []
  })
}
