import { expect, test } from 'vitest'
import { backOffRemaining, nextBackOff, type BackOff } from './back-off.ts'

test('a container that ends at once is started again after 0, 10, 20, 40, 80, 160, 300, 300 s', () => {
  const waits: number[] = []
  let backOff: BackOff | undefined
  let now = 0
  for (let run = 0; run < 8; run++) {
    const finishedAt = now
    const wait = backOffRemaining(backOff, finishedAt, now)
    waits.push(wait / 1000)
    now += wait
    backOff = nextBackOff(backOff, finishedAt, now)
  }
  expect(waits).toEqual([0, 10, 20, 40, 80, 160, 300, 300])
})

test.each([
  ['in the middle', 100_000, 104_000, 6_000],
  ['over', 100_000, 110_000, 0],
  ['at exactly ten minutes of running', 600_000, 600_000, 10_000],
  ['forgotten after ten minutes of running', 600_001, 600_001, 0],
])('%s', (_, finishedAt, now, remaining) => {
  const backOff = { delay: 10_000, restartedAt: 0 }
  expect(backOffRemaining(backOff, finishedAt, now)).toBe(remaining)
})

test('after ten minutes of running the delay begins anew', () => {
  expect(nextBackOff({ delay: 300_000, restartedAt: 0 }, 600_001, 600_001).delay).toBe(10_000)
})
