import type { Endpoint, ServicePortInfo } from '../../../model/resolve-services.ts'
import type { FragmentBuilder } from './fragment.ts'
import { frontendKey, nodePortKey } from './label.ts'
import { RING_SIZES } from './sets.ts'

/** A ring that its endpoints do not fill in whole turns has this many slots for each at least. */
const EVENNESS = 4
const LARGEST = Math.max(...RING_SIZES)

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
  const data = slots(endpoints, size)
  for (const address of addresses) builder.element(`ring-${size}`, frontendKey(info, address), data)
  if (frontends.hasNodePort) builder.element(`nodeport-ring-${size}`, nodePortKey(info), data)
}

/** The fields of all slots. */
function slots(endpoints: readonly Endpoint[], size: number): readonly string[] {
  const fields: string[] = []
  for (let slot = 0; slot < size; slot++) {
    const endpoint = endpoints[slot % endpoints.length]
    if (endpoint !== undefined) fields.push(endpoint.ip, String(endpoint.port))
  }
  return fields
}

function ringSize(count: number): number {
  return RING_SIZES.find((size) => size === count || size >= count * EVENNESS) ?? LARGEST
}
