/** What the API server does to a Service's update before and after it allocates. */
import type { Service, ServicePort, ServiceSpec } from '../api/core.ts'
import { equalJSON } from '../api/merge-patch.ts'
import type { Mutable } from '../api/service-defaults.ts'
import {
  allocatesNodePorts,
  isExternallyAccessible,
  mayHaveNodePorts,
  needsClusterIP,
  needsHealthCheckNodePort,
} from '../api/service-terms.ts'

/** clusterIP alone fills clusterIPs; on update the one that the client changed leads. */
export function synchronizeClusterIPs(service: Service, old?: Service): Service {
  const { clusterIP = '', clusterIPs = [] } = service.spec
  if (old === undefined) {
    return clusterIP !== '' && clusterIPs.length === 0 ? withClusterIPs(service, [clusterIP]) : service
  }
  if (clusterIP === (old.spec.clusterIP ?? '')) return service
  const sameList = equalJSON(clusterIPs, old.spec.clusterIPs ?? [])
  if (clusterIP === '') return sameList ? withClusterIPs(service, []) : service
  return sameList ? withClusterIPs(service, [clusterIP]) : service
}

function withClusterIPs(service: Service, clusterIPs: readonly string[]): Service {
  const { clusterIPs: _, ...spec } = service.spec
  return { ...service, spec: clusterIPs.length === 0 ? spec : { ...spec, clusterIPs } }
}

/** Allocated values that the client left out are taken from the stored Service. */
export function restoreAllocatedValues(service: Service, old: Service): Service {
  const spec: Mutable<ServiceSpec> = { ...service.spec }
  if (needsClusterIP(service) && needsClusterIP(old)) {
    if (spec.clusterIP === undefined && old.spec.clusterIP !== undefined) spec.clusterIP = old.spec.clusterIP
    const sameAddress = spec.clusterIP === old.spec.clusterIP
    if (spec.clusterIPs === undefined && sameAddress && old.spec.clusterIPs !== undefined) {
      spec.clusterIPs = old.spec.clusterIPs
    }
  }
  if (allocatesNodePorts(service) && allocatesNodePorts(old)) {
    spec.ports = restoreNodePorts(spec.ports ?? [], old.spec.ports ?? [])
    if (spec.ports.length === 0) delete spec.ports
  }
  const keepsHealthCheck = needsHealthCheckNodePort(service) && needsHealthCheckNodePort(old)
  if (keepsHealthCheck && spec.healthCheckNodePort === undefined && old.spec.healthCheckNodePort !== undefined) {
    spec.healthCheckNodePort = old.spec.healthCheckNodePort
  }
  return { ...service, spec }
}

/** By port name, unless another port of the new Service uses the number. */
function restoreNodePorts(ports: readonly ServicePort[], before: readonly ServicePort[]): readonly ServicePort[] {
  const used = new Set(ports.map((port) => port.nodePort))
  const byName = new Map(before.map((port) => [port.name ?? '', port.nodePort]))
  return ports.map((port) => {
    const nodePort = byName.get(port.name ?? '')
    if (port.nodePort !== undefined || nodePort === undefined || used.has(nodePort)) return port
    used.add(nodePort)
    return { ...port, nodePort }
  })
}

/** Takes away what the new type has no use for, where the client left it as it was. */
export function dropTypeDependentFields(service: Service, old: Service): Service {
  const spec: Mutable<ServiceSpec> = { ...service.spec }
  const same = (field: keyof ServiceSpec): boolean => equalJSON(spec[field], old.spec[field])
  const drop = (field: 'clusterIP' | 'clusterIPs' | 'ipFamilies' | 'ipFamilyPolicy' | ScalarField): void => {
    if (same(field)) delete spec[field]
  }
  if (needsClusterIP(old) && !needsClusterIP(service)) {
    if (same('clusterIPs')) {
      delete spec.clusterIP
      delete spec.clusterIPs
    }
    drop('ipFamilies')
    drop('ipFamilyPolicy')
  }
  if (mayHaveNodePorts(old) && !mayHaveNodePorts(service) && sameNodePorts(spec, old.spec)) {
    spec.ports = (spec.ports ?? []).map(withoutNodePort)
    if (spec.ports.length === 0) delete spec.ports
  }
  if (needsHealthCheckNodePort(old) && !needsHealthCheckNodePort(service)) drop('healthCheckNodePort')
  if (old.spec.type === 'LoadBalancer' && spec.type !== 'LoadBalancer') {
    drop('allocateLoadBalancerNodePorts')
    drop('loadBalancerClass')
  }
  if (isExternallyAccessible(old) && !isExternallyAccessible(service)) drop('externalTrafficPolicy')
  return { ...service, spec }
}

function withoutNodePort(port: ServicePort): ServicePort {
  const { nodePort: _, ...rest } = port
  return rest
}

type ScalarField =
  | 'healthCheckNodePort'
  | 'allocateLoadBalancerNodePorts'
  | 'loadBalancerClass'
  | 'externalTrafficPolicy'

function sameNodePorts(spec: ServiceSpec, old: ServiceSpec): boolean {
  const numbers = ({ ports = [] }: ServiceSpec): readonly number[] =>
    ports.flatMap((port) => port.nodePort ?? []).toSorted((a, b) => a - b)
  return equalJSON(numbers(spec), numbers(old))
}
