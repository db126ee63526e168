import { expect, test } from 'vitest'
import type { PersistentVolumeClaim } from '../api/storage.ts'
import { DEFAULT_CLUSTER_CONFIG, parseClusterConfig } from '../model/cluster-config.ts'
import { get, list, snapshotOf, type Snapshot } from '../model/snapshot.ts'
import { reconcileToFixedPoint } from './fixed-point.ts'
import { persistentVolumeClaimController } from './persistent-volume-claims.ts'

const config = parseClusterConfig(DEFAULT_CLUSTER_CONFIG)

const claim = (uid: string, spec: PersistentVolumeClaim['spec'] = {}): PersistentVolumeClaim => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { namespace: 'shop', name: 'data', uid },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, ...spec },
})

function settle(snapshot: Snapshot): Snapshot {
  if (!('clusterDomain' in config)) throw new Error(config.join())
  return reconcileToFixedPoint(snapshot, [persistentVolumeClaimController], config).snapshot
}

const volumes = (snapshot: Snapshot): readonly string[] =>
  list(snapshot, 'PersistentVolume').map(({ metadata }) => metadata.name)

test('a claim gets a volume of its own, and is bound to it', () => {
  const settled = settle(snapshotOf([claim('1')]))
  expect(get(settled, 'PersistentVolumeClaim', 'shop/data')).toMatchObject({
    spec: { volumeName: 'pvc-1' },
    status: { phase: 'Bound', capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'] },
  })
  expect(get(settled, 'PersistentVolume', 'pvc-1')).toMatchObject({
    spec: { capacity: { storage: '1Gi' }, claimRef: { namespace: 'shop', name: 'data', uid: '1' } },
    status: { phase: 'Bound' },
  })
})

test('an empty class asks for a volume that somebody made: nobody binds it', () => {
  const settled = settle(snapshotOf([claim('1', { storageClassName: '' })]))
  expect(get(settled, 'PersistentVolumeClaim', 'shop/data')?.status?.phase).toBe('Pending')
  expect(volumes(settled)).toEqual([])
})

test('the volume goes with its claim, also where another one of that name comes at once', () => {
  const first = settle(snapshotOf([claim('1')]))
  const kept = list(first, 'PersistentVolume')
  expect(volumes(settle(snapshotOf([...kept])))).toEqual([])
  expect(volumes(settle(snapshotOf([...kept, claim('2')])))).toEqual(['pvc-2'])
})

test('a volume that somebody made is left alone', () => {
  const [made] = list(settle(snapshotOf([claim('1')])), 'PersistentVolume')
  if (made === undefined) throw new Error('no volume')
  const { annotations: _, ...metadata } = made.metadata
  expect(volumes(settle(snapshotOf([{ ...made, metadata }])))).toEqual(['pvc-1'])
})
