import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { OrderedMap } from './ordered-map.ts'

const pairs = fc.array(fc.tuple(fc.string({ maxLength: 3 }), fc.integer({ min: 0, max: 3 })))

describe('OrderedMap', () => {
  test('is a Map in order of keys, whatever was set and deleted', () => {
    fc.assert(
      fc.property(pairs, fc.array(fc.string({ maxLength: 3 })), (sets, deletes) => {
        const plain = new Map(sets)
        let map = OrderedMap.from(sets)
        for (const key of deletes) {
          plain.delete(key)
          map = map.delete(key)
        }
        expect([...map]).toEqual([...plain].sort(([a], [b]) => (a < b ? -1 : 1)))
        expect(map.size).toBe(plain.size)
      }),
    )
  })

  test('changes(a, b) lists every difference once, in order', () => {
    fc.assert(
      fc.property(pairs, pairs, (before, after) => {
        const [a, b] = [new Map(before), new Map(after)]
        const wanted = [...new Set([...a.keys(), ...b.keys()])]
          .filter((key) => a.get(key) !== b.get(key))
          .sort()
          .map((key) => ({ key, before: a.get(key), after: b.get(key) }))
        expect(OrderedMap.from(before).changes(OrderedMap.from(after))).toEqual(wanted)
      }),
    )
  })

  test('withPrefix gives the keys that start with it', () => {
    const map = OrderedMap.from(['a/x', 'b/x', 'b/y', 'c/x'].map((key) => [key, key] as const))
    expect([...map.withPrefix('b/')].map(([key]) => key)).toEqual(['b/x', 'b/y'])
  })

  test('one change among 10,000 entries is found without visiting them', () => {
    const map = OrderedMap.from(Array.from({ length: 10_000 }, (_, i) => [`key-${i}`, i] as const))
    expect(map.changes(map.set('key-77', -1))).toEqual([{ key: 'key-77', before: 77, after: -1 }])
  })
})
