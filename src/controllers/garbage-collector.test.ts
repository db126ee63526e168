/** Owners and what they own: background, foreground, orphans, and who is taken by whom. */
import { describe, expect, test } from 'vitest'
import type { Deployment, ReplicaSet } from '../api/apps.ts'
import type { ConfigMap, Node, Pod } from '../api/core.ts'
import type { AnyObject, Kind } from '../api/kinds.ts'
import type { OwnerReference } from '../api/meta.ts'
import type { Change } from '../model/change.ts'
import { get, list, objectKey, snapshotOf, type Snapshot } from '../model/snapshot.ts'
import type { Controller } from './controller.ts'
import { applyChange, reconcileToFixedPoint } from './fixed-point.ts'
import { controllerOf } from './helpers/owners.ts'
import { CONTROLLERS } from './index.ts'
import { TEST_CONFIG } from './helpers/test-kubelet.ts'

/** What is being deleted goes, once it may. */
const kubelet: Controller = {
  name: 'kubelet',
  watches: ['Pod'],
  keys: (object) => [objectKey(object)],
  reconcile: (snapshot, key) => {
    const pod = get(snapshot, 'Pod', key)
    return pod?.metadata.deletionTimestamp === undefined ? [] : [{ verb: 'delete', kind: 'Pod', key }]
  },
}

const settle = (snapshot: Snapshot, previous?: Snapshot, controllers = [...CONTROLLERS, kubelet]): Snapshot =>
  reconcileToFixedPoint(snapshot, controllers, TEST_CONFIG, previous).snapshot
const change = (before: Snapshot, ...changes: Change[]): Snapshot => settle(changes.reduce(applyChange, before), before)
const names = (snapshot: Snapshot, kind: Kind): readonly string[] =>
  list(snapshot, kind).map(({ metadata }: AnyObject) => metadata.name)

const owner = (name: string, extra: Partial<OwnerReference> = {}): OwnerReference => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  name,
  uid: `uid-${name}`,
  ...extra,
})
const configMap = (name: string, ...ownerReferences: OwnerReference[]): ConfigMap => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: {
    namespace: 'default',
    name,
    uid: `uid-${name}`,
    resourceVersion: '1',
    ...(ownerReferences.length > 0 && { ownerReferences }),
  },
})
const remove = (name: string, isForeground = false): Change => ({
  verb: 'delete',
  kind: 'ConfigMap',
  key: `default/${name}`,
  ...(isForeground && { isForeground }),
})

describe('in the background', () => {
  test('what an owner leaves behind goes, and what that owned', () => {
    const start = settle(snapshotOf([configMap('a'), configMap('b', owner('a')), configMap('c', owner('b'))]))
    expect(names(change(start, remove('a')), 'ConfigMap')).toEqual([])
  })

  test('one of several owners is enough to stay; the reference to the other goes', () => {
    const start = settle(snapshotOf([configMap('a'), configMap('b'), configMap('c', owner('a'), owner('b'))]))
    const without = change(start, remove('a'))
    expect(get(without, 'ConfigMap', 'default/c')?.metadata.ownerReferences).toEqual([owner('b')])
    expect(names(change(without, remove('b')), 'ConfigMap')).toEqual([])
  })

  test('who has the name of an owner is not the owner', () => {
    expect(
      names(settle(snapshotOf([configMap('a'), configMap('b', owner('a', { uid: 'other' }))])), 'ConfigMap'),
    ).toEqual(['a'])
  })

  test('an owner of a kind that is not kept is taken to exist', () => {
    const foreign = owner('a', { apiVersion: 'example.com/v1', kind: 'Widget' })
    expect(names(settle(snapshotOf([configMap('b', foreign)])), 'ConfigMap')).toEqual(['b'])
  })
})

describe('in the foreground', () => {
  test('the owner goes last', () => {
    const blocking = owner('a', { blockOwnerDeletion: true })
    const start = settle(snapshotOf([configMap('a'), configMap('b', blocking)]))
    const held: ConfigMap = {
      ...configMap('b', blocking),
      metadata: { ...configMap('b', blocking).metadata, finalizers: ['x/y'] },
    }
    expect(names(change(start, remove('a', true)), 'ConfigMap')).toEqual([])
    const waiting = change(settle(snapshotOf([configMap('a'), held])), remove('a', true))
    expect(names(waiting, 'ConfigMap')).toEqual(['a', 'b'])
    const last = get(waiting, 'ConfigMap', 'default/b')
    if (last === undefined) throw new Error('gone')
    const { finalizers: _, ...metadata } = last.metadata
    expect(names(change(waiting, { verb: 'update', object: { ...last, metadata } }), 'ConfigMap')).toEqual([])
  })

  test('what does not block is not waited for', () => {
    const held: ConfigMap = {
      ...configMap('b', owner('a')),
      metadata: { ...configMap('b', owner('a')).metadata, finalizers: ['x/y'] },
    }
    expect(names(change(settle(snapshotOf([configMap('a'), held])), remove('a', true)), 'ConfigMap')).toEqual(['b'])
  })

  test('nothing is owned: it goes at once', () => {
    expect(names(change(settle(snapshotOf([configMap('a')])), remove('a', true)), 'ConfigMap')).toEqual([])
  })
})

const node: Node = {
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: 'node-1' },
  status: { conditions: [{ type: 'Ready', status: 'True' }] },
}
const labels = { app: 'web' }
const deployment: Deployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { namespace: 'default', name: 'web' },
  spec: {
    replicas: 2,
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'i' }] } },
  },
}
const start = settle(snapshotOf([node, deployment]))
const orphaned = (object: ReplicaSet): Change => {
  const { ownerReferences: _, ...metadata } = object.metadata
  return { verb: 'update', object: { ...object, metadata } }
}
const only = <T>([first, ...others]: readonly T[]): T => {
  if (first === undefined || others.length > 0) throw new Error(`${others.length + 1} instead of one`)
  return first
}

describe('a Deployment', () => {
  test('deleted in the foreground: Pods, then ReplicaSet, then it', () => {
    const { changes, snapshot } = reconcileToFixedPoint(
      applyChange(start, { verb: 'delete', kind: 'Deployment', key: 'default/web', isForeground: true }),
      [...CONTROLLERS, kubelet],
      TEST_CONFIG,
      start,
    )
    expect([list(snapshot, 'Pod'), list(snapshot, 'ReplicaSet'), list(snapshot, 'Deployment')]).toEqual([[], [], []])
    const freed = changes.flatMap((each) => (each.verb === 'update' ? [each.object.kind] : []))
    expect(freed.slice(-2)).toEqual(['ReplicaSet', 'Deployment'])
  })

  test('that comes back takes its ReplicaSet again, and the ReplicaSet its Pods', () => {
    const replicaSet: ReplicaSet = only(list(start, 'ReplicaSet'))
    const left = change(start, orphaned(replicaSet), { verb: 'delete', kind: 'Deployment', key: 'default/web' })
    expect([names(left, 'ReplicaSet'), list(left, 'Pod').length]).toEqual([[replicaSet.metadata.name], 2])
    const back = change(left, { verb: 'create', object: deployment })
    const taken = only(list(back, 'ReplicaSet'))
    expect(taken.metadata.uid).toBe(replicaSet.metadata.uid)
    expect(controllerOf(taken)?.uid).toBe(get(back, 'Deployment', 'default/web')?.metadata.uid)
    expect(list(back, 'Pod').map(({ metadata }) => metadata.uid)).toEqual(
      list(start, 'Pod').map(({ metadata }) => metadata.uid),
    )
  })

  test('a Pod that loses its label is let go and replaced; one that gets it is surplus', () => {
    const [pod] = list(start, 'Pod')
    if (pod === undefined) throw new Error('gone')
    const hash = pod.metadata.labels?.['pod-template-hash'] ?? ''
    const without = change(start, {
      verb: 'update',
      object: { ...pod, metadata: { ...pod.metadata, labels: { app: 'debug' } } },
    })
    expect(list(without, 'Pod')).toHaveLength(3)
    expect(get(without, 'Pod', objectKey(pod))?.metadata.ownerReferences).toBeUndefined()
    const bare: Pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { namespace: 'default', name: 'bare', labels: { ...labels, 'pod-template-hash': hash } },
      spec: { containers: [{ name: 'c', image: 'i' }] },
    }
    expect(list(change(start, { verb: 'create', object: bare }), 'Pod')).toHaveLength(2)
  })
})
