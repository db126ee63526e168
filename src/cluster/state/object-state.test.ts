import { expect, test } from 'vitest'
import type { AnyObject } from '../../api/kinds.ts'
import { DEFAULT_CLUSTER_CONFIG, parseClusterConfig, type ClusterConfig } from '../../model/cluster-config.ts'
import { get } from '../../model/snapshot.ts'
import { createObjects } from '../objects.ts'
import { NO_STATE, type ObjectState } from './object-state.ts'
import { formerAddresses, restoredSnapshot } from './restore.ts'

const config = parseClusterConfig(DEFAULT_CLUSTER_CONFIG) as ClusterConfig
const nodes = new Set(['node-1'])
const configMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace: 'default' } } as const

const node = (name: string, containerRuntimeVersion: string): AnyObject => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name },
  status: {
    nodeInfo: {
      containerRuntimeVersion,
      kubeletVersion: 'v1.34.0',
      osImage: '',
      kernelVersion: '',
      operatingSystem: 'linux',
      architecture: 'amd64',
    },
  },
})
const pod = (name: string, nodeName: string, phase: 'Running' | 'Succeeded'): AnyObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'default', uid: name },
  spec: { nodeName, containers: [{ name: 'c' }] },
  status: {
    phase,
    podIP: '10.244.1.7',
    conditions: [
      { type: 'PodScheduled', status: 'True' },
      { type: 'Ready', status: 'True' },
    ],
  },
})

test('Pods that ran are not ready yet; what the network has no longer is gone; what others made stays', () => {
  const stored = [
    node('node-1', 'portolan://host-programs'),
    node('node-2', 'portolan://host-programs'),
    node('node-77', 'containerd://2.0'),
    pod('runs', 'node-1', 'Running'),
    pod('done', 'node-1', 'Succeeded'),
    pod('nowhere', 'node-2', 'Running'),
  ]
  const snapshot = restoredSnapshot(stored, 1_000_042, nodes)
  expect(snapshot.resourceVersion).toBe(2_000_000)
  expect([...snapshot.objects.Node.keys()]).toEqual(['node-1', 'node-77'])
  expect(
    [...snapshot.objects.Pod.values()].map(({ metadata, status }) => [metadata.name, status?.conditions?.[1]]),
  ).toEqual([
    ['done', { type: 'Ready', status: 'True' }],
    ['runs', { type: 'Ready', status: 'False', reason: 'NetworkRestarted', message: 'the network was started again' }],
  ])
  expect([...formerAddresses(snapshot)]).toEqual([['runs', { nodeName: 'node-1', addresses: ['10.244.1.7'] }]])
})

test('a client is told when its write did not reach the disk', () => {
  const full: ObjectState = { ...NO_STATE, flush: () => 'database or disk is full' }
  const { registry, snapshot } = createObjects(config, full)
  const result = registry.create(configMap)
  expect(result).toMatchObject({
    failure: { code: 500, message: expect.stringContaining('--state cannot be written: database or disk is full') },
  })
  expect(get(snapshot(), 'ConfigMap', 'default/a')).toBeDefined()
})

test('what the manifest of an earlier start held is known', () => {
  let applied: ReadonlyMap<string, string> = new Map()
  const first = createObjects(config, { ...NO_STATE, remember: (last) => void (applied = last) })
  first.applyManifest([configMap])
  const restored = { snapshot: first.snapshot(), applied, successors: new Map(), events: [] }
  const second = createObjects(config, { ...NO_STATE, restored })
  expect(second.applyManifest([configMap])).toMatchObject({ unchanged: 1, created: [], updated: [] })
  expect(second.applyManifest([])).toMatchObject({ deleted: ['ConfigMap default/a'] })
})
