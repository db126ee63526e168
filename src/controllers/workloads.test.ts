/** Deployments, ReplicaSets, scheduler, garbage collector and slices together, with a kubelet of a few lines. */
import { describe, expect, test } from 'vitest'
import type { Deployment } from '../api/apps.ts'
import type { Namespace, Node, Pod, Service } from '../api/core.ts'
import type { AnyObject } from '../api/kinds.ts'
import type { Change } from '../model/change.ts'
import { isPodReady, isPodTerminating } from '../model/endpoints.ts'
import { get, list, objectKey, snapshotOf, type Snapshot } from '../model/snapshot.ts'
import { applyChange, reconcileToFixedPoint, type FixedPoint } from './fixed-point.ts'
import { deploymentController } from './deployments.ts'
import { CONTROLLERS } from './index.ts'
import { TEST_CONFIG, testKubelet } from './helpers/test-kubelet.ts'

/** One at a time: each gets the next address. */
const kubelet = testKubelet((snapshot) => ({
  podIP: `10.244.1.${list(snapshot, 'Pod').filter(({ status }) => status?.podIP !== undefined).length + 1}`,
}))

const controllers = [...CONTROLLERS, kubelet]
const settle = (snapshot: Snapshot, previous?: Snapshot): FixedPoint =>
  reconcileToFixedPoint(snapshot, controllers, TEST_CONFIG, previous)

/** The state after a user's changes, and what the controllers did about them. */
function change(before: Snapshot, ...changes: Change[]): FixedPoint {
  return settle(changes.reduce(applyChange, before), before)
}

function node(name: string): Node {
  const status = { conditions: [{ type: 'Ready', status: 'True' as const }] }
  return { apiVersion: 'v1', kind: 'Node', metadata: { name }, status }
}

function deployment(
  replicas: number,
  image = 'nginx:1.21',
  strategy: 'RollingUpdate' | 'Recreate' = 'RollingUpdate',
): Deployment {
  const labels = { app: 'web' }
  const spec = {
    replicas,
    strategy: { type: strategy },
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: { containers: [{ name: 'web', image, ports: [{ containerPort: 80 }] }] } },
  }
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { namespace: 'default', name: 'web' }, spec }
}

const service: Service = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { namespace: 'default', name: 'web' },
  spec: { clusterIP: '10.96.0.9', selector: { app: 'web' }, ports: [{ port: 80 }] },
}

function updated(snapshot: Snapshot, next: Deployment): Change {
  const stored = get(snapshot, 'Deployment', 'default/web')
  if (stored === undefined) throw new Error('gone')
  return { verb: 'update', object: { ...stored, spec: next.spec } }
}

const start = settle(snapshotOf([node('node-1'), node('node-2'), deployment(2), service])).snapshot
const podsOf = (snapshot: Snapshot): readonly Pod[] => list(snapshot, 'Pod')
const placesOf = (snapshot: Snapshot): readonly string[] =>
  podsOf(snapshot)
    .map(({ spec }) => spec.nodeName ?? '')
    .sort()
const readyAddresses = (snapshot: Snapshot): number =>
  list(snapshot, 'EndpointSlice').flatMap((slice) => slice.endpoints.filter((e) => e.conditions?.ready)).length

describe('a Deployment with a Service', () => {
  test('runs: two Pods on two nodes, both in the slice, all status written', () => {
    expect(placesOf(start)).toEqual(['node-1', 'node-2'])
    expect(readyAddresses(start)).toBe(2)
    const [replicaSet] = list(start, 'ReplicaSet')
    expect(replicaSet?.status).toMatchObject({ replicas: 2, readyReplicas: 2, availableReplicas: 2 })
    expect(get(start, 'Deployment', 'default/web')?.status).toMatchObject({
      replicas: 2,
      updatedReplicas: 2,
      readyReplicas: 2,
      availableReplicas: 2,
      conditions: [
        { type: 'Available', status: 'True' },
        { type: 'Progressing', status: 'True', reason: 'NewReplicaSetAvailable' },
      ],
    })
    expect(get(start, 'Endpoints', 'default/web')?.subsets?.[0]?.addresses).toHaveLength(2)
  })

  test('at the fixed point nobody writes anything', () => {
    expect(settle(start).changes).toEqual([])
  })

  test('the same manifest gets the same names', () => {
    const again = settle(snapshotOf([deployment(2), service, node('node-2'), node('node-1')])).snapshot
    expect(podsOf(again).map(objectKey)).toEqual(podsOf(start).map(objectKey))
    expect(list(again, 'EndpointSlice').map(objectKey)).toEqual(list(start, 'EndpointSlice').map(objectKey))
    for (const { metadata } of podsOf(start))
      expect(metadata.name).toMatch(/^web-\w{10}-[bcdfghjklmnpqrstvwxz2456789]{5}$/)
  })

  test('scales up and down; those that are not ready go first', () => {
    const four = change(start, updated(start, deployment(4))).snapshot
    expect(placesOf(four)).toEqual(['node-1', 'node-1', 'node-2', 'node-2'])
    const [first] = podsOf(four)
    if (first === undefined) throw new Error('gone')
    const conditions = [{ type: 'Ready', status: 'False' as const }]
    const broken: Pod = {
      ...first,
      spec: { ...first.spec, containers: [{ name: 'web', image: 'broken' }] },
      status: { ...first.status, conditions },
    }
    const three = change(four, { verb: 'update', object: broken }, updated(four, deployment(3))).snapshot
    expect(podsOf(three)).toHaveLength(3)
    expect(get(three, 'Pod', objectKey(first))).toBeUndefined()
    const none = change(three, updated(three, deployment(0))).snapshot
    expect(podsOf(none)).toEqual([])
    expect(readyAddresses(none)).toBe(0)
  })

  test('a Pod that is deleted comes back under a free name', () => {
    const [first] = podsOf(start)
    const after = change(start, {
      verb: 'delete',
      kind: 'Pod',
      key: first === undefined ? '' : objectKey(first),
    }).snapshot
    expect(placesOf(after)).toEqual(['node-1', 'node-2'])
    expect(get(after, 'Pod', first === undefined ? '' : objectKey(first))).toBeUndefined()
  })
})

describe('roll-out', () => {
  /** The fewest ready and the most Pods at any moment of what the controllers did. */
  function extremes(before: Snapshot, changes: readonly Change[]): { minReady: number; maxPods: number } {
    let [minReady, maxPods, snapshot] = [Infinity, 0, before]
    for (const next of changes) {
      snapshot = applyChange(snapshot, next)
      const live = podsOf(snapshot).filter((pod) => !isPodTerminating(pod))
      minReady = Math.min(minReady, live.filter(isPodReady).length)
      maxPods = Math.max(maxPods, live.length)
    }
    return { minReady, maxPods }
  }
  const images = (snapshot: Snapshot): readonly string[] =>
    podsOf(snapshot).map(({ spec }) => spec.containers[0]?.image ?? '')
  const revisions = (snapshot: Snapshot): Record<string, number> =>
    Object.fromEntries(
      list(snapshot, 'ReplicaSet').map(({ metadata, spec }) => [
        metadata.annotations?.['deployment.kubernetes.io/revision'],
        spec.replicas,
      ]),
    )

  test('RollingUpdate never has fewer ready Pods than asked for, and never more than one above', () => {
    const edit = updated(start, deployment(2, 'nginx:1.27'))
    const { snapshot, changes } = change(start, edit)
    expect(images(snapshot)).toEqual(['nginx:1.27', 'nginx:1.27'])
    expect(extremes(applyChange(start, edit), changes)).toEqual({ minReady: 2, maxPods: 3 })
    expect(revisions(snapshot)).toEqual({ 1: 0, 2: 2 })
    expect(readyAddresses(snapshot)).toBe(2)
  })

  test('an image that never gets ready leaves the old Pods serving', () => {
    const { snapshot } = change(start, updated(start, deployment(2, 'broken')))
    expect(images(snapshot).filter((image) => image !== 'broken')).toHaveLength(2)
    expect(readyAddresses(snapshot)).toBe(2)
    const status = get(snapshot, 'Deployment', 'default/web')?.status
    expect(status).toMatchObject({ replicas: 3, updatedReplicas: 1, availableReplicas: 2 })
  })

  test('going back is a new revision of the old ReplicaSet', () => {
    const forth = change(start, updated(start, deployment(2, 'nginx:1.27'))).snapshot
    const back = change(forth, updated(forth, deployment(2))).snapshot
    expect(revisions(back)).toEqual({ 2: 0, 3: 2 })
    expect(images(back)).toEqual(['nginx:1.21', 'nginx:1.21'])
  })

  test('Recreate never mixes two templates', () => {
    const edit = updated(start, deployment(2, 'nginx:1.27', 'Recreate'))
    const { snapshot, changes } = change(start, edit)
    expect(images(snapshot)).toEqual(['nginx:1.27', 'nginx:1.27'])
    let current = applyChange(start, edit)
    for (const next of changes) {
      current = applyChange(current, next)
      expect(new Set(images(current)).size).toBeLessThanOrEqual(1)
    }
  })

  test('only ten old ReplicaSets are kept', () => {
    const last = Array.from({ length: 13 }, (_, i) => `nginx:${i}`).reduce(
      (snapshot, image) => change(snapshot, updated(snapshot, deployment(1, image))).snapshot,
      start,
    )
    expect(list(last, 'ReplicaSet')).toHaveLength(11)
  })
})

describe('deletion', () => {
  const kinds = (snapshot: Snapshot): readonly string[] =>
    Object.values(snapshot.objects).flatMap((map) => [...map.values()].map(({ kind }) => kind))

  test('a Deployment takes its ReplicaSets and Pods along, a Service its slices and Endpoints', () => {
    const without = change(start, { verb: 'delete', kind: 'Deployment', key: 'default/web' }).snapshot
    expect(kinds(without)).toEqual(['Node', 'Node', 'Service', 'IPAddress', 'Endpoints', 'EndpointSlice'])
    const none = change(without, { verb: 'delete', kind: 'Service', key: 'default/web' }).snapshot
    expect(kinds(none)).toEqual(['Node', 'Node'])
  })

  test('a namespace takes everything in it along', () => {
    const namespace = (name: string): Namespace => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
    const objects: AnyObject[] = [namespace('default'), namespace('other'), node('node-1'), deployment(2), service]
    const full = settle(snapshotOf(objects)).snapshot
    const stored = get(full, 'Namespace', 'default')
    if (stored === undefined) throw new Error('gone')
    const metadata = { ...stored.metadata, deletionTimestamp: '2024-01-01T00:00:00Z' }
    const { snapshot, changes } = change(full, { verb: 'update', object: { ...stored, metadata } })
    expect(kinds(snapshot)).toEqual(['Namespace', 'Node', 'ServiceAccount'])
    expect(changes.at(-1)).toEqual({ verb: 'delete', kind: 'Namespace', key: 'default' })
    const atOnce = change(full, { verb: 'delete', kind: 'Namespace', key: 'default' }).snapshot
    expect(kinds(atOnce)).toEqual(['Namespace', 'Node', 'ServiceAccount'])
  })
})

describe('work', () => {
  const size = 1000
  const service1000 = (i: number): Service => ({
    ...service,
    metadata: { namespace: 'default', name: `s${i}` },
    spec: { ...service.spec, selector: { tier: 'backend', app: `a${i}` } },
  })
  const pod1000 = (i: number): Pod => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace: 'default', name: `p${i}`, labels: { tier: 'backend', app: `a${i}` } },
    spec: { nodeName: 'node-1', containers: [{ name: 'web' }] },
    status: { podIP: `10.244.${Math.floor(i / 250)}.${i % 250}` },
  })
  const objects = Array.from({ length: size }, (_, i) => [service1000(i), pod1000(i)]).flat()
  const full = reconcileToFixedPoint(snapshotOf([node('node-1'), ...objects]), CONTROLLERS, TEST_CONFIG)

  test('1,000 Services and 1,000 Pods are each reconciled a small number of times', () => {
    expect(list(full.snapshot, 'EndpointSlice')).toHaveLength(size)
    // All have one address, and so one IPAddress.
    expect(full.changes).toHaveLength(2 * size + 1)
    expect(full.reconciled.length).toBeLessThan(6 * size)
  })

  test('one Pod that becomes ready wakes its Service only, and writes its slice and its Endpoints', () => {
    const pod = get(full.snapshot, 'Pod', 'default/p7')
    if (pod === undefined) throw new Error('gone')
    const status = { ...pod.status, conditions: [{ type: 'Ready', status: 'True' as const }] }
    const ready = applyChange(full.snapshot, { verb: 'update', object: { ...pod, status } })
    const { changes, reconciled } = reconcileToFixedPoint(ready, CONTROLLERS, TEST_CONFIG, full.snapshot)
    expect(changes).toHaveLength(2)
    expect([...new Set(reconciled)].sort()).toEqual([
      'endpoint-slice-mirroring default/s7',
      'endpoint-slices default/s7',
      'endpoints default/s7',
    ])
  })
})

describe('what a Deployment says of itself', () => {
  const NOW = Date.parse('2026-01-01T00:00:00Z')
  const at = (seconds: number): number => NOW + seconds * 1000
  const limited = (image: string, extra: Partial<Deployment['spec']> = {}): Deployment => {
    const { spec, ...rest } = deployment(2, image)
    return { ...rest, spec: { ...spec, progressDeadlineSeconds: 10, ...extra } }
  }
  const run = (snapshot: Snapshot, now: number, previous?: Snapshot): Snapshot =>
    reconcileToFixedPoint(snapshot, controllers, TEST_CONFIG, previous, now).snapshot
  const step = (before: Snapshot, now: number, next: Deployment): Snapshot =>
    run(applyChange(before, updated(before, next)), now, before)
  const said = (snapshot: Snapshot): readonly string[] =>
    (get(snapshot, 'Deployment', 'default/web')?.status?.conditions ?? []).map(
      ({ type, status, reason, lastUpdateTime }) => `${type} ${status} ${reason} ${lastUpdateTime}`,
    )
  const running = run(snapshotOf([node('node-1'), limited('nginx:1')]), NOW)
  const wake = (snapshot: Snapshot): number | undefined => deploymentController.wakeAt?.(snapshot, 'default/web', NOW)

  test('complete: nobody has to be woken', () => {
    expect(said(running)).toEqual([
      'Available True MinimumReplicasAvailable 2026-01-01T00:00:00Z',
      'Progressing True NewReplicaSetAvailable 2026-01-01T00:00:00Z',
    ])
    expect(wake(running)).toBeUndefined()
  })

  test('stuck: the deadline runs from the last progress, and going back mends it', () => {
    const stuck = step(running, at(5), limited('broken'))
    expect(said(stuck)[1]).toBe('Progressing True ReplicaSetUpdated 2026-01-01T00:00:05Z')
    expect(get(stuck, 'Deployment', 'default/web')?.status?.unavailableReplicas).toBe(1)
    expect(wake(stuck)).toBe(at(15))
    const late = deploymentController.reconcile(stuck, 'default/web', TEST_CONFIG, at(15)).reduce(applyChange, stuck)
    expect(said(late)[1]).toBe('Progressing False ProgressDeadlineExceeded 2026-01-01T00:00:15Z')
    expect(wake(late)).toBeUndefined()
    expect(deploymentController.reconcile(late, 'default/web', TEST_CONFIG, at(20))).toEqual([])
    expect(said(step(late, at(30), limited('nginx:1')))[1]).toBe(
      'Progressing True NewReplicaSetAvailable 2026-01-01T00:00:30Z',
    )
  })

  test('paused and resumed', () => {
    const paused = step(running, at(1), limited('nginx:2', { paused: true }))
    expect(said(paused)[1]).toBe('Progressing Unknown DeploymentPaused 2026-01-01T00:00:01Z')
    expect(list(paused, 'ReplicaSet')).toHaveLength(1)
    expect(said(step(paused, at(2), limited('nginx:2')))[1]).toBe(
      'Progressing True NewReplicaSetAvailable 2026-01-01T00:00:02Z',
    )
  })

  test('its ReplicaSets know its annotations, its numbers and minReadySeconds', () => {
    const stored = get(running, 'Deployment', 'default/web')
    if (stored === undefined) throw new Error('gone')
    const annotations = {
      ...stored.metadata.annotations,
      'kubernetes.io/change-cause': 'new image',
      'kubectl.kubernetes.io/last-applied-configuration': '{}',
    }
    const next = {
      ...stored,
      metadata: { ...stored.metadata, annotations },
      spec: limited('nginx:1', { minReadySeconds: 3 }).spec,
    }
    const [replicaSet] = list(run(applyChange(running, { verb: 'update', object: next }), NOW, running), 'ReplicaSet')
    expect(replicaSet?.metadata.annotations).toEqual({
      'deployment.kubernetes.io/desired-replicas': '2',
      'deployment.kubernetes.io/max-replicas': '3',
      'deployment.kubernetes.io/revision': '1',
      'kubernetes.io/change-cause': 'new image',
    })
    expect(replicaSet?.spec.minReadySeconds).toBe(3)
  })
})
