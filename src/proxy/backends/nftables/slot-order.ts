/** Which endpoint stands in which slot of a Service port's own rule, by algorithm. All of it is arithmetic. */
import { hash32 } from '../../../model/hash.ts'
import type { Endpoint, ServicePortInfo } from '../../../model/resolve-services.ts'
import { countedName } from '../../connection-counts.ts'

type Place = Pick<Endpoint, 'ip' | 'port'>

/** The larger one is for more endpoints than the last. */
const HASHED = { few: 1024, many: 16_384, fewEndpoints: 256 } as const
/** So many connections can be decided before the next count. The larger one is for more endpoints than `few`. */
const COUNTED = { few: 32, many: 1024 } as const

/** For each slot the index of its endpoint. There is at least one endpoint. */
export function slotOrder(
  info: Pick<ServicePortInfo, 'name' | 'algorithm' | 'load'>,
  endpoints: readonly Place[],
): readonly number[] {
  switch (info.algorithm) {
    case 'source-hash':
      return consistentSlots(endpoints.map(({ ip, port }) => `${ip}:${port}`))
    case 'least-connections':
      return leastConnectionSlots(
        endpoints.map((endpoint) => countedName(info, endpoint)),
        info.load,
      )
    default:
      return endpoints.map((_, i) => i)
  }
}

/** How long `slotOrder` is. */
export function slotCount({ algorithm }: Pick<ServicePortInfo, 'algorithm'>, endpoints: number): number {
  switch (algorithm) {
    case 'source-hash':
      return endpoints <= HASHED.fewEndpoints ? HASHED.few : HASHED.many
    case 'least-connections':
      return endpoints <= COUNTED.few ? COUNTED.few : COUNTED.many
    default:
      return endpoints
  }
}

/**
 * As Maglev does it (Eisenbud et al., NSDI 2016): every endpoint has an order of its own in which it wants the slots, and
 * they take one each in turn. All get as many, to within one, and where an endpoint goes nearly all slots of the others
 * stay. The orders are not arithmetic progressions, as there: of 1,000 slots two would too often have the same step.
 */
export function consistentSlots(names: readonly string[]): readonly number[] {
  const size = slotCount({ algorithm: 'source-hash' }, names.length)
  const next = names.map((name) => hash32(name))
  const slots = Array.from({ length: size }, () => -1)
  for (let filled = 0; filled < size; filled++) {
    const endpoint = filled % names.length
    let state = next[endpoint] ?? 0
    while (slots[mixed(state) % size] !== -1) state = (state + GOLDEN_RATIO) | 0
    slots[mixed(state) % size] = endpoint
    next[endpoint] = state
  }
  return slots
}

/** Odd, so that every number comes once. */
const GOLDEN_RATIO = 0x9e3779b9

/** The end of MurmurHash3: no two numbers give the same. */
function mixed(number: number): number {
  let h = Math.imul(number ^ (number >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

/**
 * The next connections one by one, each to the endpoint that has the fewest with those before it. As many as are expected,
 * and at least one for each endpoint that has the fewest now; then again from the first.
 */
export function leastConnectionSlots(names: readonly string[], load: ServicePortInfo['load']): readonly number[] {
  const size = slotCount({ algorithm: 'least-connections' }, names.length)
  const open = names.map((name) => load?.open.get(name) ?? 0)
  const fewest = open.reduce((a, b) => Math.min(a, b), Infinity)
  const idle = open.filter((count) => count === fewest).length
  const wanted = Math.min(size, Math.max(idle, load?.arriving ?? 0))
  const turn: number[] = []
  for (let level = fewest; turn.length < wanted; level++) {
    for (let i = 0; i < names.length && turn.length < wanted; i++) if ((open[i] ?? 0) <= level) turn.push(i)
  }
  return Array.from({ length: size }, (_, slot) => turn[slot % turn.length] ?? 0)
}
