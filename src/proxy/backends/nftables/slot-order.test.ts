import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { consistentSlots, leastConnectionSlots, slotCount, slotOrder } from './slot-order.ts'

const names = (count: number, salt = 0): readonly string[] =>
  Array.from({ length: count }, (_, i) => `10.${salt}.${i >> 8}.${i & 255}:8080`)

const connected = (count: number): readonly string[] => names(count).map((name) => `6/${name}`)

const counted = (slots: readonly number[], count: number): readonly number[] => {
  const all = Array.from({ length: count }, () => 0)
  for (const slot of slots) all[slot] = (all[slot] ?? 0) + 1
  return all
}

describe('consistent hashing', () => {
  test.each([1, 2, 3, 5, 50, 256, 257, 2000])('%d endpoints get as many slots each, to within one', (count) => {
    const shares = counted(consistentSlots(names(count)), count)
    expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1)
  })

  test('where one endpoint goes or comes, few clients of the others move', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 50 }), fc.nat(), fc.nat(255), (count, which, salt) => {
        const all = names(count, salt)
        const gone = all[which % count]
        const rest = all.filter((name) => name !== gone)
        const [before, after] = [consistentSlots(all), consistentSlots(rest)]
        const moved = before.filter((slot, i) => all[slot] !== gone && all[slot] !== rest[after[i] ?? 0]).length
        expect(moved / before.length).toBeLessThan(0.1)
      }),
      { numRuns: 300 },
    )
  })

  test('the order in which the endpoints that stay are given does not depend on a port of one of them', () => {
    const [before, after] = [
      ['a:1', 'b:1', 'c:1'],
      ['a:1', 'b:2', 'c:1'],
    ].map(consistentSlots)
    const kept = before?.filter((slot, i) => slot === 1 || slot === after?.[i]).length ?? 0
    expect(kept / slotCount({ algorithm: 'source-hash' }, 3)).toBeGreaterThan(0.8)
  })
})

describe('least connections', () => {
  const load = (arriving: number, ...open: readonly number[]) => ({
    arriving,
    open: new Map(open.map((count, i) => [`6/10.0.0.${i}:8080`, count])),
  })
  const first = (slots: readonly number[], count: number): string => slots.slice(0, count).join(' ')

  test.each([
    ['nobody counts: each in turn', undefined, '0 1 2 0 1 2'],
    ['none has any: each in turn', load(0, 0, 0, 0), '0 1 2 0 1 2'],
    ['one has the fewest', load(1, 3, 1, 2), '1 1 1 1 1 1'],
    ['two have the fewest', load(0, 5, 1, 1), '1 2 1 2 1 2'],
    ['many are expected: they level it', load(5, 3, 1, 2), '1 1 2 0 1 1'],
    ['more than are missing', load(6, 2, 0, 0), '1 2 1 2 0 1'],
    ['an endpoint that was never seen has none', load(1, 1, 1), '2 2 2 2 2 2'],
  ])('%s', (_, load, expected) => {
    expect(first(leastConnectionSlots(connected(3), load), 6)).toBe(expected)
  })

  test('connections that go by it one after the other differ by one at most', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(9), { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 1, max: 9 }),
        (start, arriving) => {
          const open = [...start]
          for (let i = 0; i < 400; i += arriving) {
            const slots = leastConnectionSlots(connected(open.length), load(arriving, ...open))
            for (const slot of slots.slice(0, arriving)) open[slot] = (open[slot] ?? 0) + 1
          }
          expect(Math.max(...open) - Math.min(...open)).toBeLessThanOrEqual(1)
        },
      ),
    )
  })
})

test.each([
  ['round-robin', 3, 3],
  ['random', 3, 3],
  [undefined, 300, 300],
  ['source-hash', 3, 1024],
  ['source-hash', 257, 16_384],
  ['least-connections', 3, 32],
  ['least-connections', 33, 1024],
] as const)('%s of %d endpoints: %d slots', (algorithm, count, slots) => {
  const endpoints = Array.from({ length: count }, (_, i) => ({ ip: `10.0.0.${i}`, port: 80 }))
  expect(slotCount({ algorithm }, count)).toBe(slots)
  expect(
    slotOrder({ algorithm, name: { namespace: '', name: '', port: '', protocol: 'TCP' } }, endpoints),
  ).toHaveLength(slots)
})
