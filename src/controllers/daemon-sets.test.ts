import { describe, expect, test } from 'vitest'
import type { DaemonSet } from '../api/apps.ts'
import type { Node, Taint } from '../api/core.ts'
import type { Change } from '../model/change.ts'
import { get, list, objectKey, snapshotOf, type Snapshot } from '../model/snapshot.ts'
import { applyChange, reconcileToFixedPoint, type FixedPoint } from './fixed-point.ts'
import { CONTROLLERS } from './index.ts'
import { TEST_CONFIG, testKubelet } from './helpers/test-kubelet.ts'

const kubelet = testKubelet()

function node(name: string, labels: Record<string, string> = {}, spec: Node['spec'] = {}): Node {
  const status = { conditions: [{ type: 'Ready', status: 'True' as const }] }
  return { apiVersion: 'v1', kind: 'Node', metadata: { name, labels }, spec, status }
}

function daemonSet(spec: Partial<DaemonSet['spec']> = {}, pod: object = {}, image = 'agent:1'): DaemonSet {
  const labels = { app: 'agent' }
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { namespace: 'default', name: 'agent' },
    spec: {
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'agent', image }], ...pod } },
      ...spec,
    },
  }
}

const settle = (snapshot: Snapshot, previous?: Snapshot): FixedPoint =>
  reconcileToFixedPoint(snapshot, [...CONTROLLERS, kubelet], TEST_CONFIG, previous)
const change = (before: Snapshot, ...changes: Change[]): FixedPoint =>
  settle(changes.reduce(applyChange, before), before)

const places = (snapshot: Snapshot): readonly string[] =>
  list(snapshot, 'Pod')
    .map(({ spec }) => spec.nodeName ?? '')
    .sort()
const images = (snapshot: Snapshot): readonly string[] =>
  list(snapshot, 'Pod')
    .map(({ spec }) => spec.containers[0]?.image ?? '')
    .sort()
const statusOf = (snapshot: Snapshot): DaemonSet['status'] => get(snapshot, 'DaemonSet', 'default/agent')?.status

function withSpec(snapshot: Snapshot, next: DaemonSet): Change {
  const stored = get(snapshot, 'DaemonSet', 'default/agent')
  if (stored === undefined) throw new Error('gone')
  return { verb: 'update', object: { ...stored, spec: next.spec } }
}

function withNode(snapshot: Snapshot, name: string, spec: Node['spec']): Change {
  const stored = get(snapshot, 'Node', name)
  if (stored === undefined) throw new Error('gone')
  return { verb: 'update', object: { ...stored, ...(spec && { spec }) } }
}

const three = [node('node-1'), node('node-2', { disk: 'ssd' }), node('node-3')]
const start = settle(snapshotOf([...three, daemonSet()])).snapshot
const taint = (effect: Taint['effect']): Node['spec'] => ({ taints: [{ key: 'gpu', value: 'a', effect }] })

describe('where the Pods of a DaemonSet run', () => {
  test('on every node', () => {
    expect(places(start)).toEqual(['node-1', 'node-2', 'node-3'])
    expect(statusOf(start)).toMatchObject({
      desiredNumberScheduled: 3,
      currentNumberScheduled: 3,
      numberReady: 3,
      numberAvailable: 3,
      updatedNumberScheduled: 3,
      numberMisscheduled: 0,
    })
    expect(settle(start).changes).toEqual([])
  })

  test.each<readonly [string, object, Node['spec'], readonly string[]]>([
    ['a selector', { nodeSelector: { disk: 'ssd' } }, {}, ['node-2']],
    ['a cordoned node too', {}, { unschedulable: true }, ['node-1', 'node-2', 'node-3']],
    ['not on a taint', {}, taint('NoSchedule'), ['node-1', 'node-2']],
    [
      'on a taint that they tolerate',
      { tolerations: [{ operator: 'Exists' }] },
      taint('NoExecute'),
      ['node-1', 'node-2', 'node-3'],
    ],
  ])('%s', (_name, pod, spec, expected) => {
    const nodes = [...three.slice(0, 2), node('node-3', {}, spec)]
    expect(places(settle(snapshotOf([...nodes, daemonSet({}, pod)])).snapshot)).toEqual(expected)
  })

  test('on a node that comes later, and no more where one goes', () => {
    const more = change(start, { verb: 'create', object: node('node-4') }).snapshot
    expect(places(more)).toEqual(['node-1', 'node-2', 'node-3', 'node-4'])
    expect(places(change(more, { verb: 'delete', kind: 'Node', key: 'node-4' }).snapshot)).toEqual(places(start))
  })

  test('a taint that comes later drives away only with NoExecute', () => {
    const kept = change(start, withNode(start, 'node-3', taint('NoSchedule'))).snapshot
    expect(places(kept)).toEqual(['node-1', 'node-2', 'node-3'])
    expect(statusOf(kept)).toMatchObject({ desiredNumberScheduled: 2, numberMisscheduled: 1 })
    expect(places(change(start, withNode(start, 'node-3', taint('NoExecute'))).snapshot)).toEqual(['node-1', 'node-2'])
  })

  test('one that is deleted comes back', () => {
    const [pod] = list(start, 'Pod')
    const key = pod === undefined ? '' : objectKey(pod)
    expect(places(change(start, { verb: 'delete', kind: 'Pod', key }).snapshot)).toEqual(places(start))
  })
})

/** Most and fewest Pods on the way, as changes of one Pod at a time. */
function extremes({ changes }: FixedPoint): { readonly most: number; readonly fewest: number } {
  let [pods, most, fewest] = [3, 3, 3]
  const seen = new Set<string>()
  for (const each of changes) {
    if (each.verb === 'create' && each.object.kind === 'Pod') pods++
    if (each.verb === 'delete' && each.kind === 'Pod' && !seen.has(each.key)) {
      seen.add(each.key)
      pods--
    }
    most = Math.max(most, pods)
    fewest = Math.min(fewest, pods)
  }
  return { most, fewest }
}

describe('a new template', () => {
  test.each<readonly [string, DaemonSet['spec']['updateStrategy'], object]>([
    ['one by one', {}, { most: 3, fewest: 2 }],
    ['two at once', { rollingUpdate: { maxUnavailable: 2 } }, { most: 3, fewest: 1 }],
    ['all at once', { rollingUpdate: { maxUnavailable: '100%' } }, { most: 3, fewest: 0 }],
    ['the new one first', { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } }, { most: 4, fewest: 3 }],
  ])('%s', (_name, updateStrategy, expected) => {
    const rolled = change(
      start,
      withSpec(start, daemonSet({ ...(updateStrategy && { updateStrategy }) }, {}, 'agent:2')),
    )
    expect(images(rolled.snapshot)).toEqual(['agent:2', 'agent:2', 'agent:2'])
    expect(places(rolled.snapshot)).toEqual(places(start))
    expect(extremes(rolled)).toEqual(expected)
  })

  test('OnDelete: nothing by itself', () => {
    const next = daemonSet({ updateStrategy: { type: 'OnDelete' } }, {}, 'agent:2')
    const same = change(start, withSpec(start, next)).snapshot
    expect(images(same)).toEqual(['agent:1', 'agent:1', 'agent:1'])
    const [pod] = list(same, 'Pod')
    const key = pod === undefined ? '' : objectKey(pod)
    expect(images(change(same, { verb: 'delete', kind: 'Pod', key }).snapshot)).toEqual([
      'agent:1',
      'agent:1',
      'agent:2',
    ])
  })

  test('one that does not become ready stops the roll-out; going back mends it', () => {
    const stuck = change(start, withSpec(start, daemonSet({}, {}, 'broken'))).snapshot
    expect(images(stuck)).toEqual(['agent:1', 'agent:1', 'broken'])
    expect(images(change(stuck, withSpec(stuck, daemonSet())).snapshot)).toEqual(['agent:1', 'agent:1', 'agent:1'])
  })
})
