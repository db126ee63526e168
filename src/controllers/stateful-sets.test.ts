/** StatefulSets with a kubelet of a few lines: what is made, in which order, and what a new template does. */
import { describe, expect, test } from 'vitest'
import type { StatefulSet } from '../api/apps.ts'
import type { Node, Pod } from '../api/core.ts'
import type { Change } from '../model/change.ts'
import { get, list, snapshotOf, type Snapshot } from '../model/snapshot.ts'
import { applyChange, reconcileToFixedPoint, type FixedPoint } from './fixed-point.ts'
import { CONTROLLERS } from './index.ts'
import { TEST_CONFIG, testKubelet } from './helpers/test-kubelet.ts'
import { statefulSetController } from './stateful-sets.ts'

const READY_SINCE = '2026-01-01T00:00:00Z'

const kubelet = testKubelet(undefined, READY_SINCE)

function statefulSet(spec: Partial<StatefulSet['spec']> = {}, image = 'db:1'): StatefulSet {
  const labels = { app: 'db' }
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { namespace: 'default', name: 'db' },
    spec: {
      replicas: 3,
      serviceName: 'db',
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'db', image }] } },
      ...spec,
    },
  }
}

const node: Node = {
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: 'node-1' },
  status: { conditions: [{ type: 'Ready', status: 'True' }] },
}

const settle = (snapshot: Snapshot, previous?: Snapshot): FixedPoint =>
  reconcileToFixedPoint(snapshot, [...CONTROLLERS, kubelet], TEST_CONFIG, previous)

function change(before: Snapshot, ...changes: Change[]): FixedPoint {
  return settle(changes.reduce(applyChange, before), before)
}

function withSpec(snapshot: Snapshot, next: StatefulSet): Change {
  const stored = get(snapshot, 'StatefulSet', 'default/db')
  if (stored === undefined) throw new Error('gone')
  return { verb: 'update', object: { ...stored, spec: next.spec } }
}

const namesOf = (snapshot: Snapshot): readonly string[] => list(snapshot, 'Pod').map(({ metadata }) => metadata.name)
const imagesOf = (snapshot: Snapshot): readonly string[] =>
  list(snapshot, 'Pod').map(({ spec }) => spec.containers[0]?.image ?? '')
const revisionsOf = (snapshot: Snapshot): readonly number[] =>
  list(snapshot, 'ControllerRevision')
    .map(({ revision }) => revision)
    .toSorted((a, b) => a - b)
const statusOf = (snapshot: Snapshot): StatefulSet['status'] => get(snapshot, 'StatefulSet', 'default/db')?.status

/** Names of Pods in the order in which they were made or asked to go. */
function order(changes: readonly Change[], verb: 'create' | 'delete'): readonly string[] {
  const names = changes.flatMap((each) => {
    if (each.verb !== verb) return []
    if (each.verb === 'delete') return each.kind === 'Pod' ? [each.key.replace('default/', '')] : []
    return each.object.kind === 'Pod' ? [each.object.metadata.name] : []
  })
  // The kubelet's own deletion comes behind the controller's.
  return names.filter((name, i) => name !== names[i - 1])
}

const first = settle(snapshotOf([node, statefulSet()]))
const start = first.snapshot

describe('Pods of a StatefulSet', () => {
  test('have stable names, and know them', () => {
    expect(namesOf(start)).toEqual(['db-0', 'db-1', 'db-2'])
    expect(list(start, 'Pod').map(({ spec }) => [spec.hostname, spec.subdomain])).toEqual([
      ['db-0', 'db'],
      ['db-1', 'db'],
      ['db-2', 'db'],
    ])
    expect(get(start, 'Pod', 'default/db-1')?.metadata.labels).toEqual({
      app: 'db',
      'apps.kubernetes.io/pod-index': '1',
      'controller-revision-hash': list(start, 'ControllerRevision')[0]?.metadata.name,
      'statefulset.kubernetes.io/pod-name': 'db-1',
    })
  })

  test('status and revision', () => {
    const [revision, ...others] = list(start, 'ControllerRevision')
    expect(others).toEqual([])
    const name = revision?.metadata.name
    expect(revision).toMatchObject({ revision: 1, data: { spec: { template: { $patch: 'replace' } } } })
    expect(statusOf(start)).toMatchObject({
      replicas: 3,
      readyReplicas: 3,
      availableReplicas: 3,
      currentReplicas: 3,
      updatedReplicas: 3,
      currentRevision: name,
      updateRevision: name,
    })
    expect(settle(start).changes).toEqual([])
  })

  test('ordered: one is made when all before it are ready', () => {
    expect(order(first.changes, 'create')).toEqual(['db-0', 'db-1', 'db-2'])
    const broken = settle(snapshotOf([node, statefulSet({}, 'broken')])).snapshot
    expect(namesOf(broken)).toEqual(['db-0'])
  })

  test('parallel: all at once', () => {
    const broken = settle(snapshotOf([node, statefulSet({ podManagementPolicy: 'Parallel' }, 'broken')])).snapshot
    expect(namesOf(broken)).toEqual(['db-0', 'db-1', 'db-2'])
  })

  test('the highest goes first', () => {
    const { snapshot, changes } = change(start, withSpec(start, statefulSet({ replicas: 1 })))
    expect(order(changes, 'delete')).toEqual(['db-2', 'db-1'])
    expect(namesOf(snapshot)).toEqual(['db-0'])
  })

  test('counted from another number', () => {
    expect(namesOf(settle(snapshotOf([node, statefulSet({ ordinals: { start: 5 } })])).snapshot)).toEqual([
      'db-5',
      'db-6',
      'db-7',
    ])
  })

  test('one that was deleted comes back under its name', () => {
    const { snapshot } = change(start, { verb: 'delete', kind: 'Pod', key: 'default/db-1' })
    expect(namesOf(snapshot)).toEqual(['db-0', 'db-1', 'db-2'])
    expect(get(snapshot, 'Pod', 'default/db-1')?.metadata.uid).not.toBe(get(start, 'Pod', 'default/db-1')?.metadata.uid)
  })

  test('one that failed is made anew', () => {
    const pod = get(start, 'Pod', 'default/db-1')
    if (pod === undefined) throw new Error('gone')
    const { snapshot } = change(start, { verb: 'update', object: { ...pod, status: { phase: 'Failed' } } })
    expect(get(snapshot, 'Pod', 'default/db-1')?.status?.phase).toBe('Running')
  })

  test("waits while somebody else's Pod has the name", () => {
    const foreign: Pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { namespace: 'default', name: 'db-1' },
      spec: { containers: [{ name: 'c' }] },
    }
    const held = settle(snapshotOf([node, foreign, statefulSet()])).snapshot
    expect(namesOf(held)).toEqual(['db-0', 'db-1'])
    const key = 'default/db-1'
    expect(namesOf(change(held, { verb: 'delete', kind: 'Pod', key }).snapshot)).toEqual(['db-0', 'db-1', 'db-2'])
  })

  test('claims become volumes of each Pod', () => {
    const claimed = statefulSet({ volumeClaimTemplates: [{ metadata: { name: 'data' } }] })
    const { snapshot } = settle(snapshotOf([node, claimed]))
    expect(get(snapshot, 'Pod', 'default/db-2')?.spec.volumes).toEqual([
      { name: 'data', persistentVolumeClaim: { claimName: 'data-db-2' } },
    ])
    expect(claimsOf(snapshot)).toEqual(['data-db-0', 'data-db-1', 'data-db-2'])
  })

  test.each<['Retain' | 'Delete', readonly string[]]>([
    ['Retain', ['data-db-0', 'data-db-1', 'data-db-2']],
    ['Delete', ['data-db-0']],
  ])('with fewer Pods claims stay or go: whenScaled %s', (whenScaled, left) => {
    const persistentVolumeClaimRetentionPolicy = { whenScaled, whenDeleted: 'Retain' } as const
    const spec = { volumeClaimTemplates: [{ metadata: { name: 'data' } }], persistentVolumeClaimRetentionPolicy }
    const { snapshot } = settle(snapshotOf([node, statefulSet(spec)]))
    expect(claimsOf(change(snapshot, withSpec(snapshot, statefulSet({ ...spec, replicas: 1 }))).snapshot)).toEqual(left)
  })

  test.each<['Retain' | 'Delete', string | undefined]>([
    ['Retain', undefined],
    ['Delete', 'db'],
  ])('with the set claims stay or go: whenDeleted %s', (whenDeleted, owner) => {
    const persistentVolumeClaimRetentionPolicy = { whenScaled: 'Retain', whenDeleted } as const
    const spec = { volumeClaimTemplates: [{ metadata: { name: 'data' } }], persistentVolumeClaimRetentionPolicy }
    const { snapshot } = settle(snapshotOf([node, statefulSet(spec)]))
    const claim = get(snapshot, 'PersistentVolumeClaim', 'default/data-db-0')
    expect(claim?.metadata.ownerReferences?.[0]?.name).toBe(owner)
  })
})

function claimsOf(snapshot: Snapshot): readonly string[] {
  return list(snapshot, 'PersistentVolumeClaim').map(({ metadata }) => metadata.name)
}

describe('a new template', () => {
  const second = change(start, withSpec(start, statefulSet({}, 'db:2')))

  test('replaces the Pods one by one, from the highest', () => {
    expect(order(second.changes, 'delete')).toEqual(['db-2', 'db-1', 'db-0'])
    expect(imagesOf(second.snapshot)).toEqual(['db:2', 'db:2', 'db:2'])
    const { currentRevision, updateRevision } = statusOf(second.snapshot) ?? {}
    expect(currentRevision).toBe(updateRevision)
    expect(revisionsOf(second.snapshot)).toEqual([1, 2])
  })

  test('going back makes the old revision the newest', () => {
    const { snapshot } = change(second.snapshot, withSpec(second.snapshot, statefulSet()))
    expect(imagesOf(snapshot)).toEqual(['db:1', 'db:1', 'db:1'])
    expect(revisionsOf(snapshot)).toEqual([2, 3])
  })

  test('below the partition the old template stays, also for a Pod that is made anew', () => {
    const rolling = { type: 'RollingUpdate', rollingUpdate: { partition: 2 } } as const
    const { snapshot } = change(start, withSpec(start, statefulSet({ updateStrategy: rolling }, 'db:2')))
    expect(imagesOf(snapshot)).toEqual(['db:1', 'db:1', 'db:2'])
    expect(statusOf(snapshot)).toMatchObject({ currentReplicas: 2, updatedReplicas: 1 })
    const again = change(snapshot, { verb: 'delete', kind: 'Pod', key: 'default/db-0' }).snapshot
    expect(imagesOf(again)).toEqual(['db:1', 'db:1', 'db:2'])
  })

  test('OnDelete: only Pods that are deleted get it', () => {
    const { snapshot } = change(start, withSpec(start, statefulSet({ updateStrategy: { type: 'OnDelete' } }, 'db:2')))
    expect(imagesOf(snapshot)).toEqual(['db:1', 'db:1', 'db:1'])
    const again = change(snapshot, { verb: 'delete', kind: 'Pod', key: 'default/db-1' }).snapshot
    expect(imagesOf(again)).toEqual(['db:1', 'db:2', 'db:1'])
  })

  test('one that does not become ready stops the roll-out', () => {
    expect(imagesOf(change(start, withSpec(start, statefulSet({}, 'broken'))).snapshot)).toEqual([
      'db:1',
      'db:1',
      'broken',
    ])
  })

  test('revisions beyond the limit are forgotten', () => {
    let now = start
    for (const image of ['db:2', 'db:3', 'db:4']) {
      now = change(now, withSpec(now, statefulSet({ revisionHistoryLimit: 1 }, image))).snapshot
    }
    expect(revisionsOf(now)).toEqual([3, 4])
  })
})

test('minReadySeconds: available later than ready, and woken for it', () => {
  const slow = statefulSet({ minReadySeconds: 10 })
  const since = Date.parse(READY_SINCE)
  const before = reconcileToFixedPoint(
    snapshotOf([node, slow]),
    [...CONTROLLERS, kubelet],
    TEST_CONFIG,
    undefined,
    since,
  )
  expect(namesOf(before.snapshot)).toEqual(['db-0'])
  expect(statusOf(before.snapshot)).toMatchObject({ readyReplicas: 1, availableReplicas: 0 })
  expect(statefulSetController.wakeAt?.(before.snapshot, 'default/db', since)).toBe(since + 10_000)
  const after = statefulSetController.reconcile(before.snapshot, 'default/db', TEST_CONFIG, since + 10_000)
  expect(order(after, 'create')).toEqual(['db-1'])
})
