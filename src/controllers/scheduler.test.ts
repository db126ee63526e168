import { describe, expect, test } from 'vitest'
import type { Node, NodeSelectorTerm, Pod } from '../api/core.ts'
import { list, snapshotOf, type Snapshot } from '../model/snapshot.ts'
import { applyChange } from './fixed-point.ts'
import { bindPods } from './scheduler.ts'

function node(name: string, extra: Partial<Node> = {}, labels: Record<string, string> = {}): Node {
  const status = { conditions: [{ type: 'Ready', status: 'True' as const }] }
  return { apiVersion: 'v1', kind: 'Node', metadata: { name, labels }, status, ...extra }
}

function pod(name: string, app: string, extra: Partial<Pod['spec']> = {}, deleted = false): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      namespace: 'default',
      name,
      labels: { app },
      ...(deleted ? { deletionTimestamp: '2024-01-01T00:00:00Z' } : {}),
    },
    spec: { containers: [], ...extra },
  }
}

function affinity(term: NodeSelectorTerm): Partial<Pod['spec']> {
  const nodeAffinity = { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [term] } }
  return { affinity: { nodeAffinity } }
}

const places = (snapshot: Snapshot): Record<string, string> =>
  Object.fromEntries(list(snapshot, 'Pod').map(({ metadata, spec }) => [metadata.name, spec.nodeName ?? '']))

function schedule(...objects: (Node | Pod)[]): Snapshot {
  const snapshot = snapshotOf(objects)
  return bindPods(snapshot).reduce(applyChange, snapshot)
}

const two = [node('node-1'), node('node-2')]
const down = { status: { conditions: [{ type: 'Ready', status: 'False' as const }] } }

const hostPort = (port: object): Partial<Pod['spec']> => ({
  containers: [{ name: 'c', ports: [{ containerPort: 80, hostPort: 8080, ...port }] }],
})

const ROWS: readonly [string, (Node | Pod)[], Record<string, string>][] = [
  ['two replicas, two nodes', [...two, pod('a', 'web'), pod('b', 'web')], { a: 'node-1', b: 'node-2' }],
  [
    'a hostPort once on each node',
    [...two, pod('a', 'x', hostPort({})), pod('b', 'x', hostPort({})), pod('c', 'x', hostPort({}))],
    { a: 'node-1', b: 'node-2', c: '' },
  ],
  [
    'one hostPort with other addresses and protocols',
    [
      node('node-1'),
      pod('a', 'x', hostPort({ hostIP: '127.0.0.1' })),
      pod('b', 'x', hostPort({ hostIP: '192.168.1.100' })),
      pod('c', 'x', hostPort({ protocol: 'UDP' })),
      pod('d', 'x', hostPort({ hostIP: '0.0.0.0' })),
    ],
    { a: 'node-1', b: 'node-1', c: 'node-1', d: '' },
  ],
  [
    'a hostPort is taken until its Pod is gone, not by one that has finished',
    [
      node('node-1'),
      {
        ...pod('done', 'x', { nodeName: 'node-1', ...hostPort({ hostPort: 9 }) }),
        status: { phase: 'Succeeded' as const },
      },
      pod('ending', 'x', { nodeName: 'node-1', ...hostPort({}) }, true),
      pod('a', 'x', hostPort({ hostPort: 9 })),
      pod('b', 'x', hostPort({})),
    ],
    { done: 'node-1', ending: 'node-1', a: 'node-1', b: '' },
  ],
  [
    'lone Pods in turn',
    [...two, pod('a', 'x'), pod('b', 'y'), pod('c', 'z')],
    { a: 'node-1', b: 'node-2', c: 'node-1' },
  ],
  [
    'the set counts before the total',
    [
      ...two,
      pod('a', 'x', { nodeName: 'node-1' }),
      pod('b', 'y', { nodeName: 'node-2' }),
      pod('c', 'y', { nodeName: 'node-2' }),
      pod('d', 'x'),
    ],
    { a: 'node-1', b: 'node-2', c: 'node-2', d: 'node-2' },
  ],
  [
    'who is leaving does not count',
    [...two, pod('a', 'x', { nodeName: 'node-1' }, true), pod('b', 'x')],
    { a: 'node-1', b: 'node-1' },
  ],
  ['names as people count', [node('node-10'), node('node-2'), pod('a', 'x')], { a: 'node-2' }],
  [
    'nodeSelector',
    [node('node-1'), node('node-2', {}, { disk: 'ssd' }), pod('a', 'x', { nodeSelector: { disk: 'ssd' } })],
    { a: 'node-2' },
  ],
  ['not ready', [node('node-1', down), node('node-2'), pod('a', 'x')], { a: 'node-2' }],
  [
    'unschedulable',
    [node('node-1', { spec: { unschedulable: true } }), node('node-2'), pod('a', 'x')],
    { a: 'node-2' },
  ],
  [
    'a taint, and who tolerates it',
    [
      node('node-1', { spec: { taints: [{ key: 'gpu', value: 'a', effect: 'NoSchedule' }] } }),
      pod('a', 'x'),
      pod('b', 'x', { tolerations: [{ key: 'gpu', operator: 'Equal', value: 'a' }] }),
      pod('c', 'x', { tolerations: [{ key: 'gpu', operator: 'Equal', value: 'b' }] }),
      pod('d', 'x', { tolerations: [{ operator: 'Exists', effect: 'NoSchedule' }] }),
      pod('e', 'x', { tolerations: [{ key: 'gpu', operator: 'Exists', effect: 'NoExecute' }] }),
    ],
    { a: '', b: 'node-1', c: '', d: 'node-1', e: '' },
  ],
  [
    'a taint that only prefers keeps nobody away',
    [node('node-1', { spec: { taints: [{ key: 'x', effect: 'PreferNoSchedule' }] } }), pod('a', 'x')],
    { a: 'node-1' },
  ],
  [
    'a taint that only prefers leads to another node, but for who tolerates it',
    [
      node('node-1', { spec: { taints: [{ key: 'x', effect: 'PreferNoSchedule' }] } }),
      node('node-2'),
      pod('a', 'p'),
      pod('b', 'q', { tolerations: [{ key: 'x', operator: 'Exists' }] }),
      pod('c', 'r'),
      pod('d', 's', { tolerations: [{ key: 'x', operator: 'Exists', effect: 'NoSchedule' }] }),
    ],
    { a: 'node-2', b: 'node-1', c: 'node-2', d: 'node-2' },
  ],
  [
    'affinity to a node by name, by label, and by neither',
    [
      node('node-1'),
      node('node-2', {}, { zone: 'b', size: '3' }),
      pod('a', 'x', affinity({ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['node-2'] }] })),
      pod('b', 'x', affinity({ matchFields: [{ key: 'metadata.name', operator: 'NotIn', values: ['node-2'] }] })),
      pod('c', 'x', affinity({ matchExpressions: [{ key: 'zone', operator: 'Exists' }] })),
      pod('d', 'x', affinity({ matchExpressions: [{ key: 'zone', operator: 'DoesNotExist' }] })),
      pod('e', 'x', affinity({ matchExpressions: [{ key: 'size', operator: 'Gt', values: ['2'] }] })),
      pod('f', 'x', affinity({ matchExpressions: [{ key: 'size', operator: 'Lt', values: ['2'] }] })),
      pod('g', 'x', affinity({})),
    ],
    { a: 'node-2', b: 'node-1', c: 'node-2', d: 'node-1', e: 'node-2', f: '', g: '' },
  ],
  ['a Pod that is leaving is not bound', [...two, pod('a', 'x', {}, true)], { a: '' }],
  ['no node', [pod('a', 'x')], { a: '' }],
]

describe('scheduler', () => {
  test.each(ROWS)('%s', (_name, objects, wanted) => {
    expect(places(schedule(...objects))).toEqual(wanted)
  })

  test('says why it cannot, once', () => {
    const waiting = schedule(node('node-1', down), node('node-2'), pod('a', 'x', { nodeSelector: { disk: 'ssd' } }))
    expect(list(waiting, 'Pod')[0]?.status?.conditions).toEqual([
      {
        type: 'PodScheduled',
        status: 'False',
        reason: 'Unschedulable',
        message:
          "0/2 nodes are available: 1 node(s) didn't match Pod's node affinity/selector, 1 node(s) were not ready.",
      },
    ])
    expect(bindPods(waiting)).toEqual([])
  })
})
