import { expect, test } from 'vitest'
import { parseGoDuration } from './go-duration.ts'

test.each([
  ['0', 0],
  ['0s', 0],
  ['30s', 30],
  ['24h0m0s', 86_400],
  ['1h30m10s', 5410],
  ['1.5h', 5400],
  ['.5s', 0.5],
  ['250ms', 0.25],
  ['-1m', -60],
  ['+2m', 120],
  ['', undefined],
  ['30', undefined],
  ['-', undefined],
  ['1 h', undefined],
  ['1d', undefined],
  ['s', undefined],
  ['1h\n', undefined],
])('%j', (text, seconds) => {
  expect(parseGoDuration(text)).toBe(seconds)
})
