import type { LoadBalancerIngress, Service, ServicePort, ServiceSpec } from './core.ts'
import { isExternallyAccessible } from './service-terms.ts'

export type Mutable<T> = { -readonly [K in keyof T]: T[K] }

const DEFAULT_AFFINITY_SECONDS = 10_800

/** Everything that does not depend on the cluster; families, addresses and nodePorts are allocated. */
export function setDefaultsService(service: Service): Service {
  const spec: Mutable<ServiceSpec> = withoutEmpty(service.spec)
  spec.type ??= 'ClusterIP'
  spec.sessionAffinity ??= 'None'
  if (spec.ports !== undefined) spec.ports = spec.ports.map(setDefaultsServicePort)
  setDefaultsAffinity(spec)
  if (spec.type === 'ExternalName') delete spec.internalTrafficPolicy
  else spec.internalTrafficPolicy ??= 'Cluster'
  if (spec.type === 'LoadBalancer') spec.allocateLoadBalancerNodePorts ??= true
  if (isExternallyAccessible({ ...service, spec })) spec.externalTrafficPolicy ??= 'Cluster'
  return setDefaultsStatus({ ...service, spec })
}

/** Empty values are absent ones, as on the wire. */
function withoutEmpty(given: ServiceSpec): Mutable<ServiceSpec> {
  const spec: Mutable<ServiceSpec> = { ...given }
  const isEmpty = (value: unknown): boolean =>
    value === '' ||
    value === undefined ||
    (Array.isArray(value) ? value.length === 0 : typeof value === 'object' && Object.keys(value ?? {}).length === 0)
  for (const field of ['selector', 'ports', 'clusterIPs', 'ipFamilies', 'externalIPs'] as const) {
    if (isEmpty(spec[field])) delete spec[field]
  }
  for (const field of ['type', 'clusterIP', 'sessionAffinity', 'externalName', 'loadBalancerIP'] as const) {
    if (isEmpty(spec[field])) delete spec[field]
  }
  for (const field of ['externalTrafficPolicy', 'loadBalancerSourceRanges'] as const) {
    if (isEmpty(spec[field])) delete spec[field]
  }
  if (spec.healthCheckNodePort === 0) delete spec.healthCheckNodePort
  if (spec.publishNotReadyAddresses === false) delete spec.publishNotReadyAddresses
  return spec
}

function setDefaultsServicePort(given: ServicePort): ServicePort {
  const { name, protocol, port, targetPort, nodePort, ...rest } = given
  return {
    ...rest,
    ...(name === undefined || name === '' ? {} : { name }),
    protocol: protocol || 'TCP',
    port,
    targetPort: targetPort || port,
    ...(nodePort === undefined || nodePort === 0 ? {} : { nodePort }),
  }
}

function setDefaultsAffinity(spec: Mutable<ServiceSpec>): void {
  if (spec.sessionAffinity === 'None') {
    delete spec.sessionAffinityConfig
  } else if (spec.sessionAffinity === 'ClientIP') {
    const timeoutSeconds = spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? DEFAULT_AFFINITY_SECONDS
    spec.sessionAffinityConfig = { clientIP: { timeoutSeconds } }
  }
}

function setDefaultsStatus(service: Service): Service {
  const ingress = service.status?.loadBalancer?.ingress
  if (ingress === undefined || ingress.every((entry) => !entry.ip || entry.ipMode !== undefined)) return service
  const withMode = (entry: LoadBalancerIngress): LoadBalancerIngress =>
    entry.ip ? { ...entry, ipMode: entry.ipMode ?? 'VIP' } : entry
  return {
    ...service,
    status: { ...service.status, loadBalancer: { ...service.status?.loadBalancer, ingress: ingress.map(withMode) } },
  }
}
