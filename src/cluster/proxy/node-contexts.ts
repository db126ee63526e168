import type { IPFamily, Node } from '../../api/core.ts'
import { cidrContains, formatIP, type IP, parseCIDR, parseIP } from '../../lib/ip.ts'
import { cleanCIDR, cleanIP } from '../../model/clean-address.ts'
import { ZONE_LABEL } from '../../model/endpoints.ts'
import { isEqual } from '../../model/equal.ts'
import { get, type Snapshot } from '../../model/snapshot.ts'
import type { LocalPods, NodeContext } from '../../proxy/node-context.ts'

/** How this node's Pods are known as sources, in kube-proxy's words. */
export type DetectLocal =
  | { readonly mode: 'ClusterCIDR'; readonly ranges: readonly string[] }
  /** The ranges that the Node has been given. */
  | { readonly mode: 'NodeCIDR' }
  | { readonly mode: 'BridgeInterface' | 'InterfaceNamePrefix'; readonly name: string }

/** What a node's proxy must know besides its Node object. */
export interface NodeSettings {
  readonly node: string
  readonly detectLocal: DetectLocal
  readonly masqueradeAll: boolean
  /** Of this machine, in the place of the Node object's of its family. */
  readonly bindAddress?: string
  /** Ranges of addresses of this machine where nodePorts answer; PRIMARY stands for those of the Node object. */
  readonly nodePortAddresses: readonly string[]
}

export const PRIMARY = 'primary'

/** What a node's proxy knows from the API server, and from its machine. */
export interface NodeFacts {
  readonly snapshot: Snapshot
  readonly serviceCIDRs: readonly string[]
  /** Addresses of this machine, without loopback. */
  readonly localAddresses: readonly string[]
}

/**
 * What the proxy of a node must know, by IP family: those in which the Node has an address, or IPv4 while there is no
 * Node. Returns `previous` where nothing of it changed.
 */
export function nodeContexts(
  { snapshot, serviceCIDRs, localAddresses }: NodeFacts,
  settings: NodeSettings,
  previous: readonly NodeContext[] = [],
): readonly NodeContext[] {
  const { node, detectLocal, masqueradeAll, nodePortAddresses, bindAddress } = settings
  const object = get(snapshot, 'Node', node)
  const primary = addressesOf(object, bindAddress)
  const families = new Set(primary.map(({ family }) => family))
  const zone = zoneOf(object)
  const next = (['IPv4', 'IPv6'] as const)
    .filter((family) => families.has(family) || (families.size === 0 && family === 'IPv4'))
    .map((family): NodeContext => {
      const own = primary.filter((address) => address.family === family).map(({ text }) => text)
      return {
        name: node,
        family,
        ...(zone === undefined ? {} : { zone }),
        addresses: acceptedAddresses(family, own, localAddresses, nodePortAddresses),
        localPods: localPodsOf(detectLocal, object, family),
        ...(masqueradeAll ? { masqueradeAll } : {}),
        serviceCIDRs: rangesOf(serviceCIDRs, family),
      }
    })
  return keepEqual(previous, next)
}

/** Undefined where the Node names none. */
export function zoneOf(node: Node | undefined): string | undefined {
  return node?.metadata.labels?.[ZONE_LABEL] || undefined
}

function localPodsOf(detectLocal: DetectLocal, node: Node | undefined, family: IPFamily): LocalPods | undefined {
  switch (detectLocal.mode) {
    case 'BridgeInterface':
      return { kind: 'interface', name: detectLocal.name }
    case 'InterfaceNamePrefix':
      return { kind: 'interface', name: `${detectLocal.name}*` }
    default: {
      const ranges = detectLocal.mode === 'ClusterCIDR' ? detectLocal.ranges : podCIDRsOf(node)
      const [range] = rangesOf(ranges, family)
      return range === undefined ? undefined : { kind: 'range', range }
    }
  }
}

/** As kube-proxy takes --nodeport-addresses: without a range of the family, every address of it. */
function acceptedAddresses(
  family: IPFamily,
  own: readonly string[],
  localAddresses: readonly string[],
  accepted: readonly string[],
): readonly string[] {
  const ranges = rangesOf(accepted, family).flatMap((text) => parseCIDR(text) ?? [])
  const byName = accepted.includes(PRIMARY) ? own : []
  const isEvery = ranges.length === 0 && !accepted.includes(PRIMARY)
  const local = localAddresses.flatMap((text) => {
    const ip = parseIP(text)
    if (ip === undefined || familyOf(ip) !== family) return []
    return isEvery || ranges.some((range) => cidrContains(range, ip)) ? [formatIP(ip)] : []
  })
  return [...new Set([...byName, ...local])]
}

const familyOf = ({ family }: IP): IPFamily => (family === 4 ? 'IPv4' : 'IPv6')

/** The same value for each context that did not change: a table is compiled anew only for another one. */
function keepEqual(previous: readonly NodeContext[], next: readonly NodeContext[]): readonly NodeContext[] {
  const merged = next.map((context) => previous.find((other) => isEqual(other, context)) ?? context)
  return merged.length === previous.length && merged.every((context, i) => context === previous[i]) ? previous : merged
}

/** InternalIPs, or where there are none ExternalIPs: the first of each family, as kube-proxy takes them. */
function addressesOf(
  node: Node | undefined,
  bindAddress: string | undefined,
): readonly { readonly family: IPFamily; readonly text: string }[] {
  const all = node?.status?.addresses ?? []
  const internal = all.filter(({ type }) => type === 'InternalIP')
  const chosen = internal.length > 0 ? internal : all.filter(({ type }) => type === 'ExternalIP')
  const texts = [...(bindAddress === undefined ? [] : [bindAddress]), ...chosen.map(({ address }) => address)]
  const clean = texts.flatMap((text) => cleanIP(text) ?? [])
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
