import { expect, test } from 'vitest'
import type { Pod } from '../api/core.ts'
import type { AnyObject } from '../api/kinds.ts'
import type { PersistentVolume, PersistentVolumeClaim } from '../api/storage.ts'
import { DEFAULT_CLUSTER_CONFIG, parseClusterConfig } from '../model/cluster-config.ts'
import { get, snapshotOf, type Snapshot } from '../model/snapshot.ts'
import { reconcileToFixedPoint } from './fixed-point.ts'
import { volumeProtectionController } from './volume-protection.ts'

const config = parseClusterConfig(DEFAULT_CLUSTER_CONFIG)

function settle(objects: readonly AnyObject[]): Snapshot {
  if (!('clusterDomain' in config)) throw new Error(config.join())
  return reconcileToFixedPoint(snapshotOf(objects), [volumeProtectionController], config).snapshot
}

const going = { deletionTimestamp: '2026-01-01T00:00:00Z' }
const claim = (metadata: object): PersistentVolumeClaim => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { namespace: 'shop', name: 'data', ...metadata },
})
const volume = (phase: string, metadata: object): PersistentVolume => ({
  apiVersion: 'v1',
  kind: 'PersistentVolume',
  metadata: { name: 'disk', ...metadata },
  status: { phase },
})
const pod = (claimName: string, nodeName: string | undefined): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { namespace: 'shop', name: 'db' },
  spec: {
    containers: [],
    volumes: [{ name: 'v', persistentVolumeClaim: { claimName } }],
    ...(nodeName === undefined ? {} : { nodeName }),
  },
})
const PVC = { finalizers: ['kubernetes.io/pvc-protection'] }
const PV = { finalizers: ['kubernetes.io/pv-protection'] }

test.each<[string, readonly AnyObject[], readonly string[] | undefined]>([
  ['without its finalizer gets it', [claim({})], PVC.finalizers],
  ['keeps other ones', [claim({ finalizers: ['a.example/b'] })], ['a.example/b', ...PVC.finalizers]],
  ['deleted under a Pod stays', [claim({ ...PVC, ...going }), pod('data', 'node-1')], PVC.finalizers],
  ['deleted without a Pod goes', [claim({ ...PVC, ...going }), pod('other', 'node-1')], undefined],
  ['deleted under a Pod without a node goes', [claim({ ...PVC, ...going }), pod('data', undefined)], undefined],
  [
    'deleted waits for what others hold',
    [claim({ finalizers: ['a.example/b', ...PVC.finalizers], ...going })],
    ['a.example/b'],
  ],
])('a claim %s', (_what, objects, finalizers) => {
  expect(get(settle(objects), 'PersistentVolumeClaim', 'shop/data')?.metadata.finalizers).toEqual(finalizers)
})

test.each<[string, PersistentVolume, readonly string[] | undefined]>([
  ['without its finalizer gets it', volume('Available', {}), PV.finalizers],
  ['bound and deleted stays', volume('Bound', { ...PV, ...going }), PV.finalizers],
  ['deleted when it is free goes', volume('Available', { ...PV, ...going }), undefined],
  ['deleted after its claim goes', volume('Released', { ...PV, ...going }), undefined],
])('a volume %s', (_what, object, finalizers) => {
  expect(get(settle([object]), 'PersistentVolume', 'disk')?.metadata.finalizers).toEqual(finalizers)
})
