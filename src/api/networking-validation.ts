import { parseCIDR } from '../lib/ip.ts'
import { invalid, invalidEach, required, type FieldError } from './field-error.ts'
import { equalJSON } from './merge-patch.ts'
import { validateLabels, validateObjectMeta, validateObjectMetaUpdate } from './meta-validation.ts'
import type { IPAddress, ServiceCIDR } from './networking.ts'
import { canonicalIP, cidrRange, dnsSubdomain, ipAddress } from './syntax.ts'

/** The name is the address in its one form. */
export function validateIPAddress(address: IPAddress): readonly FieldError[] {
  return [...validateObjectMeta(address, addressName, false), ...validateParent(address)]
}

function addressName(text: string): readonly string[] {
  const canonical = canonicalIP(text)
  const problems = ipAddress(text)
  return problems.length > 0 || canonical === undefined
    ? problems
    : [`must be in canonical form (${JSON.stringify(canonical)})`]
}

function validateParent({ spec }: IPAddress): readonly FieldError[] {
  const path = ['spec', 'parentRef']
  const { parentRef } = spec ?? {}
  if (parentRef === undefined) return [required(path)]
  return (['resource', 'name'] as const)
    .filter((field) => (parentRef[field] ?? '') === '')
    .map((field) => required([...path, field]))
}

export function validateIPAddressUpdate(address: IPAddress, old: IPAddress): readonly FieldError[] {
  const errors = [
    ...validateObjectMetaUpdate(address, old),
    ...validateLabels(address.metadata.labels ?? {}, ['metadata', 'labels']),
  ]
  if (equalJSON(address.spec, old.spec)) return errors
  return [...errors, invalid(['spec', 'parentRef'], address.spec?.parentRef, 'field is immutable')]
}

export function validateServiceCIDR(range: ServiceCIDR): readonly FieldError[] {
  return [...validateObjectMeta(range, dnsSubdomain, false), ...validateRanges(range)]
}

/** A second family may come; what is there stays. */
export function validateServiceCIDRUpdate(range: ServiceCIDR, old: ServiceCIDR): readonly FieldError[] {
  const [after, before] = [range.spec?.cidrs ?? [], old.spec?.cidrs ?? []]
  const errors = [
    ...validateObjectMetaUpdate(range, old),
    ...validateLabels(range.metadata.labels ?? {}, ['metadata', 'labels']),
    ...validateRanges(range),
  ]
  return before.every((cidr, i) => after[i] === cidr)
    ? errors
    : [...errors, invalid(['spec', 'cidrs'], after, 'field is immutable')]
}

function validateRanges({ spec }: ServiceCIDR): readonly FieldError[] {
  const path = ['spec', 'cidrs']
  const { cidrs = [] } = spec ?? {}
  if (cidrs.length === 0) return [required(path, 'at least one CIDR required')]
  if (cidrs.length > 2) return [invalid(path, cidrs, 'may only hold up to 2 values')]
  const errors = cidrs.flatMap((cidr, i) => invalidEach([...path, i], cidr, cidrRange(cidr)))
  const families = new Set(cidrs.map((cidr) => parseCIDR(cidr)?.family))
  return cidrs.length === 2 && families.size === 1
    ? [...errors, invalid(path, cidrs, 'may specify no more than one IP for each IP family')]
    : errors
}

/** The ServiceCIDR of the network's own ranges. */
export const DEFAULT_SERVICE_CIDR = 'kubernetes'
