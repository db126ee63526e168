import { describe, expect, test } from 'vitest'
import type { Namespace, Service } from '../api/core.ts'
import type { AnyObject } from '../api/kinds.ts'
import type { IPAddress } from '../api/networking.ts'
import type { Change } from '../model/change.ts'
import { get, list, objectKey, snapshotOf, type Snapshot } from '../model/snapshot.ts'
import { applyChange, reconcileToFixedPoint } from './fixed-point.ts'
import { CONTROLLERS } from './index.ts'
import { rootAuthority } from './service-accounts.ts'
import { ownRange } from './service-cidrs.ts'
import { TEST_CONFIG } from './helpers/test-kubelet.ts'

const settle = (snapshot: Snapshot, previous?: Snapshot): Snapshot =>
  reconcileToFixedPoint(snapshot, CONTROLLERS, TEST_CONFIG, previous).snapshot
const change = (before: Snapshot, ...changes: Change[]): Snapshot => settle(changes.reduce(applyChange, before), before)
const namespace = (name: string): Namespace => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
const keys = (snapshot: Snapshot, kind: 'ServiceAccount' | 'ConfigMap' | 'IPAddress'): readonly string[] =>
  list(snapshot, kind).map((object: AnyObject) => objectKey(object))

describe('every namespace', () => {
  const start = settle(
    snapshotOf([namespace('kube-system'), namespace('default'), rootAuthority('kube-system', { 'ca.crt': 'PEM' })]),
  )

  test('has a ServiceAccount and the authority', () => {
    expect(keys(start, 'ServiceAccount')).toEqual(['default/default', 'kube-system/default'])
    expect(keys(start, 'ConfigMap')).toEqual(['default/kube-root-ca.crt', 'kube-system/kube-root-ca.crt'])
    expect(get(start, 'ConfigMap', 'default/kube-root-ca.crt')?.data).toEqual({ 'ca.crt': 'PEM' })
  })

  test('gets back what is deleted, and what is changed', () => {
    const deleted = change(
      start,
      { verb: 'delete', kind: 'ServiceAccount', key: 'default/default' },
      { verb: 'delete', kind: 'ConfigMap', key: 'default/kube-root-ca.crt' },
    )
    expect([keys(deleted, 'ServiceAccount'), keys(deleted, 'ConfigMap')]).toEqual([
      keys(start, 'ServiceAccount'),
      keys(start, 'ConfigMap'),
    ])
    const stored = get(start, 'ConfigMap', 'default/kube-root-ca.crt')
    if (stored === undefined) throw new Error('gone')
    const forged = change(start, { verb: 'update', object: { ...stored, data: {} } })
    expect(get(forged, 'ConfigMap', 'default/kube-root-ca.crt')?.data).toEqual({ 'ca.crt': 'PEM' })
  })

  test('follows a new authority', () => {
    const stored = get(start, 'ConfigMap', 'kube-system/kube-root-ca.crt')
    if (stored === undefined) throw new Error('gone')
    const renewed = change(start, { verb: 'update', object: { ...stored, data: { 'ca.crt': 'NEW' } } })
    expect(get(renewed, 'ConfigMap', 'default/kube-root-ca.crt')?.data).toEqual({ 'ca.crt': 'NEW' })
  })

  test('that is new has both; one that ends gets nothing', () => {
    const more = change(start, { verb: 'create', object: namespace('shop') })
    expect(keys(more, 'ServiceAccount')).toContain('shop/default')
    expect(keys(more, 'ConfigMap')).toContain('shop/kube-root-ca.crt')
    const stored = get(more, 'Namespace', 'shop')
    if (stored === undefined) throw new Error('gone')
    const metadata = { ...stored.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' }
    const ended = change(more, { verb: 'update', object: { ...stored, metadata } })
    expect(keys(ended, 'ServiceAccount')).not.toContain('shop/default')
    expect(get(ended, 'Namespace', 'shop')).toBeUndefined()
  })
})

describe('addresses', () => {
  const service = (clusterIP: string): Service => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { namespace: 'default', name: 'web' },
    spec: { clusterIP, ports: [{ port: 80 }] },
  })
  const start = settle(snapshotOf([service('10.96.0.9')]))

  test('each address of a Service is an IPAddress', () => {
    expect(list(start, 'IPAddress')).toMatchObject([
      {
        metadata: {
          name: '10.96.0.9',
          labels: {
            'ipaddress.kubernetes.io/ip-family': 'IPv4',
            'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io',
          },
        },
        spec: { parentRef: { resource: 'services', namespace: 'default', name: 'web' } },
      },
    ])
    expect(keys(settle(snapshotOf([service('None')])), 'IPAddress')).toEqual([])
  })

  test('it follows the Service, comes back and is put right', () => {
    expect(keys(change(start, { verb: 'delete', kind: 'Service', key: 'default/web' }), 'IPAddress')).toEqual([])
    const key = '10.96.0.9'
    expect(keys(change(start, { verb: 'delete', kind: 'IPAddress', key }), 'IPAddress')).toEqual([key])
    const stored = get(start, 'IPAddress', key)
    if (stored === undefined) throw new Error('gone')
    const { labels: _, ...metadata } = stored.metadata
    const mended = change(start, { verb: 'update', object: { ...stored, metadata } })
    expect(get(mended, 'IPAddress', key)?.metadata.labels).toEqual(stored.metadata.labels)
  })

  test('one that people made stays; a stray one of ours goes', () => {
    const address = (name: string, labels: Record<string, string>): IPAddress => ({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'IPAddress',
      metadata: { name, labels },
      spec: { parentRef: { resource: 'widgets', name: 'x' } },
    })
    const ours = { 'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io' }
    const snapshot = settle(snapshotOf([address('10.96.1.1', {}), address('10.96.1.2', ours)]))
    expect(keys(snapshot, 'IPAddress')).toEqual(['10.96.1.1'])
  })
})

test("the network's own range is ready and stays; others are ready as well", () => {
  const more = { ...ownRange(TEST_CONFIG), metadata: { name: 'more' }, spec: { cidrs: ['10.200.0.0/16'] } }
  const start = settle(snapshotOf([ownRange(TEST_CONFIG), more]))
  const states = (snapshot: Snapshot): readonly string[] =>
    list(snapshot, 'ServiceCIDR').map(
      ({ metadata, spec, status }) => `${metadata.name} ${spec?.cidrs?.join()} ${status?.conditions?.[0]?.status}`,
    )
  expect(states(start)).toEqual(['kubernetes 10.96.0.0/12 True', 'more 10.200.0.0/16 True'])
  expect(states(change(start, { verb: 'delete', kind: 'ServiceCIDR', key: 'kubernetes' }))).toEqual(states(start))
})
