import { expect, test } from 'vitest'
import type { Controller } from '../controllers/controller.ts'
import type { Clock } from '../lib/clock.ts'
import { createAlarms } from './alarms.ts'

/** A clock that moves when told to. */
function manualClock(): Clock & { readonly forward: (milliseconds: number) => void; readonly pending: () => number } {
  let now = 1000
  let timers: { readonly at: number; readonly callback: () => void }[] = []
  return {
    now: () => now,
    after(milliseconds, callback) {
      const timer = { at: now + milliseconds, callback }
      timers.push(timer)
      return () => void (timers = timers.filter((other) => other !== timer))
    },
    forward(milliseconds) {
      now += milliseconds
      const due = timers.filter(({ at }) => at <= now)
      timers = timers.filter(({ at }) => at > now)
      for (const { callback } of due) callback()
    },
    pending: () => timers.length,
  }
}

const controller: Controller = { name: 'jobs', watches: [], keys: () => [], reconcile: () => [] }
const DAY = 24 * 60 * 60 * 1000

test('a key is due once its time has come, and only once', () => {
  const clock = manualClock()
  let calls = 0
  const alarms = createAlarms(clock, () => calls++)
  alarms.set(controller, 'a', 1500)
  alarms.set(controller, 'b', 3000)
  clock.forward(499)
  expect([alarms.areDue(), calls]).toEqual([false, 0])
  clock.forward(1)
  expect([alarms.areDue(), calls]).toEqual([true, 1])
  expect([...alarms.takeDue()]).toEqual([[controller, ['a']]])
  expect(alarms.areDue()).toBe(false)
})

test('a later word replaces an earlier one; none takes it back', () => {
  const clock = manualClock()
  const alarms = createAlarms(clock, () => undefined)
  alarms.set(controller, 'a', 1500)
  alarms.set(controller, 'a', 5000)
  clock.forward(1000)
  expect(alarms.areDue()).toBe(false)
  alarms.set(controller, 'a', undefined)
  clock.forward(DAY)
  expect([alarms.areDue(), clock.pending()]).toEqual([false, 0])
})

test('a time that is past is due at once, one that is far away is looked at each day', () => {
  const clock = manualClock()
  const alarms = createAlarms(clock, () => undefined)
  alarms.set(controller, 'past', 0)
  alarms.set(controller, 'far', 100 * DAY)
  clock.forward(0)
  expect([...alarms.takeDue().values()]).toEqual([['past']])
  clock.forward(DAY)
  expect([...alarms.takeDue().values()]).toEqual([['far']])
})

test('cancelled: no timer is left', () => {
  const clock = manualClock()
  const alarms = createAlarms(clock, () => undefined)
  alarms.set(controller, 'a', 1500)
  alarms.cancel()
  expect(clock.pending()).toBe(0)
})
