import type { Endpoint, ServicePortInfo } from '../../../model/resolve-services.ts'
import type { Expression, Rule, Selector, Statement } from '../../../nft/ruleset.ts'
import { match, PROTO, SOURCE, type TableBuilder } from './layout.ts'
import type { SlotAllocator } from './slots.ts'

const JHASH_SEED = 0x706f7274
const MARK: Selector = { kind: 'meta', key: 'mark' }

/** `namespace/name/protocol/port name`: how a Service port is called in chains, comments and counters. */
export function servicePortLabel(info: ServicePortInfo): string {
  const { namespace, name, port, protocol } = info.name
  return `${namespace}/${name}/${protocol.toLowerCase()}/${port}`
}

/**
 * A chain that chooses one of `endpoints` for each new connection. All frontends of a Service port come to the same
 * chain: `numgen inc` counts per rule, so one rule is what makes the rotation strict.
 */
export function addChoiceChain(
  builder: TableBuilder,
  slots: SlotAllocator,
  chain: string,
  info: ServicePortInfo,
  endpoints: readonly Endpoint[],
): void {
  const base = slots.allocate(chain, endpoints.length)
  const rules =
    info.sessionAffinityTimeout === undefined
      ? [choose(builder, info, endpoints, base)]
      : chooseSticky(builder, slots, info, endpoints, base)
  builder.chain(chain, rules)
}

function protocol(info: ServicePortInfo): Statement {
  return match(PROTO, '==', info.name.protocol.toLowerCase())
}

/** One rule that takes each new connection to the next of `endpoints`, which stand in the map from `base` up. */
export function choose(
  builder: TableBuilder,
  info: ServicePortInfo,
  endpoints: readonly Pick<Endpoint, 'ip' | 'port'>[],
  base: number,
): Rule {
  endpoints.forEach((endpoint, i) => {
    builder.element('endpoints', { key: [String(base + i)], data: [endpoint.ip, String(endpoint.port)] })
  })
  const key = [slotExpression(info, endpoints.length, base)]
  return {
    statements: [protocol(info), { kind: 'dnat', to: { kind: 'map', key, map: 'endpoints' } }],
    comment: servicePortLabel(info),
  }
}

function slotExpression(info: ServicePortInfo, modulus: number, offset: number): Selector {
  switch (info.algorithm) {
    case 'random':
      return { kind: 'numgen', mode: 'random', modulus, offset }
    case 'source-hash':
      return { kind: 'jhash', of: [SOURCE], modulus, offset, seed: JHASH_SEED }
    default:
      return { kind: 'numgen', mode: 'inc', modulus, offset }
  }
}

/**
 * Session affinity by client address. A map remembers an id, which stays the same while the endpoint lives; an id whose
 * endpoint is gone finds nothing in `affinity-endpoints`, and the second rule chooses anew. The id passes through the
 * packet's mark, because nft 1.0.6 cannot print a map whose data is a concatenation or a key that comes from a lookup.
 */
function chooseSticky(
  builder: TableBuilder,
  slots: SlotAllocator,
  info: ServicePortInfo,
  endpoints: readonly Endpoint[],
  base: number,
): readonly Rule[] {
  const label = servicePortLabel(info)
  const map = `affinity-${label}`
  const timeout = info.sessionAffinityTimeout ?? 0
  builder.declare({ name: map, key: ['ipv4_addr'], data: ['mark'], dynamic: true, timeout })
  endpoints.forEach((endpoint, i) => {
    const id = String(slots.id(`${label}/${endpoint.ip}/${endpoint.port}`))
    builder.element('affinity-ids', { key: [String(base + i)], data: [id] })
    builder.element('affinity-endpoints', { key: [id], data: [endpoint.ip, String(endpoint.port)] })
  })
  const slot = slotExpression(info, endpoints.length, base)
  const use = (id: Expression, ...before: readonly Statement[]): Rule => ({
    statements: [
      protocol(info),
      { kind: 'mark', value: id },
      ...before,
      { kind: 'update', set: map, key: [SOURCE], data: MARK, timeout },
      { kind: 'dnat', to: { kind: 'map', key: [MARK], map: 'affinity-endpoints' } },
    ],
    comment: label,
  })
  // An update of an element that is there leaves its data as it was: what is remembered of a gone endpoint goes first.
  const forget: Statement = { kind: 'delete', set: map, key: [SOURCE], data: MARK }
  return [use({ kind: 'map', key: [SOURCE], map }), use({ kind: 'map', key: [slot], map: 'affinity-ids' }, forget)]
}
