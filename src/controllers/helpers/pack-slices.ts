/** Which endpoint goes into which slice, so that as few slices as possible change. */
import type { IPFamily } from '../../api/core.ts'
import type { EndpointPort, EndpointSlice, SliceEndpoint } from '../../api/discovery.ts'
import { isEqual } from '../../model/equal.ts'

/** Endpoints of one family that share their ports. */
export interface SliceGroup {
  readonly addressType: IPFamily
  readonly ports: readonly EndpointPort[]
  readonly endpoints: readonly SliceEndpoint[]
}

export interface PackedSlice {
  /** The slice to become this one; absent for a new slice. */
  readonly previous?: EndpointSlice
  readonly addressType: IPFamily
  readonly ports: readonly EndpointPort[]
  readonly endpoints: readonly SliceEndpoint[]
}

export interface Packing {
  readonly slices: readonly PackedSlice[]
  readonly unused: readonly EndpointSlice[]
}

/**
 * Endpoints stay where they are. New ones fill the slices that change anyway, then the one slice that they fit best, then
 * new slices; full slices are never rebalanced. A slice without use becomes one that would have to be made.
 */
export function packSlices(
  existing: readonly EndpointSlice[],
  groups: readonly SliceGroup[],
  maxEndpoints: number,
): Packing {
  const packed = groups.flatMap((group) => packGroup(existing, group, maxEndpoints))
  const kept = new Set(packed.map(({ previous }) => previous))
  const unused = existing.filter((slice) => !kept.has(slice))
  const slices = packed.map((slice) => {
    if (slice.previous !== undefined) return slice
    const index = unused.findIndex(({ addressType }) => addressType === slice.addressType)
    const [previous] = index < 0 ? [] : unused.splice(index, 1)
    return previous === undefined ? slice : { ...slice, previous }
  })
  return { slices, unused }
}

interface Slot {
  readonly previous: EndpointSlice
  readonly endpoints: SliceEndpoint[]
  readonly isChanged: boolean
}

function packGroup(existing: readonly EndpointSlice[], group: SliceGroup, max: number): readonly PackedSlice[] {
  const { addressType, ports } = group
  const key = portsKey(ports)
  const mine = existing.filter((slice) => slice.addressType === addressType && portsKey(slice.ports ?? []) === key)
  const wanted = new Map(group.endpoints.map((endpoint) => [endpointKey(endpoint), endpoint]))
  const slots = mine.map((slice) => keepEndpoints(slice, wanted))
  const rest = fillSlots(slots, [...wanted.values()], max)
  const kept = slots
    .filter(({ endpoints }) => endpoints.length > 0)
    .map(({ previous, endpoints }) => ({ previous, addressType, ports: previous.ports ?? [], endpoints }))
  const added = chunk(rest, max).map((endpoints) => ({ addressType, ports, endpoints }))
  const all = [...kept, ...added]
  return all.length > 0 ? all : [{ addressType, ports, endpoints: [] }]
}

/** Takes out of `wanted` what the slice already has. */
function keepEndpoints(previous: EndpointSlice, wanted: Map<string, SliceEndpoint>): Slot {
  const endpoints = previous.endpoints.flatMap((endpoint) => {
    const key = endpointKey(endpoint)
    const next = wanted.get(key)
    wanted.delete(key)
    return next === undefined ? [] : [next]
  })
  return { previous, endpoints, isChanged: !isEqual(previous.endpoints, endpoints) }
}

/** Puts endpoints into slices that have room; returns those that need new slices. */
function fillSlots(slots: readonly Slot[], added: readonly SliceEndpoint[], max: number): readonly SliceEndpoint[] {
  let rest = added
  for (const { endpoints } of slots.filter(({ isChanged }) => isChanged)) {
    const room = max - endpoints.length
    endpoints.push(...rest.slice(0, room))
    rest = rest.slice(room)
  }
  const overflow = rest.length % max
  const roomy = slots.filter(({ endpoints }) => endpoints.length + overflow <= max)
  const [best] = roomy.sort((a, b) => b.endpoints.length - a.endpoints.length)
  if (best === undefined || overflow === 0) return rest
  best.endpoints.push(...rest.slice(-overflow))
  return rest.slice(0, -overflow)
}

function chunk<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size))
}

function endpointKey({ addresses, targetRef }: SliceEndpoint): string {
  return `${addresses[0]} ${targetRef?.name} ${targetRef?.uid}`
}

/** Equal for equal ports in any order. */
export function portsKey(ports: readonly EndpointPort[]): string {
  const texts = ports.map(({ name, protocol, port, appProtocol }) => `${name}/${protocol}/${port}/${appProtocol}`)
  return texts.length < 2 ? (texts[0] ?? '') : texts.sort().join(' ')
}
