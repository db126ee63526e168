import { existsSync, readFileSync } from 'node:fs'
import { getPriority } from 'node:os'
import { expect, test } from 'vitest'
import { kernelIsAtLeast } from './kernel-version.ts'
import { askForShortSlice } from './short-slice.ts'

const FILE = '/proc/thread-self/sched'
const reason =
  (kernelIsAtLeast(6, 12) ? undefined : 'kernels before 6.12 have one slice for all') ??
  (existsSync(FILE) ? undefined : `no ${FILE}`)

test.skipIf(reason !== undefined)(`the kernel grants 0.1 ms, and keeps the priority${reason ?? ''}`, () => {
  const before = getPriority()
  expect(askForShortSlice()).toBe(true)
  expect(readFileSync(FILE, 'utf8')).toMatch(/^se\.slice +: +100000$/m)
  expect(getPriority()).toBe(before)
})
