/** Large maps are made with room: what the kernel says of them, and what becomes of one that is full. */
import { describe, expect, test } from 'vitest'
import { createProxier } from '../../src/cluster/proxy/proxier.ts'
import type { Table } from '../../src/nft/ruleset.ts'
import { needsRoot } from './kubelet-spec.ts'
import { missing } from './nft-namespace.ts'
import { nftSet, table } from './nft-shapes.ts'
import { rulePlaces } from './rule-place.ts'

const reason = needsRoot() ?? missing()

const tableOf = (from: number, to: number): Table => {
  const elements = Array.from({ length: to - from }, (_, i) => ({
    key: [`10.0.${(from + i) >> 8}.${(from + i) & 255}`],
    data: ['10.1.0.1', `${(from + i) % 60_000}`],
  }))
  return table('ip', 't', [nftSet('m', { key: ['ipv4_addr'], data: ['ipv4_addr', 'inet_service'] }, ...elements)], [])
}

describe.skipIf(reason !== undefined)(`room${reason === undefined ? '' : ` (skipped: ${reason})`}`, () => {
  const place = rulePlaces()
  /** Of the map, its size and how many elements it has. */
  const state = (listing: string): readonly [string | undefined, number] => [
    /\bsize (\d+)/.exec(listing)?.[1],
    listing.match(/10\.0\.\d+\.\d+ :/g)?.length ?? 0,
  ]

  test('a map grows within its room, is made anew when it is full, and is known again after a restart', () => {
    const { namespace, nft, generation } = place()
    const seen = (): ReturnType<typeof state> => state(nft('list map ip t m'))
    const proxier = createProxier(namespace)
    const sync = (next: Table): ReturnType<typeof state> => {
      proxier.sync(next)
      return seen()
    }
    expect(sync(tableOf(0, 5000))).toEqual(['8192', 5000])
    expect(sync(tableOf(0, 8192))).toEqual(['8192', 8192])
    expect(sync(tableOf(0, 100))).toEqual(['8192', 100])
    expect(sync(tableOf(0, 8193))).toEqual(['16384', 8193])
    const before = generation()
    expect(proxier.mend()).toBe(false)
    const next = createProxier(namespace)
    next.sync(tableOf(0, 8193))
    expect(generation()).toBe(before)
    next.sync(tableOf(0, 8000))
    expect(seen()).toEqual(['16384', 8000])
  })

  test('a small map, and one of a transaction that is small, grow by themselves', () => {
    const { namespace, nft } = place()
    const proxier = createProxier(namespace)
    proxier.sync(tableOf(0, 10))
    proxier.sync(tableOf(0, 5000))
    expect(state(nft('list map ip t m'))).toEqual([undefined, 5000])
    const other = place()
    createProxier(other.namespace, undefined, 100_000).sync(tableOf(0, 5000))
    expect(state(other.nft('list map ip t m'))).toEqual([undefined, 5000])
  })
})
