/** Ranges of Services that ServiceCIDR objects add to those that the network was started with. */
import type { ServiceCIDR } from '../api/networking.ts'
import { DEFAULT_SERVICE_CIDR } from '../api/networking-validation.ts'
import { cidrAddress, cidrContains, formatCIDR, parseCIDR, type CIDR } from '../lib/ip.ts'
import type { OrderedMap } from '../lib/ordered-map.ts'
import type { ClusterConfig } from './cluster-config.ts'

/** What a range of Services must leave alone. */
type Ranges = Pick<ClusterConfig, 'nodeCIDRs' | 'podCIDRs' | 'serviceCIDRs' | 'loadBalancerCIDRs' | 'outsideCIDRs'>

/** Those that addresses are taken from: a range that is being deleted still has addresses, but gives none. */
export function allocatableRanges(objects: OrderedMap<ServiceCIDR>, config: Ranges): readonly CIDR[] {
  return rangesOfAll(
    objects.toValues().filter(({ metadata }) => metadata.deletionTimestamp === undefined),
    config,
  )
}

/** Those in which Services may have addresses, followed: the same value as long as they are the same. */
export function followAddedRanges(config: Ranges): (objects: OrderedMap<ServiceCIDR>) => readonly CIDR[] {
  let seen: OrderedMap<ServiceCIDR> | undefined
  let added: readonly CIDR[] = []
  return (objects) => {
    if (objects === seen) return added
    seen = objects
    const next = rangesOfAll(objects.toValues(), config)
    if (next.map(formatCIDR).join() !== added.map(formatCIDR).join()) added = next
    return added
  }
}

function rangesOfAll(objects: readonly ServiceCIDR[], config: Ranges): readonly CIDR[] {
  return objects
    .filter((object) => object.metadata.name !== DEFAULT_SERVICE_CIDR && rangeProblem(object, config) === undefined)
    .flatMap(rangesOf)
}

export function rangesOf({ spec }: ServiceCIDR): readonly CIDR[] {
  return (spec?.cidrs ?? []).flatMap((text) => parseCIDR(text) ?? [])
}

/** Why no address can be taken from a ServiceCIDR; undefined where some can. Ranges of Services may overlap. */
export function rangeProblem(object: ServiceCIDR, config: Ranges): string | undefined {
  const others = [
    ...config.nodeCIDRs.map((range) => ['nodes', range] as const),
    ...config.podCIDRs.map((range) => ['Pods', range] as const),
    ...config.loadBalancerCIDRs.map((range) => ['load balancers', range] as const),
    ...config.outsideCIDRs.map((range) => ['clients outside', range] as const),
  ]
  for (const range of rangesOf(object)) {
    const text = formatCIDR(range)
    if (!config.serviceCIDRs.some(({ family }) => family === range.family)) {
      return `the network has no IPv${range.family}, and no addresses of ${text} for its Services`
    }
    const other = others.find(([, taken]) => overlap(range, taken))
    if (other !== undefined) {
      return `${text} overlaps ${formatCIDR(other[1])}, the addresses of ${other[0]}: none of it are given to Services`
    }
  }
  return undefined
}

function overlap(a: CIDR, b: CIDR): boolean {
  return cidrContains(a, cidrAddress(b, 0)) || cidrContains(b, cidrAddress(a, 0))
}
