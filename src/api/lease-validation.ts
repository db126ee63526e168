import type { Lease } from './coordination.ts'
import { invalid, type FieldError } from './field-error.ts'
import { validateLabels, validateObjectMeta, validateObjectMetaUpdate } from './meta-validation.ts'
import { dnsSubdomain } from './syntax.ts'
import { validateNotNegative } from './workload-validation.ts'

export function validateLease(lease: Lease): readonly FieldError[] {
  return [...validateObjectMeta(lease, dnsSubdomain, true), ...validateSpec(lease)]
}

export function validateLeaseUpdate(lease: Lease, old: Lease): readonly FieldError[] {
  return [
    ...validateObjectMetaUpdate(lease, old),
    ...validateLabels(lease.metadata.labels ?? {}, ['metadata', 'labels']),
    ...validateSpec(lease),
  ]
}

function validateSpec({ spec = {} }: Lease): readonly FieldError[] {
  const { leaseDurationSeconds: duration, leaseTransitions } = spec
  return [
    ...(duration !== undefined && duration <= 0
      ? [invalid(['spec', 'leaseDurationSeconds'], duration, 'must be greater than 0')]
      : []),
    ...validateNotNegative(['spec', 'leaseTransitions'], leaseTransitions),
  ]
}
