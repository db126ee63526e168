import { expect, test } from 'vitest'
import { nftSet, table } from '../../test/kernel/nft-shapes.ts'
import { withRoom } from './room.ts'
import type { NftSet, Table } from './ruleset.ts'

const tableOf = (from: number, to: number, declaration: Partial<NftSet> = {}): Table => {
  const elements = Array.from({ length: to - from }, (_, i) => ({
    key: [`10.0.${(from + i) >> 8}.${(from + i) & 255}`],
  }))
  return table('ip', 't', [nftSet('s', { key: ['ipv4_addr'], ...declaration }, ...elements)], [])
}

const ring = (from: number, to: number, declaration: Partial<NftSet> = {}): Table => {
  const elements = Array.from({ length: to - from }, (_, i) => ({ key: [`10.0.0.${from + i}`], data: ['1', '2'] }))
  const key = ['ipv4_addr', 'integer'] as const
  return table('ip', 't', [nftSet('s', { key, data: ['mark'], block: 2, ...declaration }, ...elements)], [])
}

const sizeOf = ({ sets }: Table): number | undefined => sets.get('s')?.size

test('a large new set is given room for twice as many at least, in powers of two', () => {
  const given = [0, 4095, 4096, 4097, 50_000].map((count) => sizeOf(withRoom([], tableOf(0, count))))
  expect(given).toEqual([undefined, undefined, 8192, 16_384, 131_072])
})

test.each([
  ['an interval set', { interval: true }, undefined],
  ['a set that rules add to', { dynamic: true }, undefined],
  ['a set with a size', { size: 9000 }, 9000],
] as const)('%s stays as it is declared', (_, declaration, size) => {
  expect(sizeOf(withRoom([], tableOf(0, 5000, declaration)))).toBe(size)
})

test.each([
  ['that grows by itself goes on to', tableOf(0, 10), tableOf(0, 9000), undefined],
  ['keeps its size while what comes fits beside what goes', tableOf(0, 5000, { size: 8192 }), tableOf(808, 8192), 8192],
  ['keeps its size when little is left', tableOf(0, 8000, { size: 8192 }), tableOf(0, 1), 8192],
  ['gets a larger one when it is full', tableOf(0, 8000, { size: 8192 }), tableOf(0, 8193), 32_768],
  ['gets one for what comes beside what goes', tableOf(0, 5000, { size: 8192 }), tableOf(808, 8193), 32_768],
  ['of blocks counts what they stand for', ring(0, 100, { size: 200 }), ring(10, 110), 512],
  ['of blocks fits', ring(0, 90, { size: 200 }), ring(10, 100), 200],
] as const)('a set %s', (_, before, next, size) => {
  expect(sizeOf(withRoom([before], next))).toBe(size)
})
