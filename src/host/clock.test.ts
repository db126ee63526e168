import { expect, test } from 'vitest'
import { systemClock } from './clock.ts'

test('nobody is called before the time, by the same clock', async () => {
  for (let i = 0; i < 200; i++) {
    const at = systemClock.now() + 2
    await new Promise<void>((resolve) => systemClock.after(2, resolve))
    expect(systemClock.now()).toBeGreaterThanOrEqual(at)
  }
})

test('what is taken back is not called', async () => {
  let called = false
  systemClock.after(1, () => (called = true))()
  await new Promise<void>((resolve) => systemClock.after(3, resolve))
  expect(called).toBe(false)
})
