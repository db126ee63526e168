import { expect, test } from 'vitest'
import type { FieldError } from './field-error.ts'
import { validateLease, validateLeaseUpdate } from './lease-validation.ts'
import type { IPAddress, ServiceCIDR } from './networking.ts'
import {
  validateIPAddress,
  validateIPAddressUpdate,
  validateServiceCIDR,
  validateServiceCIDRUpdate,
} from './networking-validation.ts'

const causes = (errors: readonly FieldError[]): readonly string[] =>
  errors.map(({ reason, field }) => `${reason.replace('FieldValue', '')} ${field}`)

const parentRef = { resource: 'services', namespace: 'default', name: 'web' }
const address = (name: string, spec: IPAddress['spec'] = { parentRef }): IPAddress => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'IPAddress',
  metadata: { name },
  spec,
})
const range = (cidrs: readonly string[], name = 'more'): ServiceCIDR => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'ServiceCIDR',
  metadata: { name },
  spec: { cidrs },
})

test.each<readonly [IPAddress, readonly string[]]>([
  [address('10.96.0.7'), []],
  [address('2001:db8::1'), []],
  [address('2001:db8:0::1'), ['Invalid metadata.name']],
  [address('web'), ['Invalid metadata.name']],
  [address('10.96.0.7', {}), ['Required spec.parentRef']],
  [address('10.96.0.7', { parentRef: {} }), ['Required spec.parentRef.resource', 'Required spec.parentRef.name']],
])('an IPAddress: %j', (object, expected) => {
  expect(causes(validateIPAddress(object))).toEqual(expected)
})

test('an IPAddress keeps its parent', () => {
  const other = address('10.96.0.7', { parentRef: { ...parentRef, name: 'other' } })
  expect(causes(validateIPAddressUpdate(other, address('10.96.0.7')))).toEqual(['Invalid spec.parentRef'])
  expect(validateIPAddressUpdate(other, other)).toEqual([])
})

test.each<readonly [readonly string[], readonly string[]]>([
  [['10.0.0.0/16'], []],
  [['10.0.0.0/16', 'fd00::/64'], []],
  [[], ['Required spec.cidrs']],
  [['10.0.0.0/16', '10.1.0.0/16'], ['Invalid spec.cidrs']],
  [['10.0.0.0/16', 'fd00::/64', 'fd01::/64'], ['Invalid spec.cidrs']],
  [['10.0.0.1/16'], ['Invalid spec.cidrs[0]']],
  [['ten'], ['Invalid spec.cidrs[0]']],
])('a ServiceCIDR: %j', (cidrs, expected) => {
  expect(causes(validateServiceCIDR(range(cidrs)))).toEqual(expected)
})

test('a ServiceCIDR may get a second family, and keeps what it has', () => {
  const old = range(['10.0.0.0/16'])
  expect(validateServiceCIDRUpdate(range(['10.0.0.0/16', 'fd00::/64']), old)).toEqual([])
  expect(causes(validateServiceCIDRUpdate(range(['10.1.0.0/16']), old))).toEqual(['Invalid spec.cidrs'])
})

test('a Lease', () => {
  const lease = (spec: object): Parameters<typeof validateLease>[0] => ({
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { namespace: 'default', name: 'leader' },
    spec,
  })
  expect(validateLease(lease({ leaseDurationSeconds: 15 }))).toEqual([])
  const wrong = lease({ leaseDurationSeconds: 0, leaseTransitions: -1 })
  const expected = ['Invalid spec.leaseDurationSeconds', 'Invalid spec.leaseTransitions']
  expect(causes(validateLease(wrong))).toEqual(expected)
  expect(causes(validateLeaseUpdate(wrong, lease({})))).toEqual(expected)
})
