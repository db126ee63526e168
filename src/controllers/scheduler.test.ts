import { describe, expect, test } from 'vitest'
import type { Node, Pod } from '../api/core.ts'
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

const places = (snapshot: Snapshot): Record<string, string> =>
  Object.fromEntries(list(snapshot, 'Pod').map(({ metadata, spec }) => [metadata.name, spec.nodeName ?? '']))

function schedule(...objects: (Node | Pod)[]): Snapshot {
  const snapshot = snapshotOf(objects)
  return bindPods(snapshot).reduce(applyChange, snapshot)
}

const two = [node('node-1'), node('node-2')]
const down = { status: { conditions: [{ type: 'Ready', status: 'False' as const }] } }

const ROWS: readonly [string, (Node | Pod)[], Record<string, string>][] = [
  ['two replicas, two nodes', [...two, pod('a', 'web'), pod('b', 'web')], { a: 'node-1', b: 'node-2' }],
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
        message: "0/2 nodes are available: 1 not ready or unschedulable, 1 did not match the Pod's nodeSelector.",
      },
    ])
    expect(bindPods(waiting)).toEqual([])
  })
})
