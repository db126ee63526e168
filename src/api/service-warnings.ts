import { warningsForAlgorithm } from './algorithm.ts'
import type { Service } from './core.ts'
import { parseCIDR, formatCIDR } from '../lib/ip.ts'
import { isHeadless } from './service-terms.ts'
import { TOPOLOGY_HINTS } from './service-validation.ts'
import { canonicalIP } from './syntax.ts'

/** What the API server says of an accepted Service in its `Warning` headers, and what Portolan adds to it. */
export function warningsForService(service: Service): readonly string[] {
  return [
    ...warnTopology(service),
    ...warningsForAlgorithm(service.metadata.annotations),
    ...warnAddresses(service),
    ...warnNoEffect(service),
    ...warnPolicies(service),
  ]
}

function warnTopology({ metadata }: Service): readonly string[] {
  return metadata.annotations?.[TOPOLOGY_HINTS] === undefined
    ? []
    : [`metadata.annotations[${TOPOLOGY_HINTS}]: deprecated since v1.27; use spec.trafficDistribution instead`]
}

function warnAddresses({ spec }: Service): readonly string[] {
  const named: readonly (readonly [string, string])[] = [
    ...(spec.clusterIPs ?? []).map((ip, i) => [`spec.clusterIPs[${i}]`, ip] as const),
    ...(spec.externalIPs ?? []).map((ip, i) => [`spec.externalIPs[${i}]`, ip] as const),
    ...(spec.loadBalancerIP === undefined ? [] : [['spec.loadBalancerIP', spec.loadBalancerIP] as const]),
  ]
  const addresses = named.flatMap(([field, ip]) => {
    const canonical = canonicalIP(ip)
    return canonical === undefined ? [] : [`${field}: non-standard IP address ${JSON.stringify(ip)}; use ${canonical}`]
  })
  const ranges = (spec.loadBalancerSourceRanges ?? []).flatMap((text, i) => {
    const cidr = parseCIDR(text.trim())
    if (cidr === undefined || formatCIDR(cidr) === text.trim()) return []
    return [`spec.loadBalancerSourceRanges[${i}]: non-standard CIDR ${JSON.stringify(text)}; use ${formatCIDR(cidr)}`]
  })
  return [...addresses, ...ranges]
}

function warnNoEffect(service: Service): readonly string[] {
  const { spec } = service
  const warnings: string[] = []
  const useless = 'has no effect on headless services'
  if (isHeadless(service)) {
    if (spec.loadBalancerIP !== undefined) warnings.push(`spec.loadBalancerIP ${useless}`)
    if (spec.externalIPs !== undefined) warnings.push(`spec.externalIPs ${useless}`)
    if (spec.sessionAffinity !== undefined && spec.sessionAffinity !== 'None') {
      warnings.push(`spec.sessionAffinity ${useless}`)
    }
  }
  if (spec.type === 'ExternalName' && spec.externalIPs !== undefined) {
    warnings.push('spec.externalIPs has no effect when spec.type is ExternalName')
  }
  if (spec.type !== 'ExternalName' && spec.externalName !== undefined) {
    warnings.push('spec.externalName has no effect when spec.type is not ExternalName')
  }
  return warnings
}

function warnPolicies({ spec }: Service): readonly string[] {
  const warnings: string[] = []
  if (spec.externalIPs !== undefined) warnings.push('spec.externalIPs is deprecated since v1.36')
  if (spec.trafficDistribution === 'PreferClose') {
    warnings.push('spec.trafficDistribution: PreferClose is deprecated; use PreferSameZone')
  }
  return warnings
}
