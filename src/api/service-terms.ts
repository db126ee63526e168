/** What a Service's type and policies mean for the values that it needs. */
import { parseIP } from '../lib/ip.ts'
import type { IPFamily, Service } from './core.ts'

export const CLUSTER_IP_NONE: string = 'None'

export function isHeadless(service: Service): boolean {
  return service.spec.clusterIP === CLUSTER_IP_NONE || service.spec.clusterIPs?.[0] === CLUSTER_IP_NONE
}

export function hasSelector(service: Service): boolean {
  return Object.keys(service.spec.selector ?? {}).length > 0
}

export function needsClusterIP({ spec }: Service): boolean {
  return spec.type === 'ClusterIP' || spec.type === 'NodePort' || spec.type === 'LoadBalancer'
}

/** Whether nodePorts may stand in its ports. */
export function mayHaveNodePorts({ spec }: Service): boolean {
  return spec.type === 'NodePort' || spec.type === 'LoadBalancer'
}

/** Whether a port without a nodePort gets one. */
export function allocatesNodePorts({ spec }: Service): boolean {
  return spec.type === 'NodePort' || (spec.type === 'LoadBalancer' && spec.allocateLoadBalancerNodePorts !== false)
}

export function needsHealthCheckNodePort({ spec }: Service): boolean {
  return spec.type === 'LoadBalancer' && spec.externalTrafficPolicy === 'Local'
}

export function isExternallyAccessible(service: Service): boolean {
  return mayHaveNodePorts(service) || (service.spec.type === 'ClusterIP' && (service.spec.externalIPs ?? []).length > 0)
}

export function familyOf(address: string): IPFamily | undefined {
  const ip = parseIP(address)
  if (ip === undefined) return undefined
  return ip.family === 4 ? 'IPv4' : 'IPv6'
}

export function otherFamily(family: IPFamily): IPFamily {
  return family === 'IPv4' ? 'IPv6' : 'IPv4'
}
