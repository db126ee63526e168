/** Which addresses and node ports the stored Services hold. A value, that follows the store by what changed in it. */
import type { IPFamily, Service } from '../api/core.ts'
import { familyOf } from '../api/service-terms.ts'
import { parseIP, type CIDR, type IP } from '../lib/ip.ts'
import type { OrderedMap } from '../lib/ordered-map.ts'
import type { ClusterConfig } from '../model/cluster-config.ts'
import { createIPAllocator, holdIP, releaseIP, type IPAllocator } from '../model/ip-allocator.ts'
import { allocatePort, createPortAllocator, releasePort, type PortAllocator } from '../model/port-allocator.ts'
import { objectKey } from '../model/snapshot.ts'

export interface Allocations {
  /** The primary family first. */
  readonly families: readonly IPFamily[]
  readonly addresses: Readonly<Partial<Record<IPFamily, IPAllocator>>>
  readonly nodePorts: PortAllocator
}

/** `added`: further ranges of Services, whose addresses are taken when those of the network's own are. */
export function createAllocations(config: ClusterConfig, added: readonly CIDR[] = []): Allocations {
  const empty = config.serviceCIDRs.map((range) => [familyName(range), createIPAllocator()] as const)
  const allocations = {
    families: empty.map(([family]) => family),
    addresses: Object.fromEntries(empty),
    nodePorts: createPortAllocator(config.nodePortRange),
  }
  return withRanges(allocations, [...config.serviceCIDRs, ...added])
}

/** What is held stays held. */
export function withRanges(allocations: Allocations, ranges: readonly CIDR[]): Allocations {
  const own = (family: IPFamily): readonly CIDR[] => ranges.filter((range) => familyName(range) === family)
  const addresses = Object.entries(allocations.addresses) as [IPFamily, IPAllocator][]
  const next = addresses.map(([family, allocator]) => [family, { ...allocator, ranges: own(family) }] as const)
  return { ...allocations, addresses: Object.fromEntries(next) }
}

const familyName = ({ family }: CIDR): IPFamily => (family === 4 ? 'IPv4' : 'IPv6')

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

/** Everything that the Service says it has; what another one holds is passed over. */
export function holdAll(allocations: Allocations, service: Service): Allocations {
  const owner = objectKey(service)
  let next = allocations
  for (const address of heldAddresses(service)) next = mapAddress(next, address, (a, ip) => holdIP(a, ip, owner))
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
  change: (allocator: IPAllocator, ip: IP) => IPAllocator,
): Allocations {
  const ip = parseIP(address)
  const family = familyOf(address)
  const allocator = family === undefined ? undefined : allocations.addresses[family]
  if (ip === undefined || family === undefined || allocator === undefined) return allocations
  return { ...allocations, addresses: { ...allocations.addresses, [family]: change(allocator, ip) } }
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
