/** Gives a Service its families, addresses, node ports and health-check port. Pure: what was given is only held once stored. */
import type { IPFamily, Service } from '../api/core.ts'
import { invalid, type FieldError } from '../api/field-error.ts'
import { allocatesNodePorts, isHeadless, mayHaveNodePorts, needsClusterIP } from '../api/service-terms.ts'
import { formatCIDR, formatIP, parseIP } from '../lib/ip.ts'
import { allocateIP, allocateNextIP, type IPAllocator, type Refusal } from '../model/ip-allocator.ts'
import { objectKey } from '../model/snapshot.ts'
import { internalFailure, invalidAllocation, withFailure, type Allocated } from './allocated.ts'
import type { Allocations } from './allocations.ts'
import { allocateHealthCheckNodePort, createNodePorts, updateNodePorts } from './node-port-allocation.ts'
import { assignFamilies } from './service-families.ts'

/** `old`: the stored Service, on update. All steps are tried, so that every problem is known at once. */
export function allocateService(service: Service, allocations: Allocations, old?: Service): Allocated {
  const start: Allocated = { service, allocations, failures: [] }
  const assigned = assignFamilies(service, old, allocations.families)
  const withAddresses =
    'errors' in assigned
      ? withFailure(start, invalidAllocation(assigned.errors))
      : allocateAddresses({ ...start, service: assigned.service }, old)
  return allocateHealthCheckNodePort(allocatePorts(withAddresses, old), old)
}

function allocatePorts(allocated: Allocated, old: Service | undefined): Allocated {
  const { service } = allocated
  if (!mayHaveNodePorts(service)) return allocated
  const dynamic = allocatesNodePorts(service)
  return old === undefined ? createNodePorts(allocated, dynamic) : updateNodePorts(allocated, old, dynamic)
}

/** On update only what an ExternalName never had, or the second family of one that becomes dual stack. */
function allocateAddresses(allocated: Allocated, old: Service | undefined): Allocated {
  const { service } = allocated
  if (!needsClusterIP(service) || isHeadless(service)) return allocated
  const { ipFamilies = [] } = service.spec
  if (old === undefined || old.spec.type === 'ExternalName') return allocateFamilies(allocated, ipFamilies, 0)
  const before = old.spec.ipFamilies ?? []
  const upgraded = before.length === 1 && ipFamilies.length === 2 && !isHeadless(old)
  return upgraded ? allocateFamilies(allocated, ipFamilies, 1) : allocated
}

function allocateFamilies(allocated: Allocated, families: readonly IPFamily[], from: number): Allocated {
  let current = allocated
  for (let i = from; i < families.length; i++) {
    const family = families[i]
    if (family !== undefined) current = allocateAddress(current, family, i)
    if (current.failures.length > allocated.failures.length) return current
  }
  return current
}

function allocateAddress(allocated: Allocated, family: IPFamily, index: number): Allocated {
  const { service, allocations } = allocated
  const allocator = allocations.addresses[family]
  if (allocator === undefined) return allocated
  if (service.metadata.name === '') {
    const error = invalid(
      ['spec', 'clusterIPs'],
      service.spec.clusterIPs ?? [],
      'a Service without a name gets no address',
    )
    return withFailure(allocated, invalidAllocation([error]))
  }
  const owner = objectKey(service)
  const wanted = service.spec.clusterIPs?.[index]
  if (wanted === undefined) {
    const next = allocateNextIP(allocator, owner)
    if (next === undefined) {
      const sentence = `all addresses of the Service range ${rangesText(allocator)} are taken`
      const error = { ...invalid(['spec', 'clusterIPs'], [], 'range is full'), sentence }
      return withFailure(allocated, internalFailure('failed to allocate a serviceIP: range is full', [error]))
    }
    return withAddress(allocated, family, next.allocator, formatIP(next.address), index)
  }
  const ip = parseIP(wanted)
  const result = ip === undefined ? ({ refused: 'outside' } as const) : allocateIP(allocator, ip, owner)
  if ('refused' in result)
    return withFailure(allocated, invalidAllocation([refusedAddress(service, wanted, result, allocator)]))
  return withAddress(allocated, family, result, wanted, index)
}

function withAddress(
  allocated: Allocated,
  family: IPFamily,
  allocator: IPAllocator,
  address: string,
  index: number,
): Allocated {
  const { service, allocations } = allocated
  const clusterIPs = [...(service.spec.clusterIPs ?? [])]
  clusterIPs[index] = address
  const clusterIP = clusterIPs[0] ?? address
  return {
    ...allocated,
    service: { ...service, spec: { ...service.spec, clusterIP, clusterIPs } },
    allocations: { ...allocations, addresses: { ...allocations.addresses, [family]: allocator } },
  }
}

const rangesText = ({ ranges }: IPAllocator): string => ranges.map(formatCIDR).join(', ')

function refusedAddress(service: Service, address: string, refusal: Refusal, allocator: IPAllocator): FieldError {
  const range = rangesText(allocator)
  const why =
    refusal.refused === 'taken'
      ? 'provided IP is already allocated'
      : `the provided IP (${address}) is not in the valid range. The range of valid IPs is ${range}`
  const sentence =
    refusal.refused === 'taken'
      ? `clusterIP ${address} is already taken by Service ${refusal.owner}`
      : `clusterIP ${address} is outside the Service range ${range}`
  const detail = `failed to allocate IP ${address}: ${why}`
  const holder = refusal.refused === 'taken' ? { holder: refusal.owner } : {}
  return { ...invalid(['spec', 'clusterIPs'], service.spec.clusterIPs, detail), sentence, ...holder }
}
