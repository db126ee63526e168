import type { LoadBalancerIngress, Service } from './core.ts'
import {
  forbidden,
  invalid,
  invalidEach,
  notSupported,
  required,
  spelled,
  type FieldError,
  type FieldPath,
} from './field-error.ts'
import { reportedAt, validateLabels, validateObjectMeta, validateObjectMetaUpdate } from './meta-validation.ts'
import { validateServiceAddresses, validateServiceAddressesUpdate } from './service-address-validation.ts'
import { validateHealthCheckNodePort, validateServicePorts } from './service-port-validation.ts'
import { isExternallyAccessible, isHeadless, needsHealthCheckNodePort } from './service-terms.ts'
import { cidrRange, dnsLabel, dnsSubdomain, ipAddress, nonSpecialIP, qualifiedName } from './syntax.ts'

const TYPES: readonly string[] = ['ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName']
const TRAFFIC_POLICIES: readonly string[] = ['Cluster', 'Local']
const DISTRIBUTIONS: readonly string[] = ['PreferClose', 'PreferSameZone', 'PreferSameNode']
const AFFINITIES: readonly string[] = ['None', 'ClientIP']
const MAX_AFFINITY_SECONDS = 86_400

export const TOPOLOGY_MODE: string = 'service.kubernetes.io/topology-mode'
export const TOPOLOGY_HINTS: string = 'service.kubernetes.io/topology-aware-hints'
const SOURCE_RANGES = 'service.beta.kubernetes.io/load-balancer-source-ranges'

/** The rules of a create, for a Service with its defaults and its allocated values. */
export function validateService(service: Service): readonly FieldError[] {
  return [...validateObjectMeta(service, dnsLabel, true), ...validateSpec(service)]
}

/** The rules of an update: names are not judged again, addresses and class stay. */
export function validateServiceUpdate(service: Service, old: Service): readonly FieldError[] {
  return [
    ...validateObjectMetaUpdate(service, old),
    ...validateLabels(service.metadata.labels ?? {}, ['metadata', 'labels']),
    ...validateServiceAddressesUpdate(service, old),
    ...validateHealthCheckUpdate(service, old),
    ...validateClassUpdate(service, old),
    ...validateSpec(service, old),
  ]
}

function validateSpec(service: Service, old?: Service): readonly FieldError[] {
  const { spec } = service
  return [
    ...validateTopology(service),
    ...validateServicePorts(service),
    ...oneOf(['spec', 'type'], spec.type, TYPES),
    ...validateHeadlessType(service),
    ...validateExternalName(service),
    ...validateAffinity(service),
    ...validateServiceAddresses(service, old),
    ...validateLabels(spec.selector ?? {}, ['spec', 'selector']),
    ...validateExternalIPs(service, old),
    ...validateSourceRanges(service),
    ...validateLoadBalancerOnly(service),
    ...validateTrafficPolicies(service),
    ...validateHealthCheckNodePort(service, needsHealthCheckNodePort(service)),
    ...oneOf(['spec', 'trafficDistribution'], spec.trafficDistribution, DISTRIBUTIONS),
  ]
}

function oneOf(path: FieldPath, value: string | undefined, supported: readonly string[]): readonly FieldError[] {
  return value === undefined || supported.includes(value) ? [] : [notSupported(path, value, supported)]
}

function validateTopology({ metadata }: Service): readonly FieldError[] {
  const mode = metadata.annotations?.[TOPOLOGY_MODE]
  const hints = metadata.annotations?.[TOPOLOGY_HINTS]
  if (mode === undefined || hints === undefined || mode === hints) return []
  const detail = `must match annotations[${TOPOLOGY_HINTS}] when both are specified`
  return [invalid(['metadata', 'annotations', TOPOLOGY_MODE], mode, detail)]
}

function validateHeadlessType(service: Service): readonly FieldError[] {
  const { type } = service.spec
  if (!isHeadless(service) || (type !== 'NodePort' && type !== 'LoadBalancer')) return []
  return [invalid(['spec', 'clusterIPs', 0], 'None', `may not be set to 'None' for ${type} services`)]
}

function validateExternalName({ spec }: Service): readonly FieldError[] {
  if (spec.type !== 'ExternalName') return []
  const detail = 'may not be set for ExternalName services'
  const errors: FieldError[] = []
  if ((spec.clusterIPs ?? []).length > 0) errors.push(forbidden(['spec', 'clusterIPs'], detail))
  if ((spec.ipFamilies ?? []).length > 0) errors.push(forbidden(['spec', 'ipFamilies'], detail))
  if (spec.ipFamilyPolicy !== undefined) errors.push(forbidden(['spec', 'ipFamilyPolicy'], detail))
  const path = ['spec', 'externalName']
  const name = (spec.externalName ?? '').replace(/\.$/, '')
  if (name === '') errors.push(required(path))
  else errors.push(...invalidEach(path, name, dnsSubdomain(name)))
  return errors
}

function validateAffinity({ spec }: Service): readonly FieldError[] {
  const errors = [...oneOf(['spec', 'sessionAffinity'], spec.sessionAffinity, AFFINITIES)]
  const seconds = spec.sessionAffinityConfig?.clientIP?.timeoutSeconds
  if (spec.sessionAffinity !== 'ClientIP' || seconds === undefined) return errors
  if (seconds < 1 || seconds > MAX_AFFINITY_SECONDS) {
    const path = ['spec', 'sessionAffinityConfig', 'clientIP', 'timeoutSeconds']
    errors.push(invalid(path, seconds, `must be greater than 0 and less than ${MAX_AFFINITY_SECONDS}`))
  }
  return errors
}

function validateExternalIPs({ spec }: Service, old: Service | undefined): readonly FieldError[] {
  const stored = old?.spec.externalIPs ?? []
  return (spec.externalIPs ?? []).flatMap((address, i) => {
    const problems = stored.includes(address) && ipAddress(address).length > 0 ? [] : nonSpecialIP(address)
    return invalidEach(['spec', 'externalIPs', i], address, problems)
  })
}

function validateSourceRanges({ metadata, spec }: Service): readonly FieldError[] {
  const { loadBalancerSourceRanges: ranges = [], type } = spec
  const only = "may only be used when `type` is 'LoadBalancer'"
  // The server itself spells the field with a capital L.
  const field = 'spec.LoadBalancerSourceRanges'
  if (ranges.length > 0) {
    const path = ['spec', 'loadBalancerSourceRanges']
    if (type !== 'LoadBalancer') return [spelled(forbidden(path, only), field)]
    return ranges.flatMap((range, i) =>
      reportedAt(invalidEach([...path, i], range, cidrRange(range.trim())), `${field}[${i}]`),
    )
  }
  const annotation = metadata.annotations?.[SOURCE_RANGES]
  if (annotation === undefined) return []
  const path = ['metadata', 'annotations', SOURCE_RANGES]
  if (type !== 'LoadBalancer') return [forbidden(path, only)]
  const entries = annotation.trim() === '' ? [] : annotation.split(',')
  return entries.flatMap((range) => invalidEach(path, annotation, cidrRange(range.trim())))
}

function validateLoadBalancerOnly({ spec }: Service): readonly FieldError[] {
  const { allocateLoadBalancerNodePorts, loadBalancerClass, type } = spec
  const only = "may only be used when `type` is 'LoadBalancer'"
  const classPath = ['spec', 'loadBalancerClass']
  const errors: FieldError[] = []
  if (type !== 'LoadBalancer') {
    if (allocateLoadBalancerNodePorts !== undefined) {
      errors.push(forbidden(['spec', 'allocateLoadBalancerNodePorts'], only))
    }
    if (loadBalancerClass !== undefined) errors.push(forbidden(classPath, only))
  } else if (loadBalancerClass !== undefined) {
    errors.push(...invalidEach(classPath, loadBalancerClass, qualifiedName(loadBalancerClass)))
  }
  return errors
}

function validateTrafficPolicies(service: Service): readonly FieldError[] {
  const { externalTrafficPolicy: external, internalTrafficPolicy: internal } = service.spec
  const path = ['spec', 'externalTrafficPolicy']
  const errors = [...oneOf(['spec', 'internalTrafficPolicy'], internal, TRAFFIC_POLICIES)]
  if (external === undefined) return errors
  if (!isExternallyAccessible(service)) {
    return [...errors, invalid(path, external, 'may only be set for externally-accessible services')]
  }
  return [...errors, ...oneOf(path, external, TRAFFIC_POLICIES)]
}

function validateHealthCheckUpdate(service: Service, old: Service): readonly FieldError[] {
  const both = needsHealthCheckNodePort(service) && needsHealthCheckNodePort(old)
  const same = service.spec.healthCheckNodePort === old.spec.healthCheckNodePort
  return both && !same ? [forbidden(['spec', 'healthCheckNodePort'], 'field is immutable')] : []
}

function validateClassUpdate(service: Service, old: Service): readonly FieldError[] {
  const both = service.spec.type === 'LoadBalancer' && old.spec.type === 'LoadBalancer'
  const { loadBalancerClass } = service.spec
  return both && loadBalancerClass !== old.spec.loadBalancerClass
    ? [invalid(['spec', 'loadBalancerClass'], loadBalancerClass ?? null, 'may not change once set')]
    : []
}

/** The rules of `/status`. */
export function validateServiceStatus(service: Service): readonly FieldError[] {
  const path = ['status', 'loadBalancer', 'ingress']
  const ingress = service.status?.loadBalancer?.ingress ?? []
  if (ingress.length > 0 && service.spec.type !== 'LoadBalancer') {
    return [forbidden(path, "may only be used when `spec.type` is 'LoadBalancer'")]
  }
  return ingress.flatMap((entry, i) => validateIngress(entry, [...path, i]))
}

function validateIngress(entry: LoadBalancerIngress, path: FieldPath): readonly FieldError[] {
  const { ip = '', hostname = '', ipMode } = entry
  const errors: FieldError[] = []
  if (ip !== '') {
    errors.push(...invalidEach([...path, 'ip'], ip, ipAddress(ip)))
    if (ipMode === undefined) errors.push(required([...path, 'ipMode'], 'must be specified when `ip` is set'))
  } else if (ipMode !== undefined) {
    errors.push(forbidden([...path, 'ipMode'], 'may not be specified when `ip` is not set'))
  }
  errors.push(...oneOf([...path, 'ipMode'], ipMode, ['VIP', 'Proxy']))
  if (hostname !== '') {
    errors.push(...invalidEach([...path, 'hostname'], hostname, dnsSubdomain(hostname)))
    if (ipAddress(hostname).length === 0) {
      errors.push(invalid([...path, 'hostname'], hostname, 'must be a DNS name, not an IP address'))
    }
  }
  return errors
}
