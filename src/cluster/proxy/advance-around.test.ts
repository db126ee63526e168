import { expect, test } from 'vitest'
import fc from 'fast-check'
import { OrderedMap } from '../../lib/ordered-map.ts'
import { advanceAround } from './advance-around.ts'

type Entries = Readonly<Record<string, number>>
const mapOf = (entries: Entries): OrderedMap<number> => OrderedMap.from(Object.entries(entries))

/** Takes no map with a negative value, and remembers what it holds. */
function kernel(): { write(next: OrderedMap<number>): void; held(): Entries; writes(): number } {
  let held = OrderedMap.empty<number>()
  let writes = 0
  return {
    write(next) {
      writes++
      const bad = [...next].find(([, value]) => value < 0)
      if (bad !== undefined) throw new Error(`refused ${bad[0]}`)
      held = next
    },
    held: () => Object.fromEntries(held),
    writes: () => writes,
  }
}

test.each<[string, Entries, Entries, Entries, readonly string[], number]>([
  ['all at once', {}, { a: 1, b: 2 }, { a: 1, b: 2 }, [], 1],
  ['one of many', { a: 1 }, { a: 1, b: 2, bad: -1, c: 3 }, { a: 1, b: 2, c: 3 }, ['bad'], 6],
  ['what was good stays', { a: 1 }, { a: -1, b: 2 }, { a: 1, b: 2 }, ['a'], 4],
  ['the only one', {}, { bad: -1 }, {}, ['bad'], 2],
  ['what goes, goes', { a: 1, b: 1 }, { bad: -1, b: 1 }, { b: 1 }, ['bad'], 4],
])('%s', (_, from, to, held, refused, writes) => {
  const { write, ...seen } = kernel()
  const result = advanceAround(mapOf(from), mapOf(to), write)
  expect([...result.refused.keys()]).toEqual(refused)
  expect(Object.fromEntries(result.reached)).toEqual(held)
  expect(seen.held()).toEqual(held)
  expect(seen.writes()).toBe(writes)
})

test('where nothing can be written, no entry is blamed', () => {
  const refuse = (): never => {
    throw new Error('no nf_tables')
  }
  expect(() => advanceAround(mapOf({}), mapOf({ a: 1 }), refuse)).toThrow('no nf_tables')
})

test('too many refusals are no fault of single entries', () => {
  const entries = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`bad-${i}`, -1]))
  expect(() => advanceAround(mapOf({}), mapOf(entries), kernel().write)).toThrow('refused bad-')
})

test('exactly the bad ones are left out, whatever the change', () => {
  const entries = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), fc.integer({ min: -1, max: 2 }))
  const good = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), fc.nat(2))
  fc.assert(
    fc.property(good, entries, (from, to) => {
      const { write, held } = kernel()
      const { refused } = advanceAround(mapOf(from), mapOf(to), write)
      const expected = Object.entries(to).flatMap(([key, value]) => {
        const kept = value >= 0 ? value : from[key]
        return kept === undefined ? [] : [[key, kept] as const]
      })
      expect([...refused.keys()].toSorted()).toEqual(
        Object.keys(to)
          .filter((key) => (to[key] ?? 0) < 0)
          .toSorted(),
      )
      expect(held()).toEqual(Object.fromEntries(expected))
    }),
  )
})
