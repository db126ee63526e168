import type { Endpoint, ServicePortInfo } from '../../../model/resolve-services.ts'
import type { Element, Expression, Rule, Selector, Statement } from '../../../nft/ruleset.ts'
import { match, PROTO } from './expressions.ts'
import { FAMILY_TERMS } from './family-terms.ts'
import type { FragmentBuilder } from './fragment.ts'
import { protocolOf, servicePortLabel } from './label.ts'
import { slotCount, slotOrder } from './slot-order.ts'
import { firstSlot, idOf, idResources, slotResources } from './slots.ts'

const JHASH_SEED = 0x706f7274
const PRIORITY: Selector = { kind: 'meta', key: 'priority' }

/** A chain that chooses one of some endpoints for each new connection. */
export interface Choice {
  readonly chain: string
  readonly info: ServicePortInfo
  readonly endpoints: readonly Pick<Endpoint, 'ip' | 'port'>[]
  /** The map from what session affinity remembers to these endpoints. */
  readonly affinityMap: 'affinity-endpoints' | 'affinity-local-endpoints'
}

/** What must be claimed for `addChoiceChain`. */
export function choiceResources({ chain, info, endpoints }: Choice): readonly string[] {
  const ids = info.sessionAffinityTimeout === undefined ? [] : endpoints
  return [
    ...slotResources(chain, slotCount(info, endpoints.length)),
    ...ids.flatMap((endpoint) => idResources(endpointName(info, endpoint))),
  ]
}

function endpointName(info: ServicePortInfo, { ip, port }: Pick<Endpoint, 'ip' | 'port'>): string {
  return `${servicePortLabel(info)}/${ip}/${port}`
}

/**
 * All frontends of a Service port come to the same chain: `numgen inc` counts per rule, so one rule is what makes the
 * rotation strict.
 */
export function addChoiceChain(builder: FragmentBuilder, choice: Choice, owns: (resource: string) => boolean): void {
  const base = firstSlot(choice.chain, slotCount(choice.info, choice.endpoints.length), owns)
  const sticky = choice.info.sessionAffinityTimeout !== undefined
  builder.chain(choice.chain, sticky ? chooseSticky(builder, choice, base, owns) : [choose(builder, choice, base)])
}

/** One rule that takes each new connection to the next of `endpoints`, which stand in the map from `base` up. */
function choose(builder: FragmentBuilder, { info, endpoints }: Choice, base: number): Rule {
  const places = endpoints.map(({ ip, port }) => [ip, String(port)])
  builder.elements('endpoints', inSlots(slotOrder(info, endpoints), base, places))
  const key = [slotExpression(info, slotCount(info, endpoints.length), base)]
  return {
    statements: [isProtocol(info), { kind: 'dnat', to: { kind: 'map', key, map: 'endpoints' } }],
    comment: servicePortLabel(info),
  }
}

function inSlots(order: readonly number[], base: number, data: readonly (readonly string[])[]): Element[] {
  return order.map((endpoint, slot) => ({ key: [String(base + slot)], data: data[endpoint] ?? [] }))
}

function isProtocol(info: ServicePortInfo): Statement {
  return match(PROTO, '==', protocolOf(info))
}

function slotExpression(info: ServicePortInfo, modulus: number, offset: number): Selector {
  switch (info.algorithm) {
    case 'random':
      return { kind: 'numgen', mode: 'random', modulus, offset }
    case 'source-hash':
      return { kind: 'jhash', of: [FAMILY_TERMS[info.family].source], modulus, offset, seed: JHASH_SEED }
    default:
      return { kind: 'numgen', mode: 'inc', modulus, offset }
  }
}

/**
 * Session affinity by client address. A map remembers an id, which stays the same while the endpoint lives; an id whose
 * endpoint is not among these finds nothing, and the second rule chooses anew. The third one is for a map that is full:
 * who cannot be remembered is served all the same. The id passes through the packet's priority,
 * because nft 1.0.6 cannot print a map whose data is a concatenation or a key that comes from a lookup. Not through its
 * mark: that is others' (routes, CNI plugins), and what is left in it would choose routes and hide sources.
 */
function chooseSticky(
  builder: FragmentBuilder,
  { info, endpoints, affinityMap }: Choice,
  base: number,
  owns: (resource: string) => boolean,
): readonly Rule[] {
  const label = servicePortLabel(info)
  const { source, addressType } = FAMILY_TERMS[info.family]
  const map = `affinity-${label}`
  const timeout = info.sessionAffinityTimeout ?? 0
  builder.declare({ name: map, key: [addressType], data: ['classid'], dynamic: true, timeout })
  const ids = endpoints.map((endpoint) => [String(idOf(endpointName(info, endpoint), owns))])
  endpoints.forEach(({ ip, port }, i) => builder.element(affinityMap, ids[i] ?? [], [ip, String(port)]))
  builder.elements('affinity-ids', inSlots(slotOrder(info, endpoints), base, ids))
  const slot = slotExpression(info, slotCount(info, endpoints.length), base)
  const use = (id: Expression, ...remember: readonly Statement[]): Rule => ({
    statements: [
      isProtocol(info),
      { kind: 'priority', value: id },
      ...remember,
      { kind: 'dnat', to: { kind: 'map', key: [PRIORITY], map: affinityMap } },
    ],
    comment: label,
  })
  const update: Statement = { kind: 'update', set: map, key: [source], data: PRIORITY, timeout }
  // An update of an element that is there leaves its data as it was: what is remembered of a gone endpoint goes first.
  const forget: Statement = { kind: 'delete', set: map, key: [source], data: PRIORITY }
  const next: Expression = { kind: 'map', key: [slot], map: 'affinity-ids' }
  return [use({ kind: 'map', key: [source], map }, update), use(next, forget, update), use(next)]
}
