import { expect, test } from 'vitest'
import { kernelIsAtLeast } from './kernel-version.ts'

test.each([
  ['6.5.0', true],
  ['6.18.44-fc-v669', true],
  ['7.0-rc1', true],
  ['6.4.16', false],
  ['6.1.0-28-amd64', false],
  ['5.15.0', false],
])('%s is 6.5 or later: %s', (release, is) => {
  expect(kernelIsAtLeast(6, 5, release)).toBe(is)
})
