import { expect, test } from 'vitest'
import type { Pod } from '../../../api/core.ts'
import { createStore, type Store } from '../../../store/store.ts'
import { createEventRecorder, type Event, type EventKeeper, type EventRecorder } from './recorder.ts'

const NOW = Date.UTC(2026, 0, 1)
const podOf = (name: string, startedAt?: string): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'default' },
  spec: { containers: [{ name: 'c' }], nodeName: 'node-1' },
  status: {
    containerStatuses: [
      {
        name: 'c',
        ready: true,
        restartCount: 0,
        image: '',
        imageID: '',
        state: startedAt === undefined ? {} : { running: { startedAt } },
      },
    ],
  },
})

function createKeeper(former?: EventKeeper['former']) {
  const kept = new Map<string, Event>()
  const keeper: EventKeeper = {
    ...(former && { former }),
    keep: (name, event) => void (event === undefined ? kept.delete(name) : kept.set(name, event)),
    flush: () => undefined,
  }
  return { kept, keeper }
}
const storeOf = (restored?: ReturnType<Store['snapshot']>): Store =>
  createStore({ now: () => NOW, uid: () => 'uid', ...(restored && { restored }) })
const shown = ({ list }: EventRecorder): string[] =>
  list().map(({ reason, message, count }) => `${reason} ${count} ${message}`)

test('another life of the network has the events of the one before it, and tells only what is new', () => {
  const store = storeOf()
  store.create(podOf('web', '2026-01-01T00:00:01Z'))
  const first = createKeeper()
  const before = createEventRecorder(store, () => NOW, first.keeper)
  const scheduled = 'Scheduled 1 Successfully assigned default/web to node-1'
  expect(shown(before)).toEqual([scheduled, 'Started 1 Started container c'])

  const snapshot = store.snapshot()
  const again = storeOf({ ...snapshot, resourceVersion: 1_000_000 })
  const stored = again.snapshot().objects.Pod.get('default/web')
  again.update({ ...podOf('web', '2026-01-02T00:00:00Z'), metadata: { ...stored?.metadata, name: 'web' } })
  const second = createKeeper({ snapshot, events: [...first.kept.values()] })
  const after = createEventRecorder(again, () => NOW + 1000, second.keeper)
  expect(shown(after)).toEqual([scheduled, 'Started 2 Started container c'])
  expect(after.list()[0]).toEqual(before.list()[0])
  const versions = after.list().map(({ metadata }) => Number(metadata.resourceVersion))
  expect(versions[1]).toBeGreaterThan(1_000_000)
})

test('what was kept is no event: it is passed over', () => {
  const snapshot = storeOf().snapshot()
  const { keeper } = createKeeper({ snapshot, events: [null, {}, { metadata: {}, involvedObject: {} }] })
  expect(createEventRecorder(storeOf(), () => NOW, keeper).list()).toEqual([])
})

test('what is removed or forgotten is kept no longer', () => {
  const { kept, keeper } = createKeeper()
  const recorder = createEventRecorder(storeOf(), () => NOW, keeper)
  const object = { apiVersion: 'v1', kind: 'Pod', namespace: 'default', name: 'p', uid: 'u' }
  const record = (message: string): void =>
    recorder.record({ type: 'Normal', reason: 'Said', message, component: 'test', object })
  record('first')
  const [event] = recorder.list()
  if (event !== undefined) recorder.remove(event)
  expect(kept.size).toBe(0)
  for (let i = 0; i <= 1000; i++) record(`${i}`)
  expect([kept.size, [...kept.values()].some(({ message }) => message === '0')]).toEqual([1000, false])
})
