import { appendFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { createLogTimes } from './log-times.ts'

test('each part of a file has the time at which it was first seen', () => {
  const folder = mkdtempSync(join(tmpdir(), 'portolan-log-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, '0.log')
  let now = 1000
  const times = createLogTimes(() => now)
  times.follow(file)
  expect(existsSync(file)).toBe(true)
  expect([times.timeOf(file, 0), times.offsetAt(file, 0)]).toEqual([1000, 0])
  for (const [time, text] of [
    [2000, 'one\n'],
    [3000, 'two\nthr'],
    [4000, 'ee\n'],
  ] as const) {
    now = time
    appendFileSync(file, text)
    times.timeOf(file, 0)
  }
  now = 9000
  times.end(file)
  expect([0, 3, 4, 10, 11, 13].map((offset) => times.timeOf(file, offset))).toEqual([
    2000, 2000, 3000, 3000, 4000, 4000,
  ])
  expect([0, 2000, 2001, 3000, 4000, 5000].map((time) => times.offsetAt(file, time))).toEqual([0, 0, 4, 4, 11, 14])
  expect(times.timeOf(file, 14)).toBe(9000)
  times.forget(folder)
  expect(times.timeOf(file, 0)).toBe(9000)
})
