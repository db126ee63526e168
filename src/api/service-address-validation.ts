/** clusterIP, clusterIPs, ipFamilies and ipFamilyPolicy: checked before allocation, and again with all the rest. */
import type { Service } from './core.ts'
import { duplicate, invalid, invalidEach, notSupported, required, type FieldError } from './field-error.ts'
import { CLUSTER_IP_NONE, familyOf, isHeadless } from './service-terms.ts'
import { ipAddress } from './syntax.ts'

const FAMILIES: readonly string[] = ['IPv4', 'IPv6']
const POLICIES: readonly string[] = ['SingleStack', 'PreferDualStack', 'RequireDualStack']
const PATH = ['spec', 'clusterIPs']

/** `old` on update: what is stored already is not judged by its form again. */
export function validateServiceAddresses(service: Service, old?: Service): readonly FieldError[] {
  if (service.spec.type === 'ExternalName') return []
  const errors: FieldError[] = [
    ...validateSynchronized(service),
    ...validateFamilies(service),
    ...validatePolicy(service),
    ...validateAddressForms(service, old?.spec.clusterIPs ?? []),
  ]
  if (errors.length > 0) return errors
  const { clusterIPs = [] } = service.spec
  if (clusterIPs.length === 2 && familyOf(clusterIPs[0] ?? '') === familyOf(clusterIPs[1] ?? '')) {
    return [invalid(PATH, clusterIPs, 'may specify no more than one IP for each IP family')]
  }
  return isHeadless(service) ? [] : validateFamiliesOfAddresses(service)
}

function validateSynchronized({ spec }: Service): readonly FieldError[] {
  const { clusterIP = '', clusterIPs = [] } = spec
  if (clusterIP === '') {
    return clusterIPs.length === 0 ? [] : [invalid(PATH, clusterIPs, 'must be empty when `clusterIP` is not specified')]
  }
  if (clusterIPs.length === 0) return [required(PATH)]
  return clusterIP === clusterIPs[0] ? [] : [invalid(PATH, clusterIPs, 'first value must match `clusterIP`')]
}

function validateFamilies({ spec }: Service): readonly FieldError[] {
  const seen = new Set<string>()
  return (spec.ipFamilies ?? []).flatMap((family, i) => {
    const path = ['spec', 'ipFamilies', i]
    const errors: FieldError[] = []
    if (!FAMILIES.includes(family)) errors.push(notSupported(path, family, FAMILIES))
    if (seen.has(family)) errors.push(duplicate(path, family))
    seen.add(family)
    return errors
  })
}

function validatePolicy({ spec }: Service): readonly FieldError[] {
  const { ipFamilyPolicy } = spec
  return ipFamilyPolicy === undefined || POLICIES.includes(ipFamilyPolicy)
    ? []
    : [notSupported(['spec', 'ipFamilyPolicy'], ipFamilyPolicy, POLICIES)]
}

function validateAddressForms({ spec }: Service, stored: readonly string[]): readonly FieldError[] {
  const { clusterIPs = [] } = spec
  const errors = clusterIPs.flatMap((address, i) => {
    if (i === 0 && address === CLUSTER_IP_NONE) {
      return clusterIPs.length === 1 ? [] : [invalid(PATH, clusterIPs, "'None' must be the first and only value")]
    }
    return stored.includes(address) ? [] : invalidEach([...PATH, i], address, ipAddress(address))
  })
  return clusterIPs.length > 2 ? [...errors, invalid(PATH, clusterIPs, 'may only hold up to 2 values')] : errors
}

function validateFamiliesOfAddresses({ spec }: Service): readonly FieldError[] {
  const { clusterIPs = [], ipFamilies = [] } = spec
  return clusterIPs.flatMap((address, i) => {
    const family = ipFamilies[i]
    if (family === undefined || familyOf(address) === family) return []
    const article = `an ${family} value`
    return [invalid([...PATH, i], address, `expected ${article} as indicated by \`ipFamilies[${i}]\``)]
  })
}

const IMMUTABLE = 'may not change once set'

/** Addresses stay: a second may come, and go with `SingleStack`; the first never. */
export function validateServiceAddressesUpdate(service: Service, old: Service): readonly FieldError[] {
  if (service.spec.type === 'ExternalName' || old.spec.type === 'ExternalName') return []
  if (isHeadless(service) && isHeadless(old)) return []
  return [...validateClusterIPsUpdate(service, old), ...validateFamiliesUpdate(service, old)]
}

function validateClusterIPsUpdate(service: Service, old: Service): readonly FieldError[] {
  const { clusterIPs = [], ipFamilyPolicy } = service.spec
  const before = old.spec.clusterIPs ?? []
  if (before.length > 0 && clusterIPs.length === 0) {
    return [invalid([...PATH, 0], clusterIPs, 'primary clusterIP can not be unset')]
  }
  const errors = before.flatMap((address, i) =>
    clusterIPs[i] === undefined || clusterIPs[i] === address ? [] : [invalid([...PATH, i], clusterIPs, IMMUTABLE)],
  )
  if (clusterIPs.length < before.length && ipFamilyPolicy !== 'SingleStack') {
    const detail = 'must be set to SingleStack when releasing the secondary clusterIP'
    errors.push(invalid(['spec', 'ipFamilyPolicy'], ipFamilyPolicy, detail))
  }
  return errors
}

function validateFamiliesUpdate(service: Service, old: Service): readonly FieldError[] {
  const { ipFamilies = [], ipFamilyPolicy } = service.spec
  const before = old.spec.ipFamilies ?? []
  const path = ['spec', 'ipFamilies', 0]
  if (before.length > 0 && ipFamilies.length === 0) {
    return [invalid(path, ipFamilies, 'primary ipFamily can not be unset')]
  }
  const errors = before.flatMap((family, i) =>
    ipFamilies[i] === undefined || ipFamilies[i] === family ? [] : [invalid(path, ipFamilies, IMMUTABLE)],
  )
  if (ipFamilies.length < before.length && ipFamilyPolicy !== 'SingleStack') {
    const detail = 'must be set to SingleStack when releasing the secondary ipFamily'
    errors.push(invalid(['spec', 'ipFamilyPolicy'], ipFamilyPolicy, detail))
  }
  return errors
}
