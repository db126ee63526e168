/** Large maps are made with room: what the kernel says of them, and what becomes of one that is full (since 6.5). */
import { describe, expect, test } from 'vitest'
import { createProxier } from '../../src/cluster/proxy/proxier.ts'
import { kernelIsAtLeast } from '../../src/host/kernel-version.ts'
import type { Table } from '../../src/nft/ruleset.ts'
import { needsRoot } from './kubelet-spec.ts'
import { missing } from './nft-namespace.ts'
import { nftSet, table } from './nft-shapes.ts'
import { rulePlaces } from './rule-place.ts'

const reason =
  needsRoot() ?? missing() ?? (kernelIsAtLeast(6, 5) ? undefined : 'kernels before 6.5 cannot change the size of a set')

const tableOf = (from: number, to: number): Table => {
  const elements = Array.from({ length: to - from }, (_, i) => ({
    key: [`10.0.${(from + i) >> 8}.${(from + i) & 255}`],
    data: ['10.1.0.1', `${(from + i) % 60_000}`],
  }))
  return table(
    'ip',
    't',
    [nftSet('m', { key: ['ipv4_addr'], data: ['ipv4_addr', 'inet_service'], removal: 'after' }, ...elements)],
    [],
  )
}

describe.skipIf(reason !== undefined)(`room${reason === undefined ? '' : ` (skipped: ${reason})`}`, () => {
  const place = rulePlaces('-a')
  /** Of the map, its size and how many elements it has. */
  const state = (listing: string): readonly [string | undefined, number] => [
    /\bsize (\d+)/.exec(listing)?.[1],
    listing.match(/10\.0\.\d+\.\d+ :/g)?.length ?? 0,
  ]

  test('a map grows within its room, gets more when it is full, and is known again after a restart', () => {
    const { namespace, nft, generation } = place()
    const seen = (): ReturnType<typeof state> => state(nft('list map ip t m'))
    const handle = (): string | undefined => /map m \{ # handle (\d+)/.exec(nft('list map ip t m'))?.[1]
    const proxier = createProxier(namespace)
    const sync = (next: Table): ReturnType<typeof state> => {
      proxier.sync(next)
      return seen()
    }
    expect(sync(tableOf(0, 4096))).toEqual(['8192', 4096])
    const first = handle()
    expect(first).toMatch(/\d/)
    expect(sync(tableOf(0, 8192))).toEqual(['8192', 8192])
    expect(sync(tableOf(0, 100))).toEqual(['8192', 100])
    expect(sync(tableOf(0, 8193))).toEqual(['32768', 8193])
    expect(handle()).toBe(first)
    const before = generation()
    expect(proxier.mend()).toBe(false)
    const next = createProxier(namespace)
    next.sync(tableOf(0, 8193))
    expect(generation()).toBe(before)
    next.sync(tableOf(0, 8000))
    expect(seen()).toEqual(['32768', 8000])
  })

  test('one that somebody else has filled gets more', () => {
    const { namespace, nft } = place()
    const proxier = createProxier(namespace)
    proxier.sync(tableOf(0, 4096))
    const foreign = Array.from({ length: 4096 }, (_, i) => `10.9.${i >> 8}.${i & 255} : 10.1.0.1 . 1`)
    nft(`add element ip t m { ${foreign.join(', ')} }`)
    const wanted = tableOf(1, 4097)
    expect(() => proxier.sync(wanted)).toThrow('ENFILE')
    proxier.sync(wanted)
    expect(state(nft('list map ip t m'))).toEqual(['32768', 4096])
    expect(nft('list map ip t m')).not.toContain('10.9.')
  })

  test('a small map grows by itself', () => {
    const { namespace, nft } = place()
    const proxier = createProxier(namespace)
    proxier.sync(tableOf(0, 10))
    proxier.sync(tableOf(0, 5000))
    expect(state(nft('list map ip t m'))).toEqual([undefined, 5000])
  })
})
