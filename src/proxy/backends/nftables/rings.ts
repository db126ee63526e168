import type { Endpoint, ServicePortInfo } from '../../../model/resolve-services.ts'
import type { Element } from '../../../nft/ruleset.ts'
import type { FragmentBuilder } from './fragment.ts'
import { frontendKey, nodePortKey } from './label.ts'
import { RING_SIZES } from './sets.ts'

/** A ring that its endpoints do not fill in whole turns has this many slots for each at least. */
const EVENNESS = 4
const LARGEST = Math.max(...RING_SIZES)
/** Thousands of Service ports share these texts. */
const SLOTS: ReadonlyMap<number, readonly string[]> = new Map(
  RING_SIZES.map((size) => [size, Array.from({ length: size }, (_, slot) => String(slot))]),
)

export interface RingFrontends {
  readonly clusterIP: readonly string[]
  readonly external: readonly string[]
  readonly hasNodePort: boolean
}

/** Slots of maps that all Service ports share, filled with the endpoints in turn. A connection takes any of them. */
export function addRing(
  builder: FragmentBuilder,
  info: ServicePortInfo,
  endpoints: readonly Endpoint[],
  frontends: RingFrontends,
): void {
  const size = ringSize(endpoints.length)
  const addresses =
    frontends.external.length === 0 ? frontends.clusterIP : frontends.clusterIP.concat(frontends.external)
  const keys = addresses.map((address) => frontendKey(info, address))
  const data = endpoints.map(({ ip, port }) => [ip, String(port)])
  if (keys.length > 0) builder.elements(`ring-${size}`, slots(keys, data, size))
  if (frontends.hasNodePort) builder.elements(`nodeport-ring-${size}`, slots([nodePortKey(info)], data, size))
}

function slots(keys: readonly (readonly string[])[], data: readonly (readonly string[])[], size: number): Element[] {
  const texts = SLOTS.get(size) ?? []
  const [first = [], ...others] = keys
  // `map` and `concat` make arrays of the length that they need: there are as many as slots of all Service ports.
  const elements = texts.map((slot, i): Element => ({ key: first.concat(slot), data: data[i % data.length] ?? [] }))
  for (const key of others)
    texts.forEach((slot, i) => elements.push({ key: key.concat(slot), data: elements[i]?.data ?? [] }))
  return elements
}

function ringSize(count: number): number {
  return RING_SIZES.find((size) => size === count || size >= count * EVENNESS) ?? LARGEST
}
