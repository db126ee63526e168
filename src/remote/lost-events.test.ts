import { expect, test } from 'vitest'
import { lostNames } from './lost-events.ts'

type Row = readonly [string, Record<string, string>, Record<string, string>, Record<string, string>, readonly string[]]

test.each<Row>([
  ['all is known', { a: '1' }, { a: '1' }, { a: '1' }, []],
  ['a change was not told', { a: '1' }, { a: '2' }, { a: '1' }, ['a']],
  ['a change came late', { a: '1' }, { a: '2' }, { a: '2' }, []],
  ['a change came after the list', { a: '1' }, { a: '1' }, { a: '2' }, []],
  ['and one more', { a: '1' }, { a: '2' }, { a: '3' }, []],
  ['a new one was not told', {}, { a: '1' }, {}, ['a']],
  ['a new one came late', {}, { a: '1' }, { a: '1' }, []],
  ['a new one came after the list', {}, {}, { a: '1' }, []],
  ['an end was not told', { a: '1' }, {}, { a: '1' }, ['a']],
  ['an end came late', { a: '1' }, {}, {}, []],
  ['an end came after the list', { a: '1' }, { a: '1' }, {}, []],
])('%s', (_, before, listed, after, lost) => {
  const [known, there, now] = [before, listed, after].map((versions) => new Map(Object.entries(versions)))
  expect(lostNames(known ?? new Map(), there ?? new Map(), now ?? new Map())).toEqual(lost)
})
