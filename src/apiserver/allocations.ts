/** Which addresses and node ports the stored Services hold. A value, that follows the store by what changed in it. */
import type { IPFamily, Service } from '../api/core.ts'
import { familyOf } from '../api/service-terms.ts'
import { parseIP } from '../lib/ip.ts'
import type { OrderedMap } from '../lib/ordered-map.ts'
import type { ClusterConfig } from '../model/cluster-config.ts'
import { allocateIP, createIPAllocator, releaseIP, type IPAllocator } from '../model/ip-allocator.ts'
import { allocatePort, createPortAllocator, releasePort, type PortAllocator } from '../model/port-allocator.ts'
import { objectKey } from '../model/snapshot.ts'

export interface Allocations {
  /** The primary family first. */
  readonly families: readonly IPFamily[]
  readonly addresses: Readonly<Partial<Record<IPFamily, IPAllocator>>>
  readonly nodePorts: PortAllocator
}

export function createAllocations(config: ClusterConfig): Allocations {
  const ranges = config.serviceCIDRs.map(
    (range) => [range.family === 4 ? 'IPv4' : 'IPv6', createIPAllocator(range)] as const,
  )
  return {
    families: ranges.map(([family]) => family),
    addresses: Object.fromEntries(ranges),
    nodePorts: createPortAllocator(config.nodePortRange),
  }
}

/** The allocations after the Services became `after`; costs what changed, not what is there. */
export function followServices(
  allocations: Allocations,
  before: OrderedMap<Service>,
  after: OrderedMap<Service>,
): Allocations {
  const changes = before.changes(after)
  const released = changes.reduce(
    (current, change) => (change.before === undefined ? current : releaseAll(current, change.before)),
    allocations,
  )
  return changes.reduce(
    (current, change) => (change.after === undefined ? current : holdAll(current, change.after)),
    released,
  )
}

/** Everything that the Service says it has; what another one holds, or what is in no range, is passed over. */
export function holdAll(allocations: Allocations, service: Service): Allocations {
  const owner = objectKey(service)
  let next = allocations
  for (const address of heldAddresses(service)) next = mapAddress(next, address, (a, ip) => allocateIP(a, ip, owner))
  for (const port of heldNodePorts(service)) {
    const nodePorts = allocatePort(next.nodePorts, port, owner)
    if (!('refused' in nodePorts)) next = { ...next, nodePorts }
  }
  return next
}

export function releaseAll(allocations: Allocations, service: Service): Allocations {
  const owner = objectKey(service)
  let next = allocations
  for (const address of heldAddresses(service)) next = mapAddress(next, address, (a, ip) => releaseIP(a, ip, owner))
  const nodePorts = heldNodePorts(service).reduce((a, port) => releasePort(a, port, owner), next.nodePorts)
  return { ...next, nodePorts }
}

function mapAddress(
  allocations: Allocations,
  address: string,
  change: (allocator: IPAllocator, ip: NonNullable<ReturnType<typeof parseIP>>) => IPAllocator | { refused: string },
): Allocations {
  const ip = parseIP(address)
  const family = familyOf(address)
  const allocator = family === undefined ? undefined : allocations.addresses[family]
  if (ip === undefined || family === undefined || allocator === undefined) return allocations
  const next = change(allocator, ip)
  return 'refused' in next ? allocations : { ...allocations, addresses: { ...allocations.addresses, [family]: next } }
}

function heldAddresses({ spec }: Service): readonly string[] {
  if (spec.type === 'ExternalName') return []
  return spec.clusterIPs ?? (spec.clusterIP === undefined ? [] : [spec.clusterIP])
}

/** An ExternalName's nodePorts are kept as they are, but nobody listens on them. */
function heldNodePorts({ spec }: Service): readonly number[] {
  if (spec.type !== 'NodePort' && spec.type !== 'LoadBalancer') return []
  const numbers = (spec.ports ?? []).map((port) => port.nodePort ?? 0)
  return [...new Set([...numbers, spec.healthCheckNodePort ?? 0])].filter((number) => number > 0)
}
