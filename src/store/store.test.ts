import { describe, expect, test } from 'vitest'
import type { ConfigMap, Pod } from '../api/core.ts'
import { get } from '../model/snapshot.ts'
import { AlreadyExistsError, ConflictError, NotFoundError, createStore, type Store, type WatchEvent } from './store.ts'

const configMap = (name: string, data: Record<string, string> = {}): ConfigMap => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'default' },
  data,
})
const pod: Pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web', namespace: 'default' },
  spec: { containers: [{ name: 'web' }] },
}

function newStore(): Store {
  let uids = 0
  return createStore({ now: () => Date.UTC(2026, 0, 2, 3, 4, 5, 678), uid: () => `uid-${++uids}` })
}

describe('the store', () => {
  test('gives identity, time and version, and counts every write', () => {
    const store = newStore()
    const created = store.create(configMap('a'))
    expect(created.metadata).toMatchObject({
      uid: 'uid-1',
      creationTimestamp: '2026-01-02T03:04:05Z',
      resourceVersion: '1',
    })
    const updated = store.update({ ...created, data: { x: '1' } })
    expect(updated.metadata).toMatchObject({ uid: 'uid-1', resourceVersion: '2' })
    expect(store.snapshot().resourceVersion).toBe(2)
  })

  test('a snapshot never changes', () => {
    const store = newStore()
    store.create(configMap('a'))
    const before = store.snapshot()
    store.remove('ConfigMap', 'default/a')
    expect(get(before, 'ConfigMap', 'default/a')).toBeDefined()
    expect(get(store.snapshot(), 'ConfigMap', 'default/a')).toBeUndefined()
  })

  test('refuses a second object of the name, a lost update, an unknown name', () => {
    const store = newStore()
    const first = store.create(configMap('a'))
    store.update({ ...first, data: { x: '1' } })
    expect(() => store.create(configMap('a'))).toThrow(AlreadyExistsError)
    expect(() => store.update({ ...first, data: { x: '2' } })).toThrow(ConflictError)
    expect(() => store.update(configMap('b'))).toThrow(NotFoundError)
    expect(() => store.remove('ConfigMap', 'default/b')).toThrow(NotFoundError)
  })

  test('a watcher sees each write once, with what was before', () => {
    const store = newStore()
    const seen: WatchEvent[] = []
    const stop = store.watch((event) => seen.push(event))
    const a = store.create(configMap('a'))
    const b = store.update({ ...a, data: { x: '1' } })
    store.remove('ConfigMap', 'default/a')
    stop()
    store.create(configMap('c'))
    expect(seen.map((event) => [event.type, event.object.metadata.resourceVersion, event.previous])).toEqual([
      ['ADDED', '1', undefined],
      ['MODIFIED', '2', a],
      ['DELETED', '3', b],
    ])
  })

  test('generation counts changes of spec, not of status', () => {
    const store = newStore()
    const created = store.create(pod)
    const running = store.update({ ...created, status: { phase: 'Running' as const } })
    expect(running.metadata.generation).toBe(1)
    const moved = store.update({ ...running, spec: { ...running.spec, nodeName: 'node-1' } })
    expect(moved.metadata.generation).toBe(2)
  })
})
