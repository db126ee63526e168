/** ipFamilyPolicy and ipFamilies of a Service: what the user gave, completed by what the cluster has. */
import type { IPFamily, Service, ServiceSpec } from '../api/core.ts'
import { invalid, type FieldError } from '../api/field-error.ts'
import { equalJSON } from '../api/merge-patch.ts'
import { validateServiceAddresses } from '../api/service-address-validation.ts'
import type { Mutable } from '../api/service-defaults.ts'
import { CLUSTER_IP_NONE, familyOf, hasSelector, isHeadless, otherFamily } from '../api/service-terms.ts'

const POLICY = ['spec', 'ipFamilyPolicy']

/** `families`: those of the cluster, the primary one first. `old` on update. */
export function assignFamilies(
  given: Service,
  old: Service | undefined,
  families: readonly IPFamily[],
): { readonly service: Service } | { readonly errors: readonly FieldError[] } {
  if (given.spec.type === 'ExternalName' || keepsPreferDualStack(given, old)) return { service: given }
  const spec: Mutable<ServiceSpec> = { ...given.spec, ipFamilyPolicy: policyOf(given, old) }
  const service: Service = { ...given, spec }

  const malformed = validateServiceAddresses(service, old)
  if (malformed.length > 0) return { errors: malformed }
  const conflicting = [
    ...(old === undefined ? [] : releaseSecondary(spec, old)),
    ...checkSingleStack(spec),
    ...inferFamilies(spec, families),
  ]
  if (conflicting.length > 0) return { errors: conflicting }
  if (isHeadless(service) && !hasSelector(service)) return { service: withFreeFamilies(service, families) }
  const unconfigured = checkConfigured(spec, families)
  if (unconfigured.length > 0) return { errors: unconfigured }
  spec.ipFamilies = completeFamilies(spec, families)
  return { service }
}

/** A PreferDualStack Service does not follow a cluster that becomes single or dual stack, unless something is asked for. */
function keepsPreferDualStack(service: Service, old: Service | undefined): boolean {
  if (old === undefined) return false
  const fields = ['type', 'ipFamilyPolicy', 'clusterIP', 'clusterIPs', 'ipFamilies'] as const
  return (
    service.spec.ipFamilyPolicy === 'PreferDualStack' &&
    fields.every((field) => equalJSON(service.spec[field], old.spec[field]))
  )
}

function policyOf(service: Service, old: Service | undefined): NonNullable<ServiceSpec['ipFamilyPolicy']> {
  const given = service.spec.ipFamilyPolicy ?? old?.spec.ipFamilyPolicy
  if (given !== undefined) return given
  return isHeadless(service) && !hasSelector(service) ? 'RequireDualStack' : 'SingleStack'
}

/** On update `SingleStack` drops the second address and family; without it they may not be left out. */
function releaseSecondary(spec: Mutable<ServiceSpec>, old: Service): readonly FieldError[] {
  const { clusterIPs = [], ipFamilies = [], ipFamilyPolicy } = spec
  if (ipFamilyPolicy === 'SingleStack') {
    if (clusterIPs.length > 1 && equalJSON(clusterIPs, old.spec.clusterIPs)) spec.clusterIPs = clusterIPs.slice(0, 1)
    if (ipFamilies.length > 1 && equalJSON(ipFamilies, old.spec.ipFamilies)) spec.ipFamilies = ipFamilies.slice(0, 1)
    return []
  }
  const reduced = (before: readonly string[], after: readonly string[]): boolean =>
    after.length > 0 && after.length < before.length && after[0] === before[0]
  const errors: FieldError[] = []
  if (reduced(old.spec.clusterIPs ?? [], clusterIPs)) {
    errors.push(invalid(POLICY, ipFamilyPolicy, "must be 'SingleStack' to release the secondary cluster IP"))
  }
  if (reduced(old.spec.ipFamilies ?? [], ipFamilies)) {
    errors.push(invalid(POLICY, ipFamilyPolicy, "must be 'SingleStack' to release the secondary IP family"))
  }
  return errors
}

function checkSingleStack({ ipFamilyPolicy, clusterIPs = [], ipFamilies = [] }: ServiceSpec): readonly FieldError[] {
  if (ipFamilyPolicy !== 'SingleStack') return []
  const must = "must be 'RequireDualStack' or 'PreferDualStack' when multiple"
  const errors: FieldError[] = []
  if (clusterIPs.length === 2) errors.push(invalid(POLICY, ipFamilyPolicy, `${must} cluster IPs are specified`))
  if (ipFamilies.length === 2) errors.push(invalid(POLICY, ipFamilyPolicy, `${must} IP families are specified`))
  return errors
}

/** Families that the user did not name but whose addresses he gave. */
function inferFamilies(spec: Mutable<ServiceSpec>, families: readonly IPFamily[]): readonly FieldError[] {
  const { clusterIPs = [] } = spec
  const inferred = [...(spec.ipFamilies ?? [])]
  const errors: FieldError[] = []
  for (const [i, address] of clusterIPs.entries()) {
    if (address === CLUSTER_IP_NONE) break
    const family = familyOf(address)
    if (i < inferred.length || family === undefined) continue
    if (families.includes(family)) inferred.push(family)
    else errors.push(invalid(['spec', 'clusterIPs', i], clusterIPs, `${family} is not configured on this cluster`))
  }
  if (inferred.length > 0) spec.ipFamilies = inferred
  return errors
}

/** Headless without selector: nothing is allocated, so any family will do, even one that the cluster lacks. */
function withFreeFamilies(service: Service, families: readonly IPFamily[]): Service {
  const [first = families[0] ?? 'IPv4', second] = service.spec.ipFamilies ?? []
  const dual = second !== undefined || service.spec.ipFamilyPolicy !== 'SingleStack'
  return { ...service, spec: { ...service.spec, ipFamilies: dual ? [first, second ?? otherFamily(first)] : [first] } }
}

function checkConfigured(spec: ServiceSpec, families: readonly IPFamily[]): readonly FieldError[] {
  const errors: FieldError[] = []
  if (spec.ipFamilyPolicy === 'RequireDualStack' && families.length < 2) {
    errors.push(invalid(POLICY, spec.ipFamilyPolicy, 'this cluster is not configured for dual-stack services'))
  }
  for (const [i, family] of (spec.ipFamilies ?? []).entries()) {
    if (!families.includes(family)) {
      errors.push(invalid(['spec', 'ipFamilies', i], family, 'not configured on this cluster'))
    }
  }
  return errors
}

function completeFamilies(spec: ServiceSpec, families: readonly IPFamily[]): readonly IPFamily[] {
  const { ipFamilies = families.slice(0, 1), ipFamilyPolicy } = spec
  const [first] = ipFamilies
  const wantsTwo = ipFamilyPolicy !== 'SingleStack' && ipFamilies.length === 1 && families.length === 2
  return wantsTwo && first !== undefined ? [first, otherFamily(first)] : ipFamilies
}
