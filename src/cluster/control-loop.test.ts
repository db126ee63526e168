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
