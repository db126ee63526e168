import { expect, test } from 'vitest'
import type { Controller } from '../controllers/controller.ts'
import type { Clock } from '../lib/clock.ts'
import { DEFAULT_CLUSTER_CONFIG, parseClusterConfig, type ClusterConfig } from '../model/cluster-config.ts'
import { createStore } from '../store/store.ts'
import { startControlLoop } from './control-loop.ts'

const config = parseClusterConfig(DEFAULT_CLUSTER_CONFIG) as ClusterConfig

/** It goes on by a millisecond whenever somebody looks, and its timers are at once. */
function restlessClock(): Clock {
  let now = 0
  return {
    now: () => ++now,
    after(_milliseconds, callback) {
      const timer = setImmediate(callback)
      return () => clearImmediate(timer)
    },
  }
}

test('the moment that a controller waits for is not missed between its two looks at the clock', async () => {
  for (let moment = 1; moment < 20; moment++) {
    const store = createStore({ now: () => 0, uid: () => 'uid' })
    let isPast = false
    const controller: Controller = {
      name: 'waits',
      watches: ['Namespace'],
      keys: () => ['one'],
      reconcile(_snapshot, _key, _config, now) {
        isPast ||= now >= moment
        return []
      },
      // As controllers do: what is past was seen to.
      wakeAt: (_snapshot, _key, now) => (moment > now ? moment : undefined),
    }
    const loop = startControlLoop({
      store,
      controllers: [controller],
      consumers: [],
      config,
      clock: restlessClock(),
      apply: () => undefined,
      onError: (_where, error) => {
        throw error
      },
    })
    store.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } })
    await expect.poll(() => isPast, { interval: 1, timeout: 1000 }).toBe(true)
    loop.stop()
  }
})

test('what was refused is tried again, later and later, and told once for each reason', async () => {
  const store = createStore({ now: () => 0, uid: () => 'uid' })
  const waits: number[] = []
  const [told, refused]: [string[], string[]] = [[], []]
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'default', name: 'a' } } as const
  let left = 9
  const clock: Clock = {
    now: () => 0,
    after(milliseconds, callback) {
      waits.push(milliseconds)
      const timer = setImmediate(callback)
      return () => clearImmediate(timer)
    },
  }
  const loop = startControlLoop({
    store,
    controllers: [
      {
        name: 'makes',
        watches: ['Namespace'],
        keys: () => ['one'],
        reconcile: () => (left < 0 ? [] : [{ verb: 'create', object }]),
      },
    ],
    consumers: [],
    config,
    clock,
    apply: () => {
      if (left-- > 0) throw new Error(left > 4 ? 'no class' : 'no quota')
    },
    onError: (where, error) => void told.push(`${where} ${String(error)}`),
    onRefused: (change, why) => void refused.push(`${change.verb} ${why}`),
  })
  store.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } })
  await expect.poll(() => left, { interval: 1 }).toBe(-1)
  loop.stop()
  expect(waits.map((wait) => wait / 1000)).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60])
  const where = 'makes one: create ConfigMap default/a Error:'
  expect(told).toEqual([`${where} no class`, `${where} no quota`])
  expect([refused.length, refused[0]]).toEqual([9, 'create no class'])
})
