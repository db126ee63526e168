import type { Service, ServicePort } from '../api/core.ts'
import { duplicate, invalid, type FieldError } from '../api/field-error.ts'
import { mayHaveNodePorts, needsHealthCheckNodePort } from '../api/service-terms.ts'
import type { Refusal } from '../model/ip-allocator.ts'
import { allocateNextPort, allocatePort, type PortAllocator } from '../model/port-allocator.ts'
import { objectKey } from '../model/snapshot.ts'
import { internalFailure, invalidAllocation, withFailure, type Allocated, type AllocationFailure } from './allocated.ts'

const HEALTH_CHECK = ['spec', 'healthCheckNodePort']

/** Ports that are being given numbers: explicit ones first, so that no dynamic choice can take them away. */
interface Assignment {
  readonly ports: readonly ServicePort[]
  readonly allocator: PortAllocator
  readonly failures: readonly AllocationFailure[]
}

/**
 * On create. Ports of one number, such as 53 of TCP and UDP, share one nodePort: what is given for one holds for both.
 * `dynamic`: ports without a number get one.
 */
export function createNodePorts(allocated: Allocated, dynamic: boolean): Allocated {
  const { service, allocations } = allocated
  const owner = objectKey(service)
  const ports = (service.spec.ports ?? []).map((port, _, all) => {
    const nodePort = port.nodePort ?? all.find((other) => other.port === port.port && other.nodePort)?.nodePort
    return nodePort === undefined || !(dynamic || port.nodePort) ? port : { ...port, nodePort }
  })
  let current: Assignment = { ports, allocator: allocations.nodePorts, failures: [] }
  const taken = new Set<string>()
  ports.forEach(({ port, nodePort }, i) => {
    const shared = `${port}/${nodePort}`
    if (nodePort !== undefined && !taken.has(shared)) current = takePort(current, i, nodePort, owner)
    taken.add(shared)
  })
  const chosen = new Map<number, number>()
  ports.forEach(({ port, nodePort }, i) => {
    if (nodePort !== undefined || !dynamic) return
    const known = chosen.get(port)
    current = known === undefined ? choosePort(current, i, service) : withNodePort(current, i, known)
    const got = current.ports[i]?.nodePort
    if (got !== undefined) chosen.set(port, got)
  })
  return finish(allocated, current)
}

/** On update every port has a number of its own; what the stored Service holds is at its disposal. */
export function updateNodePorts(allocated: Allocated, old: Service, dynamic: boolean): Allocated {
  const { service, allocations } = allocated
  const owner = objectKey(service)
  const { ports = [] } = service.spec
  const mine = new Set(mayHaveNodePorts(old) ? (old.spec.ports ?? []).map((port) => port.nodePort) : [])
  let current: Assignment = { ports, allocator: allocations.nodePorts, failures: [] }
  ports.forEach(({ nodePort }, i) => {
    if (nodePort === undefined || mine.has(nodePort)) return
    mine.add(nodePort)
    current = takePort(current, i, nodePort, owner)
  })
  ports.forEach(({ nodePort }, i) => {
    if (nodePort === undefined && dynamic) current = choosePort(current, i, service)
  })
  return finish(allocated, { ...current, failures: [...current.failures, ...findTwice(current.ports)] })
}

/** The API server has no name for this error. */
function findTwice(ports: readonly ServicePort[]): readonly AllocationFailure[] {
  const seen = new Set<string>()
  return ports.flatMap(({ protocol, nodePort }, i) => {
    const key = `${protocol}/${nodePort}`
    const known = nodePort !== undefined && seen.has(key)
    seen.add(key)
    if (!known) return []
    const errors = [duplicate(['spec', 'ports', i, 'nodePort'], nodePort)]
    return [{ code: 500, errors, message: `duplicate nodePort: {${protocol} ${nodePort}}` } as const]
  })
}

function takePort(current: Assignment, index: number, nodePort: number, owner: string): Assignment {
  const result = allocatePort(current.allocator, nodePort, owner)
  if (!('refused' in result)) return { ...current, allocator: result }
  const path = ['spec', 'ports', index, 'nodePort']
  const error = refusedPort(path, 'nodePort', nodePort, result, current.allocator, owner)
  return { ...current, failures: [...current.failures, invalidAllocation([error])] }
}

function choosePort(current: Assignment, index: number, service: Service): Assignment {
  const { name, protocol } = current.ports[index] ?? {}
  const owner = objectKey(service)
  const next = allocateNextPort(current.allocator, `${owner}/${name ?? `${index}/${protocol}`}`, owner)
  if (next === undefined) return { ...current, failures: [...current.failures, exhausted(current.allocator)] }
  return { ...withNodePort(current, index, next.port), allocator: next.allocator }
}

function withNodePort(current: Assignment, index: number, nodePort: number): Assignment {
  return { ...current, ports: current.ports.map((port, i) => (i === index ? { ...port, nodePort } : port)) }
}

function finish(allocated: Allocated, { ports, allocator, failures }: Assignment): Allocated {
  const { service, allocations } = allocated
  return {
    service: ports.length === 0 ? service : { ...service, spec: { ...service.spec, ports } },
    allocations: { ...allocations, nodePorts: allocator },
    failures: [...allocated.failures, ...failures],
  }
}

/** For a load balancer that asks each node whether it has endpoints. From the same numbers as the nodePorts. */
export function allocateHealthCheckNodePort(allocated: Allocated, old: Service | undefined): Allocated {
  const { service, allocations } = allocated
  const held = old !== undefined && needsHealthCheckNodePort(old)
  if (!needsHealthCheckNodePort(service) || held) return allocated
  const owner = objectKey(service)
  const wanted = service.spec.healthCheckNodePort
  if (wanted === undefined) {
    const next = allocateNextPort(allocations.nodePorts, `${owner}/healthCheckNodePort`, owner)
    if (next === undefined) return withFailure(allocated, exhausted(allocations.nodePorts))
    return {
      ...allocated,
      service: { ...service, spec: { ...service.spec, healthCheckNodePort: next.port } },
      allocations: { ...allocations, nodePorts: next.allocator },
    }
  }
  const result = allocatePort(allocations.nodePorts, wanted, owner)
  if (!('refused' in result)) return { ...allocated, allocations: { ...allocations, nodePorts: result } }
  const error = refusedPort(HEALTH_CHECK, 'healthCheckNodePort', wanted, result, allocations.nodePorts, owner)
  const message = `failed to allocate requested HealthCheck NodePort ${wanted}: ${error.detail}`
  return withFailure(allocated, internalFailure(message, [error]))
}

function refusedPort(
  path: readonly (string | number)[],
  name: string,
  port: number,
  refusal: Refusal,
  { range }: PortAllocator,
  owner: string,
): FieldError {
  if (refusal.refused === 'taken') {
    const by = refusal.owner === owner ? 'another port of this Service' : `Service ${refusal.owner}`
    const sentence = `${name} ${port} is already taken by ${by}`
    return { ...invalid(path, port, 'provided port is already allocated'), sentence, holder: refusal.owner }
  }
  const valid = `${range.from}-${range.to}`
  const detail = `provided port is not in the valid range. The range of valid ports is ${valid}`
  return { ...invalid(path, port, detail), sentence: `${name} ${port} is outside ${valid}` }
}

function exhausted({ range }: PortAllocator): AllocationFailure {
  const sentence = `all node ports of ${range.from}-${range.to} are taken`
  const error = { ...invalid(['spec', 'ports'], undefined, 'range is full'), sentence }
  return internalFailure('failed to allocate a nodePort: range is full', [error])
}
