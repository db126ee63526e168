import { expect, test } from 'vitest'
import { isEqual } from './equal.ts'

const ROWS: readonly [string, unknown, unknown, boolean][] = [
  ['order of keys', { a: 1, b: [2] }, { b: [2], a: 1 }, true],
  ['undefined is absent', { a: 1, b: undefined }, { a: 1 }, true],
  ['undefined is absent, on the right', { a: 1 }, { a: 1, b: undefined }, true],
  ['one key more', { a: 1 }, { a: 1, b: 2 }, false],
  ['order of items', [1, 2], [2, 1], false],
  ['list and record', [], {}, false],
  ['null and record', null, {}, false],
  ['number and text', 1, '1', false],
  ['nested', { a: { b: { c: 1 } } }, { a: { b: { c: 2 } } }, false],
]

test.each(ROWS)('%s', (_name, a, b, wanted) => {
  expect(isEqual(a, b)).toBe(wanted)
})
