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
        expect(map.toValues()).toEqual([...map.values()])
      }),
    )
  })

  test('made at once or key by key it is the same', () => {
    fc.assert(
      fc.property(pairs, (sets) => {
        const atOnce = OrderedMap.from(sets)
        const oneByOne = sets.reduce((map, [key, value]) => map.set(key, value), OrderedMap.empty<number>())
        expect(atOnce.changes(oneByOne)).toEqual([])
        for (const [key] of sets) {
          const [a, b] = [atOnce.delete(key), oneByOne.delete(key)]
          expect([[...a], a.size]).toEqual([[...b], b.size])
          expect(a.set(key, 9).changes(b.set(key, 9))).toEqual([])
        }
      }),
    )
  })

  test('made later it is the same', () => {
    const key = (value: string): string => value
    fc.assert(
      fc.property(fc.uniqueArray(fc.string({ maxLength: 3 })), fc.string({ maxLength: 3 }), (values, other) => {
        const [now, later] = [OrderedMap.by(values, key), OrderedMap.later(values, key)]
        const entries = OrderedMap.fromLater(new Map(values.map((value) => [value, value])))
        expect([...entries.valuesInAnyOrder(), ...entries]).toEqual([...values, ...now])
        expect(later.isEmpty).toBe(values.length === 0)
        expect([...later.valuesInAnyOrder()].sort()).toEqual([...values].sort())
        expect(OrderedMap.later(values, key).set(other, other).changes(now.set(other, other))).toEqual([])
        expect(OrderedMap.later(values, key).get(other)).toBe(now.get(other))
        later.settle()
        expect(later.valuesInAnyOrder()).toEqual(now.toValues())
        expect([later.size, later.isEmpty, later.changes(now)]).toEqual([now.size, values.length === 0, []])
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
