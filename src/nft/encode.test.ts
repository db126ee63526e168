import { describe, expect, test } from 'vitest'
import fc from 'fast-check'
import { anyTable } from '../../test/kernel/nft-arbitrary.ts'
import { nftSet, shapes, table } from '../../test/kernel/nft-shapes.ts'
import { singleElements, withoutBlock } from './blocks.ts'
import { failures, parseReplies } from './decode.ts'
import { diffPhases, diffTables } from './diff.ts'
import { encodeBatches, encodeChange, encodeTransaction, standInNames, type Transaction } from './encode.ts'
import { evaluate } from './evaluate.ts'
import { applyOperations } from './fake.ts'
import type { Operation } from './operation.ts'
import type { Packet } from './packet.ts'
import { type DataType, type Element, elementKey, type NftSet, type Table } from './ruleset.ts'

interface Header {
  readonly type: number
  readonly acknowledge: boolean
  readonly sequence: number
  readonly length: number
}

function headers({ bytes }: Transaction): readonly Header[] {
  const view = new DataView(bytes.buffer)
  const found: Header[] = []
  for (let at = 0; at < bytes.length; at += found.at(-1)?.length ?? bytes.length) {
    found.push({
      length: view.getUint32(at, true),
      type: view.getUint16(at + 4, true),
      acknowledge: (view.getUint16(at + 6, true) & 4) !== 0,
      sequence: view.getUint32(at + 8, true),
    })
  }
  return found
}

const name = { family: 'ip', name: 't' } as const
const hex = (bytes: Uint8Array): string => [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')

/** The bytes of the elements in a message, without what names the table and the set. */
function elementBytes(set: NftSet, kind: 'add elements' | 'delete elements', elements: readonly Element[]): string {
  const { bytes } = encodeTransaction([{ kind, table: name, set, elements }], 1)
  return hex(bytes.subarray(20 + 20 + 8 + 8 + 4, -20))
}

describe('encodeTransaction', () => {
  const operations = diffTables([], shapes)

  test('is a begin, operations and an end, numbered, with one acknowledgement asked for', () => {
    const transaction = encodeTransaction(operations, 500)
    const found = headers(transaction)
    expect(found.map(({ sequence }) => sequence)).toEqual(found.map((_, i) => 500 + i))
    expect(found.filter(({ acknowledge }) => acknowledge).map(({ sequence }) => sequence)).toEqual([
      transaction.lastSequence,
    ])
    expect([found[0]?.type, found.at(-1)?.type]).toEqual([16, 17])
    expect(transaction.operations).toEqual(operations.map((_, i) => i))
    expect(headers(encodeTransaction(operations, 1, 'all')).filter(({ acknowledge }) => acknowledge)).toHaveLength(
      operations.length,
    )
  })

  test('cuts long lists of elements, which still are one operation', () => {
    const elements = Array.from({ length: 5000 }, (_, i) => ({ key: [`10.0.${i >> 8}.${i & 255}`] }))
    const set = nftSet('s', { key: ['ipv4_addr'] }, ...elements)
    const transaction = encodeTransaction([{ kind: 'add elements', table: name, set, elements }], 1)
    // 16 bytes an element, 4 of the list.
    expect(
      headers(transaction)
        .slice(1, -1)
        .map(({ length }) => Math.floor((length - 40) / 16)),
    ).toEqual([4095, 905])
    expect(transaction.operations).toEqual([0, 0])
  })

  test.each([
    ['IPv4', ['10.0.0.1', '10.0.0.2'], 2, 40],
    ['IPv6', ['fd00::1', 'fd00::2'], 3, 40],
    ['with more fields than a message holds', ['10.0.0.1', '10.0.0.2'], 600, 5],
  ] as const)('blocks are written as their elements would be: %s', (_, [one, two], block, count) => {
    const address = one.includes(':') ? 'ipv6_addr' : 'ipv4_addr'
    const elements = Array.from({ length: count }, (_, i) => ({
      key: [i % 3 === 0 ? one : two, i % 2 === 0 ? 'tcp' : 'udp', `${80 + i}`],
      data: Array.from({ length: block }, (_, slot) => [slot % 2 === i % 2 ? one : two, `${slot + i}`]).flat(),
    }))
    const key = [address, 'inet_proto', 'inet_service', 'integer'] as const
    const set = nftSet('s', { key, data: [address, 'inet_service'], block }, ...elements)
    const singles = withoutBlock(set)
    for (const kind of ['add elements', 'delete elements'] as const) {
      const written = encodeTransaction([{ kind, table: name, set, elements }], 1)
      const wanted = encodeTransaction(
        [{ kind, table: name, set: singles, elements: singleElements(set, elements) }],
        1,
      )
      expect(hex(written.bytes)).toBe(hex(wanted.bytes))
    }
  })

  test.each<readonly [string, readonly DataType[], Partial<NftSet>, Element, string]>([
    ['an address', ['ipv4_addr'], {}, { key: ['10.1.2.3'] }, '10000180 0c000180 08000100 0a010203'],
    ['a mark in host order', ['mark'], {}, { key: ['258'] }, '10000180 0c000180 08000100 02010000'],
    [
      'padded fields',
      ['inet_proto', 'inet_service'],
      {},
      { key: ['tcp', '80'] },
      '14000180 10000180 0c000100 06000000 00500000',
    ],
    [
      'an interface',
      ['ifname'],
      {},
      { key: ['eth0'] },
      '1c000180 18000180 14000100 65746830 00000000 00000000 00000000',
    ],
    [
      'data',
      ['inet_proto'],
      { data: ['mark'] },
      { key: ['udp'], data: ['1'] },
      '1c000180 0c000180 05000100 11000000 0c000280 08000100 01000000',
    ],
    [
      'a verdict',
      ['inet_proto'],
      { data: 'verdict' },
      { key: ['udp'], data: { kind: 'goto', chain: 'abc' } },
      '28000180 0c000180 05000100 11000000 18000280 14000280 08000100 fffffffc 08000200 61626300',
    ],
    [
      'a comment',
      ['inet_proto'],
      {},
      { key: ['udp'], comment: 'é' },
      '1c000180 0c000180 05000100 11000000 09000600 0003c3a9 00000000',
    ],
    [
      'an interval and its end',
      ['ipv4_addr'],
      { interval: true },
      { key: ['10.0.0.0/8'] },
      '10000180 0c000180 08000100 0a000000 18000180 08000300 00000001 0c000180 08000100 0b000000',
    ],
    [
      'an interval to the end',
      ['ipv4_addr'],
      { interval: true },
      { key: ['128.0.0.0/1'] },
      '1c000180 0c000180 08000100 80000000 0a000600 01040100 00000000',
    ],
    [
      'a range of a concatenation',
      ['ipv4_addr', 'inet_service'],
      { interval: true },
      { key: ['10.0.0.0/8', '80'] },
      '24000180 10000180 0c000100 0a000000 00500000 10000a80 0c000100 0affffff 00500000',
    ],
  ])('encodes %s', (_, key, rest, element, wanted) => {
    const set = nftSet('s', { key, ...rest })
    expect(elementBytes(set, 'add elements', [element])).toBe(wanted.replaceAll(' ', ''))
  })

  test('deletes by key alone', () => {
    const set = nftSet('s', { key: ['inet_proto'], data: ['mark'] })
    const element = { key: ['udp'], data: ['1'], comment: 'c' }
    expect(elementBytes(set, 'delete elements', [element])).toBe('100001800c0001800500010011000000')
  })

  test.each<readonly [DataType, string]>([
    ['ipv4_addr', '10.0.0'],
    ['ipv4_addr', '10.0.0.256'],
    ['ipv4_addr', '10..0.1'],
    ['ipv4_addr', '10.0.0.1.'],
    ['ipv6_addr', '10.0.0.1'],
    ['inet_service', '65536'],
    ['inet_service', ''],
    ['inet_proto', 'tpc'],
    ['mark', '-1'],
    ['integer', '4294967296'],
    ['ifname', 'an-interface-too'],
  ])('refuses as %s: %j', (type, text) => {
    const set = nftSet('s', { key: [type] })
    expect(() => elementBytes(set, 'add elements', [{ key: [text] }])).toThrow(RangeError)
  })
})

describe('encodeBatches', () => {
  const phases = diffPhases([], shapes)
  const operations = [...phases.prepare, ...phases.change]
  const hooked = (operation: Operation | undefined): boolean =>
    operation?.kind === 'add chain' && operation.chain.hook !== undefined

  test.each([60_000, 80_000])('keeps each within %d bytes, and all in order', (maxBytes) => {
    const batches = encodeBatches(phases, 10, maxBytes) ?? []
    expect(batches.every(({ bytes }) => bytes.length <= maxBytes)).toBe(true)
    expect(batches.flatMap((batch) => batch.operations)).toEqual(operations.map((_, i) => i))
    expect(batches.flatMap((batch) => batch.parts)).toEqual(operations)
    const sequences = batches.flatMap((batch) => headers(batch).map(({ sequence }) => sequence))
    expect(sequences).toEqual(sequences.map((_, i) => 10 + i))
  })

  test('is one for each phase, and none of nothing', () => {
    const back = diffPhases(shapes, [])
    expect((encodeBatches(phases, 1, 1 << 20) ?? []).map(({ parts }) => parts)).toEqual([phases.prepare, phases.change])
    expect((encodeBatches(back, 1, 1 << 20) ?? []).map(({ parts }) => parts)).toEqual([back.change, back.clean])
    expect(encodeBatches(diffPhases(shapes, shapes), 1, 1024)).toEqual([])
  })

  test('is undefined where the change is too large for one', () => {
    expect(encodeBatches(phases, 1, 1024)).toBe(undefined)
  })

  test('adds what lets packets in with the last', () => {
    const elements = Array.from({ length: 2000 }, (_, i) => ({ key: [`10.0.${i >> 8}.${i & 255}`] }))
    const hook = { type: 'filter', hook: 'input', priority: 0 } as const
    const chain = { name: 'c', hook, rules: [{ statements: [{ kind: 'counter' } as const] }] }
    const all = diffPhases([], [table('ip', 't', [nftSet('s', { key: ['ipv4_addr'] }, ...elements)], [chain])])
    const batches = encodeBatches(all, 1, 8192) ?? []
    expect(batches.length).toBeGreaterThan(3)
    expect(batches.map((batch) => batch.parts.some(hooked))).toEqual(batches.map((_, i) => i === batches.length - 1))
    const parts = batches.flatMap((batch) => batch.parts)
    const added = parts.flatMap((part) => ('elements' in part ? part.elements.map(elementKey) : []))
    expect(added.toSorted()).toEqual(elements.map(elementKey).toSorted())
  })
})

describe('encodeChange', () => {
  const hooks = ['input', 'forward'] as const
  const packets: readonly Packet[] = ['10.0.0.1', '10.1.0.1', '10.9.9.9', '255.1.1.1'].flatMap((saddr) =>
    [80, 82].map((dport): Packet => {
      return { family: 4, l4proto: 'tcp', saddr, daddr: '10.0.0.9', sport: 1, dport, ct: { state: 'new', status: [] } }
    }),
  )
  const decide = (tables: readonly Table[], hook: (typeof hooks)[number], packet: Packet): string => {
    const { outcome, packet: end } = evaluate(tables, hook, packet, { localAddresses: new Set(), choose: () => 1 })
    return JSON.stringify([outcome, end.mark])
  }
  const decisions = (tables: readonly Table[]): readonly string[] =>
    hooks.flatMap((hook) => packets.map((packet) => decide(tables, hook, packet)))

  test('after each transaction every packet is decided as before or as after', () => {
    let cuts = 0
    const states = fc.option(anyTable, { nil: undefined })
    fc.assert(
      fc.property(states, states, fc.constantFrom(1100, 1800, 3000), (before, after, maxBytes) => {
        const [previous, next] = [before, after].map((one) => (one === undefined ? [] : [one]))
        if (previous === undefined || next === undefined || longestSwitch(previous, next) > maxBytes) return
        let tables = applyOperations([], diffTables([], previous))
        const [old, wanted] = [decisions(tables), decisions(applyOperations([], diffTables([], next)))]
        const transactions = encodeChange(previous, next, 1, maxBytes)
        cuts += transactions.length > 1 ? 1 : 0
        for (const { parts, bytes } of transactions) {
          expect(bytes.length).toBeLessThanOrEqual(maxBytes)
          tables = applyOperations(tables, parts)
          for (const [i, decision] of decisions(tables).entries()) expect([old[i], wanted[i]]).toContain(decision)
        }
        expect(decisions(tables)).toEqual(wanted)
        expect(diffTables(tables, next)).toEqual([])
      }),
      { numRuns: 200 },
    )
    expect(cuts).toBeGreaterThan(20)
  })

  /** What no cutting helps: base chains come in one transaction, in which those of the old table go. */
  function longestSwitch(previous: readonly Table[], next: readonly Table[]): number {
    const [old, wanted] = [previous, next].map((tables) =>
      tables.map(({ family, name, chains }) => {
        const hooked = chains.toValues().filter(({ hook }) => hook !== undefined)
        return table(family, standInNames(name)[1], [], hooked)
      }),
    )
    const gone = [old, wanted].flatMap((tables = []) => diffPhases(tables, []).change)
    return encodeTransaction([...gone, ...diffTables([], wanted ?? [])], 1).bytes.length
  }
})

describe('parseReplies', () => {
  /** An error message: its header, the error, the header of what was sent, and the kernel's words. */
  function reply(sequence: number, error: number, words = ''): readonly number[] {
    const attribute = words === '' ? 0 : 4 + words.length + 1
    const padded = (attribute + 3) & ~3
    const bytes = new Uint8Array(36 + padded)
    const view = new DataView(bytes.buffer)
    view.setUint32(0, bytes.length, true)
    view.setUint16(4, 2, true)
    view.setUint16(6, words === '' ? 0x100 : 0x300, true)
    view.setUint32(8, sequence, true)
    view.setInt32(16, -error, true)
    if (words !== '') {
      view.setUint16(36, attribute, true)
      view.setUint16(38, 1, true)
      bytes.set(
        Array.from(words, (character) => character.charCodeAt(0)),
        40,
      )
    }
    return [...bytes]
  }

  test('reads every answer, and failures name their operations', () => {
    const operations: readonly Operation[] = [
      { kind: 'add table', table: name },
      { kind: 'flush chain', table: name, chain: 'c' },
    ]
    const transaction = encodeTransaction(operations, 7)
    const replies = parseReplies(Uint8Array.from([...reply(8, 0), ...reply(9, 2, 'no chain'), ...reply(7, 1000)]))
    expect(replies).toEqual([
      { sequence: 8, error: 0 },
      { sequence: 9, error: 2, message: 'no chain' },
      { sequence: 7, error: 1000 },
    ])
    expect(failures(transaction, replies)).toEqual([
      { operation: 1, error: 2, name: 'ENOENT', message: 'no chain' },
      { operation: undefined, error: 1000, name: 'errno 1000' },
    ])
  })

  test.each([[[]], [[1, 2, 3]], [[255, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]], [Array(16).fill(0)]])(
    'stops at the end of %j',
    (bytes) => {
      expect(parseReplies(Uint8Array.from(bytes))).toEqual([])
    },
  )
})
