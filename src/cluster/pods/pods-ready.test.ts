import { expect, test } from 'vitest'
import type { StatefulSet } from '../../api/apps.ts'
import type { Job } from '../../api/batch.ts'
import type { ContainerState, Pod, PodStatus } from '../../api/core.ts'
import { createStore, type Store } from '../../store/store.ts'
import { podsReady, podsSettled } from './pods-ready.ts'

const container = (state: ContainerState): PodStatus => ({
  containerStatuses: [{ name: 'c', ready: false, restartCount: 0, image: 'x', imageID: '', state }],
})
const condition = (type: string, status: 'True' | 'False'): PodStatus => ({ conditions: [{ type, status }] })

function storeWith(status: PodStatus, deletionTimestamp?: string): { readonly store: Store; readonly pod: Pod } {
  const store = createStore({ now: () => 0, uid: () => 'uid' })
  const metadata = { name: 'a', namespace: 'default', ...(deletionTimestamp && { deletionTimestamp }) }
  const pod = store.create<Pod>({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata,
    spec: { containers: [{ name: 'c' }] },
    status,
  })
  return { store, pod }
}

/** Whether it has resolved by the next tick but one. */
async function isResolved(promise: Promise<void>): Promise<boolean> {
  let resolved = false
  void promise.then(() => {
    resolved = true
  })
  for (let i = 0; i < 2; i++) await new Promise((resolve) => setImmediate(resolve))
  return resolved
}

test.each<[string, PodStatus, boolean, boolean]>([
  ['a ready Pod', condition('Ready', 'True'), true, true],
  ['a Pod that has done its work', { phase: 'Succeeded' }, true, true],
  ['a Pod that failed', { phase: 'Failed' }, false, true],
  ['a Pod without a node', condition('PodScheduled', 'False'), false, true],
  ['a crash loop', container({ waiting: { reason: 'CrashLoopBackOff' } }), false, true],
  ['a missing ConfigMap', container({ waiting: { reason: 'CreateContainerConfigError' } }), false, true],
  ['a container on its way', container({ waiting: { reason: 'ContainerCreating' } }), false, false],
  ['a Pod that nobody has looked at', {}, false, false],
])('%s', async (_name, status, ready, settled) => {
  const { store } = storeWith(status)
  expect(await isResolved(podsReady(store))).toBe(ready)
  expect(await isResolved(podsSettled(store, 60_000))).toBe(settled)
})

test('a Pod that is being deleted is not ready, and its end is waited for', async () => {
  const { store } = storeWith(condition('Ready', 'True'), '2026-01-01T00:00:00Z')
  const promise = podsReady(store)
  expect(await isResolved(promise)).toBe(false)
  store.remove('Pod', 'default/a')
  expect(await isResolved(promise)).toBe(true)
})

test('a StatefulSet that has not made all its Pods is waited for', async () => {
  const { store } = storeWith(condition('Ready', 'True'))
  const set = store.create<StatefulSet>({
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: 'db', namespace: 'default' },
    spec: { replicas: 1, selector: {}, template: { spec: { containers: [] } } },
  })
  const promises = [podsReady(store), podsSettled(store, 60_000)]
  expect(await Promise.all(promises.map(isResolved))).toEqual([false, false])
  store.update({ ...set, status: { readyReplicas: 1 } })
  expect(await Promise.all(promises.map(isResolved))).toEqual([true, true])
})

test('a Job that is not finished is waited for, and a Pod of it that failed is forgiven once it is', async () => {
  const { store, pod } = storeWith({ phase: 'Failed' })
  const job = store.create<Job>({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'work', namespace: 'default' },
    spec: { template: { spec: { containers: [] } } },
  })
  const owner = { apiVersion: 'batch/v1', kind: 'Job', name: 'work', uid: 'uid', controller: true }
  store.update({ ...pod, metadata: { name: 'a', namespace: 'default', ownerReferences: [owner] } })
  const ready = podsReady(store)
  expect(await isResolved(ready)).toBe(false)
  expect(await isResolved(podsSettled(store, 60_000))).toBe(true)
  store.update({ ...job, status: { conditions: [{ type: 'Complete', status: 'True' }] } })
  expect(await isResolved(ready)).toBe(true)
})

test('a suspended Job is not waited for', async () => {
  const store = createStore({ now: () => 0, uid: () => 'uid' })
  store.create<Job>({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'work', namespace: 'default' },
    spec: { suspend: true, template: { spec: { containers: [] } } },
  })
  expect(await isResolved(podsReady(store))).toBe(true)
})

test('without a Pod there is nothing to wait for', async () => {
  expect(await isResolved(podsReady(createStore({ now: () => 0, uid: () => 'uid' })))).toBe(true)
})

test('patience ends', async () => {
  const { store } = storeWith({})
  await podsSettled(store, 1)
})
