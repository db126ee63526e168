import { expect, test } from 'vitest'
import type { Service } from '../api/core.ts'
import type { AnyObject } from '../api/kinds.ts'
import type { ServiceCIDR } from '../api/networking.ts'
import { DEFAULT_CLUSTER_CONFIG, parseClusterConfig, type ClusterConfig } from '../model/cluster-config.ts'
import { get, snapshotOf, type Snapshot } from '../model/snapshot.ts'
import { reconcileToFixedPoint } from './fixed-point.ts'
import { ipAddressController } from './ip-addresses.ts'
import { serviceCIDRController } from './service-cidrs.ts'

const config = parseClusterConfig(DEFAULT_CLUSTER_CONFIG) as ClusterConfig
const FINALIZER = 'networking.k8s.io/service-cidr-finalizer'
const DELETED = { deletionTimestamp: '2026-01-01T00:00:00Z', finalizers: [FINALIZER] }

const range = (name: string, cidr: string, metadata: Partial<ServiceCIDR['metadata']> = {}): ServiceCIDR => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'ServiceCIDR',
  metadata: { name, ...metadata },
  spec: { cidrs: [cidr] },
})
const service = (clusterIP: string): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web', namespace: 'default' },
  spec: { clusterIP, clusterIPs: [clusterIP], ports: [{ port: 80 }] },
})
const settle = (...objects: readonly AnyObject[]): Snapshot =>
  reconcileToFixedPoint(snapshotOf(objects), [ipAddressController, serviceCIDRController], config).snapshot
const ready = (snapshot: Snapshot, name = 'more'): string | undefined => {
  const { status } = get(snapshot, 'ServiceCIDR', name) ?? {}
  return status?.conditions?.map((condition) => `${condition.status} ${condition.reason} ${condition.message}`).join()
}

test('a range is ready, and is not let go by itself', () => {
  const settled = settle(range('more', '10.200.0.0/24'))
  expect(ready(settled)).toBe('True  Kubernetes Service CIDR is ready')
  expect(get(settled, 'ServiceCIDR', 'more')?.metadata.finalizers).toEqual([FINALIZER])
})

test.each([
  ['10.244.7.0/24', '10.244.7.0/24 overlaps 10.244.0.0/16, the addresses of Pods: none of it are given to Services'],
  ['192.0.0.0/8', '192.0.0.0/8 overlaps 192.168.1.0/24, the addresses of nodes: none of it are given to Services'],
  ['fd01::/112', 'the network has no IPv6, and no addresses of fd01::/112 for its Services'],
])('%s is of no use', (cidr, message) => {
  expect(ready(settle(range('more', cidr)))).toBe(`False RangeNotUsable ${message}`)
})

const LEFT =
  'False Terminating There are still IPAddresses referencing the ServiceCIDR, please remove them or create a new ServiceCIDR'

test.each<[string, readonly AnyObject[], string | undefined]>([
  ['nobody has an address of it', [service('10.96.0.7')], undefined],
  ['a Service has one', [service('10.200.0.7')], LEFT],
  ['another range has that too', [service('10.200.0.7'), range('other', '10.200.0.0/16')], undefined],
  ['the other range is ending as well', [service('10.200.0.7'), range('other', '10.200.0.0/16', DELETED)], LEFT],
  [
    'somebody made an IPAddress of it',
    [{ apiVersion: 'networking.k8s.io/v1', kind: 'IPAddress', metadata: { name: '10.200.0.9' } }],
    LEFT,
  ],
])('a range that is deleted, and %s', (_name, objects, wanted) => {
  expect(ready(settle(range('more', '10.200.0.0/24', DELETED), ...objects))).toBe(wanted)
})
