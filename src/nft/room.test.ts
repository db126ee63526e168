import { expect, test } from 'vitest'
import { nftSet, table } from '../../test/kernel/nft-shapes.ts'
import { withRoom } from './room.ts'
import type { NftSet, Table } from './ruleset.ts'

const MUCH = 64 << 20

const tableOf = (from: number, to: number, declaration: Partial<NftSet> = {}): Table => {
  const elements = Array.from({ length: to - from }, (_, i) => ({
    key: [`10.0.${(from + i) >> 8}.${(from + i) & 255}`],
  }))
  return table('ip', 't', [nftSet('s', { key: ['ipv4_addr'], ...declaration }, ...elements)], [])
}

const sizeOf = ({ sets }: Table): number | undefined => sets.get('s')?.size

test('a large new set is given room for a quarter more at least, in powers of two', () => {
  const given = [0, 4095, 4096, 6553, 6554, 50_000].map((count) => sizeOf(withRoom([], tableOf(0, count), MUCH)))
  expect(given).toEqual([undefined, undefined, 8192, 8192, 16_384, 65_536])
})

test('none, where it could not be made anew in one transaction', () => {
  expect(sizeOf(withRoom([], tableOf(0, 5000), 200_000))).toBeUndefined()
})

test.each([
  ['an interval set', { interval: true }, undefined],
  ['a set that rules add to', { dynamic: true }, undefined],
  ['a set with a size', { size: 9000 }, 9000],
] as const)('%s stays as it is declared', (_, declaration, size) => {
  expect(sizeOf(withRoom([], tableOf(0, 5000, declaration), MUCH))).toBe(size)
})

test.each([
  ['that grows by itself goes on to', tableOf(0, 10), tableOf(0, 9000), undefined],
  [
    'keeps its size while what comes fits beside what goes',
    tableOf(0, 5000, { size: 8192 }),
    tableOf(4000, 7000),
    8192,
  ],
  ['keeps its size when little is left', tableOf(0, 8000, { size: 8192 }), tableOf(0, 1), 8192],
  ['that is full is made anew', tableOf(0, 8000, { size: 8192 }), tableOf(0, 8193), 16_384],
  [
    'is made anew where what comes does not fit beside what goes',
    tableOf(0, 5000, { size: 8192 }),
    tableOf(4000, 9000),
    8192,
  ],
] as const)('a set %s', (_, before, next, size) => {
  expect(sizeOf(withRoom([before], next, MUCH))).toBe(size)
})
