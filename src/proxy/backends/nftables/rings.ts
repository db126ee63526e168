import type { Endpoint, ServicePortInfo } from '../../../model/resolve-services.ts'
import type { FragmentBuilder } from './fragment.ts'
import { frontendKey, nodePortKey } from './label.ts'
import { RING_SIZES } from './sets.ts'

/** A ring that its endpoints do not fill in whole turns has this many slots for each at least. */
const EVENNESS = 4

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
  const keys = [...frontends.clusterIP, ...frontends.external].map((address) => frontendKey(info, address))
  for (let slot = 0; slot < size; slot++) {
    const endpoint = endpoints[slot % endpoints.length]
    if (endpoint === undefined) continue
    const data = [endpoint.ip, String(endpoint.port)]
    for (const key of keys) builder.element(`ring-${size}`, [...key, String(slot)], data)
    if (frontends.hasNodePort) builder.element(`nodeport-ring-${size}`, [...nodePortKey(info), String(slot)], data)
  }
}

function ringSize(count: number): number {
  return RING_SIZES.find((size) => size === count || size >= count * EVENNESS) ?? Math.max(...RING_SIZES)
}
