/** Addresses for Services of type LoadBalancer. */
import type { IPFamily, Service } from '../api/core.ts'
import type { AnyObject } from '../api/kinds.ts'
import type { Change } from '../model/change.ts'
import type { ClusterConfig } from '../model/cluster-config.ts'
import { addressFamily, serviceFamilies } from '../model/endpoints.ts'
import { indexBy, type Index } from '../model/incremental.ts'
import { get, objectKey, type Snapshot } from '../model/snapshot.ts'
import type { Controller } from './controller.ts'
import { updateTo } from './helpers/changes.ts'
import { createAddressPool, type AddressPool, type Claim } from './helpers/load-balancer-pool.ts'
import { olderFirst } from './helpers/order.ts'

/** Why a Service has no address; removed once it has one. */
export const LOAD_BALANCER_CONDITION: string = 'portolan.dev/LoadBalancerAddress'
/** One key for all: an address given to one is no longer free for the next. */
const ALL = 'all'

export const loadBalancerController: Controller = {
  name: 'load-balancers',
  watches: ['Service'],
  keys,
  reconcile: reconcileLoadBalancers,
}

function keys(object: AnyObject): readonly string[] {
  if (object.kind !== 'Service') return []
  if (isOurs(object)) return [ALL]
  return hasLeftover(object) ? [ALL, objectKey(object)] : []
}

/** `key`: `all`, or that of a Service that may have addresses left over from when it was a LoadBalancer. */
export function reconcileLoadBalancers(snapshot: Snapshot, key: string, config: ClusterConfig): readonly Change[] {
  if (key === ALL) return giveAddresses(balanced.find(snapshot, ALL), config)
  const service = get(snapshot, 'Service', key)
  return service !== undefined && hasLeftover(service) ? updateTo(service, withoutAddresses(service)) : []
}

const balanced: Index<Service> = indexBy(['Service'], (service) => (isOurs(service) ? [ALL] : []))

function isOurs({ spec, metadata }: Service): boolean {
  const { type, loadBalancerClass } = spec
  return type === 'LoadBalancer' && loadBalancerClass === undefined && metadata.deletionTimestamp === undefined
}

function hasLeftover({ spec, status }: Service): boolean {
  return spec.type !== 'LoadBalancer' && (status?.loadBalancer?.ingress ?? []).length > 0
}

/** Those that have an address keep it; then those that ask for one; then the others, the oldest first. */
function giveAddresses(services: readonly Service[], config: ClusterConfig): readonly Change[] {
  const pool = createAddressPool(config.loadBalancerCIDRs)
  const ordered = [...services].sort(olderFirst)
  const results = new Map<Service, Result>()
  const rounds = [keepAddresses, takeRequested, takeFree]
  for (const take of rounds) {
    for (const service of ordered) {
      const result = results.has(service) ? undefined : take(service, pool)
      if (result !== undefined) results.set(service, result)
    }
  }
  return ordered.flatMap((service) => {
    const result = withEveryFamily(service, results.get(service) ?? { ips: [] }, pool)
    return updateTo(service, withResult(service, result))
  })
}

interface Result {
  readonly ips: readonly string[]
  /** Why there is none. */
  readonly problem?: string
}

/** undefined where the Service has no address yet, or one that it can no longer have. */
function keepAddresses(service: Service, pool: AddressPool): Result | undefined {
  const families = serviceFamilies(service)
  const { loadBalancerIP } = service.spec
  const all = (service.status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => ip ?? [])
  const ips = all.filter((ip) => families.includes(addressFamily(ip)))
  if (ips.length === 0 || (loadBalancerIP !== undefined && !ips.includes(loadBalancerIP))) return undefined
  const claim = claimOf(service)
  if (ips.some((ip) => pool.problem(ip, claim) !== undefined)) return undefined
  for (const ip of ips) pool.take(ip, claim)
  return { ips }
}

function takeRequested(service: Service, pool: AddressPool): Result | undefined {
  const { loadBalancerIP = '' } = service.spec
  if (loadBalancerIP === '') return undefined
  const claim = claimOf(service)
  const problem = pool.problem(loadBalancerIP, claim)
  if (problem !== undefined) return { ips: [], problem }
  pool.take(loadBalancerIP, claim)
  return { ips: [loadBalancerIP] }
}

function takeFree(service: Service, pool: AddressPool): Result {
  const ips = serviceFamilies(service).flatMap((family) => takeOne(service, family, pool))
  return ips.length > 0 ? { ips } : { ips, problem: 'no address is free in the load-balancer range (--lb-cidr)' }
}

/** A Service that became dual stack keeps its address and gets a second one. */
function withEveryFamily(service: Service, result: Result, pool: AddressPool): Result {
  const { loadBalancerIP = '' } = service.spec
  if (result.problem !== undefined || loadBalancerIP !== '') return result
  const ips = serviceFamilies(service).flatMap((family) => {
    const held = result.ips.filter((ip) => addressFamily(ip) === family)
    return held.length > 0 ? held : takeOne(service, family, pool)
  })
  return { ips }
}

function takeOne(service: Service, family: IPFamily, pool: AddressPool): readonly string[] {
  const ip = pool.lowestFree(family)
  if (ip === undefined) return []
  pool.take(ip, claimOf(service))
  return [ip]
}

function claimOf(service: Service): Claim {
  const { ports = [], loadBalancerIP = '' } = service.spec
  return {
    service: objectKey(service),
    ports: ports.map(({ port, protocol = 'TCP' }) => `${port}/${protocol}`),
    isRequested: loadBalancerIP !== '',
  }
}

function withResult(service: Service, { ips, problem }: Result): Service {
  const others = (service.status?.conditions ?? []).filter(({ type }) => type !== LOAD_BALANCER_CONDITION)
  const { conditions: _conditions, loadBalancer: _loadBalancer, ...status } = service.status ?? {}
  const failure = { type: LOAD_BALANCER_CONDITION, status: 'False', reason: 'NoAddress' } as const
  const conditions = problem === undefined ? others : [...others, { ...failure, message: problem }]
  return {
    ...service,
    status: {
      ...status,
      ...(conditions.length === 0 ? {} : { conditions }),
      loadBalancer: ips.length === 0 ? {} : { ingress: ips.map((ip) => ({ ip, ipMode: 'VIP' as const })) },
    },
  }
}

function withoutAddresses(service: Service): Service {
  return { ...service, status: { ...service.status, loadBalancer: {} } }
}
