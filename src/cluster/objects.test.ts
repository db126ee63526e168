import { expect, test, vi } from 'vitest'
import type { PersistentVolumeClaim } from '../api/storage.ts'
import { DEFAULT_CLUSTER_CONFIG, parseClusterConfig, type ClusterConfig } from '../model/cluster-config.ts'
import { get } from '../model/snapshot.ts'
import { createObjects, type Objects } from './objects.ts'
import { ownObjects } from './own-objects.ts'
import { planTopology } from './topology.ts'

function network(): Objects {
  const config = parseClusterConfig(DEFAULT_CLUSTER_CONFIG) as ClusterConfig
  const topology = planTopology(config, 2)
  if (typeof topology === 'string') throw new Error(topology)
  const objects = createObjects(config)
  for (const object of ownObjects(topology, config)) objects.create(object)
  return objects
}

const pod = (image: string): unknown => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'slow' },
  spec: { nodeName: 'node-1', containers: [{ name: 'c', image }] },
})
const service = (namespace: string, clusterIP?: string): unknown => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 's', namespace },
  spec: { selector: { a: 'b' }, ports: [{ port: 80 }], ...(clusterIP && { clusterIP }) },
})

test('a Pod that changed is made again when the old one has ended', () => {
  const objects = network()
  objects.applyManifest([pod('one')])
  expect(objects.applyManifest([pod('two')]).updated).toEqual(['Pod default/slow'])
  const old = get(objects.snapshot(), 'Pod', 'default/slow')
  if (old === undefined) throw new Error('it should still be there')
  objects.finalizePod(old)
  expect(get(objects.snapshot(), 'Pod', 'default/slow')?.spec.containers[0]?.image).toBe('two')
})

test('a Pod that changed and then left the manifest does not come back', () => {
  const objects = network()
  for (const manifest of [[pod('one')], [pod('two')], []]) objects.applyManifest(manifest)
  const old = get(objects.snapshot(), 'Pod', 'default/slow')
  if (old === undefined) throw new Error('it should still be there')
  objects.finalizePod(old)
  expect(get(objects.snapshot(), 'Pod', 'default/slow')).toBeUndefined()
})

test('a Namespace leaves together with what is in it', () => {
  const objects = network()
  objects.applyManifest([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'nn' } }, service('nn')])
  const report = objects.applyManifest([service('default')])
  expect(report.deleted.toSorted()).toEqual(['Namespace nn', 'Service nn/s'])
  expect(report.created).toEqual(['Service default/s'])
  expect(get(objects.snapshot(), 'Service', 'nn/s')).toBeUndefined()
})

test("a manifest's Node is the network's own: labels are added, ranges stay", () => {
  const objects = network()
  const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-1', labels: { disk: 'ssd' } } }
  expect(objects.applyManifest([node]).updated).toEqual(['Node node-1'])
  const stored = get(objects.snapshot(), 'Node', 'node-1')
  expect(stored?.metadata.labels).toMatchObject({ disk: 'ssd', 'kubernetes.io/hostname': 'node-1' })
  expect(stored?.spec?.podCIDR).toBe('10.244.1.0/24')
})

test('a Node that the network has not is stored, with a word, and no Pod comes to it', () => {
  const objects = network()
  const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-77', labels: { disk: 'ssd' } } }
  expect(objects.applyManifest([node]).warnings).toEqual([
    expect.stringContaining('no node "node-77": nothing runs on it'),
  ])
  const stored = get(objects.snapshot(), 'Node', 'node-77')
  expect(stored?.status?.conditions).toEqual([
    {
      type: 'Ready',
      status: 'Unknown',
      reason: 'NodeStatusNeverUpdated',
      message: expect.stringContaining('no node "node-77"'),
    },
  ])
  const claimed = {
    ...node,
    metadata: { name: 'node-78' },
    status: { conditions: [{ type: 'Ready', status: 'True' }] },
  }
  objects.applyManifest([claimed])
  expect(get(objects.snapshot(), 'Node', 'node-78')?.status?.conditions).toMatchObject([{ status: 'Unknown' }])
})

test("an address of the network's own is refused, and nothing is done", () => {
  const objects = network()
  const report = objects.applyManifest([pod('one'), service('default', '10.96.0.1')])
  expect(report.problems.map(({ message }) => message)).toEqual([
    'clusterIP 10.96.0.1 is already taken by Service default/kubernetes',
  ])
  expect(get(objects.snapshot(), 'Pod', 'default/slow')).toBeUndefined()
})

test('what is in one manifest is of one age, however long it takes', () => {
  const objects = network()
  let now = Date.parse('2026-01-01T00:00:00Z')
  const clock = vi.spyOn(Date, 'now').mockImplementation(() => (now += 900))
  objects.applyManifest([pod('one'), service('default'), service('other')])
  clock.mockRestore()
  const { Pod, Service } = objects.snapshot().objects
  const made = [Pod.get('default/slow'), Service.get('default/s'), Service.get('other/s')]
  expect(new Set(made.map((object) => object?.metadata.creationTimestamp)).size).toBe(1)
})

test('a claim that is going is made again when it is gone, one that stays keeps its finalizer', () => {
  const objects = network()
  const claim = (storage: string): unknown => ({
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: 'data' },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage } } },
  })
  const stored = (): PersistentVolumeClaim | undefined =>
    get(objects.snapshot(), 'PersistentVolumeClaim', 'default/data')
  for (const size of ['1Gi', '2Gi']) objects.applyManifest([claim(size)])
  expect(stored()?.metadata.finalizers).toEqual(['kubernetes.io/pvc-protection'])
  for (const manifest of [[], [claim('3Gi')]]) objects.applyManifest(manifest)
  const going = stored()
  if (going?.metadata.deletionTimestamp === undefined) throw new Error('it should be going')
  const { finalizers: _, ...metadata } = going.metadata
  objects.applyChange({ verb: 'update', object: { ...going, metadata } })
  expect(stored()?.spec?.resources?.requests).toEqual({ storage: '3Gi' })
})
