import { describe, expect, test } from 'vitest'
import { parseReplies } from '../../src/nft/decode.ts'
import { diffTables } from '../../src/nft/diff.ts'
import { encodeTransaction } from '../../src/nft/encode.ts'
import { type Evaluation, evaluate } from '../../src/nft/evaluate.ts'
import type { Packet } from '../../src/nft/packet.ts'
import type { Element, Selector, Statement, Table } from '../../src/nft/ruleset.ts'
import { inNamespace, missing } from './nft-namespace.ts'
import { nftSet, table } from './nft-shapes.ts'

const reason = missing()

const address = '127.0.0.2'
const daddr: Selector = { kind: 'payload', field: 'ip daddr' }
const dport: Selector = { kind: 'payload', field: 'th dport' }
const l4proto: Selector = { kind: 'meta', key: 'l4proto' }
const isUdp: Statement & { readonly kind: 'match' } = { kind: 'match', left: l4proto, op: '==', right: 'udp' }
const port = (right: string): Statement => ({ kind: 'match', left: dport, op: '==', right })
const mark = (value: Selector): Statement => ({ kind: 'mark', value })
const record = (set: string, ...key: readonly Selector[]): Statement & { readonly kind: 'update' } => ({
  kind: 'update',
  set,
  key,
  data: { kind: 'meta', key: 'mark' },
})
const remove = (set: string, ...key: readonly Selector[]): Statement => ({ ...record(set, ...key), kind: 'delete' })
const recorder = (name: string, ...key: ('ipv4_addr' | 'inet_proto' | 'inet_service')[]) =>
  nftSet(name, { key, data: ['mark'], dynamic: true, size: 256 })

/** Each packet leaves its mark, and where it went, in dynamic maps. */
const tables: readonly Table[] = [
  table(
    'ip',
    't',
    [
      recorder('hashes', 'inet_service'),
      recorder('long-hashes', 'inet_service'),
      recorder('last-turns', 'inet_service'),
      recorder('turns', 'inet_service'),
      recorder('arrivals', 'ipv4_addr', 'inet_proto', 'inet_service'),
      nftSet(
        'frontends',
        { key: ['ipv4_addr', 'inet_proto', 'inet_service'], data: 'verdict' },
        {
          key: [address, 'udp', '53'],
          data: { kind: 'goto', chain: 'service' },
        },
      ),
      nftSet(
        'endpoints',
        { key: ['integer'], data: ['ipv4_addr', 'inet_service'] },
        { key: ['10'], data: ['127.0.0.10', '5310'] },
        { key: ['11'], data: ['127.0.0.11', '5311'] },
        { key: ['12'], data: ['127.0.0.12', '5312'] },
      ),
      nftSet('refused', { key: ['ipv4_addr', 'inet_service'], interval: true }, { key: ['127.0.0.0/29', '99'] }),
    ],
    [
      {
        name: 'service',
        rules: [
          {
            statements: [
              isUdp,
              {
                kind: 'dnat',
                to: { kind: 'map', key: [{ kind: 'numgen', mode: 'inc', modulus: 3, offset: 10 }], map: 'endpoints' },
              },
            ],
          },
        ],
      },
      {
        name: 'nat-output',
        hook: { type: 'nat', hook: 'output', priority: -100 },
        rules: [{ statements: [{ kind: 'vmap', key: [daddr, l4proto, dport], map: 'frontends' }] }],
      },
      {
        name: 'filter-output',
        hook: { type: 'filter', hook: 'output', priority: 0 },
        rules: [
          // No port has a listener: the answers are not of interest.
          {
            statements: [
              { ...isUdp, op: '!=' },
              { kind: 'verdict', verdict: { kind: 'drop' } },
            ],
          },
          { statements: [mark({ kind: 'jhash', of: [daddr, l4proto, dport], modulus: 60000, seed: 7, offset: 3 })] },
          { statements: [isUdp, record('hashes', dport)] },
          {
            statements: [
              mark({ kind: 'jhash', of: [daddr, dport, daddr, l4proto, dport], modulus: 4e9, seed: 0, offset: 0 }),
              record('long-hashes', dport),
            ],
          },
          { statements: [mark({ kind: 'jhash', of: [dport], modulus: 1000, seed: 1, offset: 0 })] },
          {
            statements: [
              port('99'),
              { kind: 'lookup', key: [daddr, dport], set: 'refused' },
              { kind: 'verdict', verdict: { kind: 'drop' } },
            ],
          },
          {
            statements: [
              mark({ kind: 'numgen', mode: 'inc', modulus: 4, offset: 100 }),
              record('turns', dport),
              remove('last-turns', dport),
              record('last-turns', dport),
            ],
          },
        ],
      },
      {
        name: 'filter-postrouting',
        hook: { type: 'filter', hook: 'postrouting', priority: 0 },
        rules: [{ statements: [record('arrivals', daddr, l4proto, dport)] }],
      },
    ],
  ),
]

const ports = [53, 1000, 53, 99, 2000, 53, 3000, 53, 4000]

/** What the walk says that the maps hold after all packets. */
function walked(): readonly Table[] {
  let state: { readonly tables: readonly Table[]; readonly counters: Evaluation['counters'] } = {
    tables,
    counters: new Map(),
  }
  for (const dport of ports) {
    const first: Packet = {
      family: 4,
      l4proto: 'udp',
      saddr: '127.0.0.1',
      daddr: address,
      sport: 40000,
      dport,
      oifname: 'lo',
      ct: { state: 'new', status: [] },
    }
    const environment = { localAddresses: new Set<string>() }
    const output = evaluate(state.tables, 'output', first, { ...environment, counters: state.counters })
    state = output
    if (output.outcome.kind === 'drop') continue
    state = evaluate(output.tables, 'postrouting', output.packet, { ...environment, counters: output.counters })
  }
  return state.tables
}

/** The elements of a map in nft's JSON, as `key: data`. */
function listed(json: string, name: string): readonly string[] {
  const {
    nftables,
  }: {
    readonly nftables: readonly {
      readonly map?: { readonly name: string; readonly elem?: readonly [unknown, number][] }
    }[]
  } = JSON.parse(json)
  const elements = nftables.find(({ map }) => map?.name === name)?.map?.elem ?? []
  const keyOf = (key: unknown): string => {
    if (typeof key === 'object' && key !== null && 'concat' in key && Array.isArray(key.concat))
      return key.concat.join(' . ')
    return String(key)
  }
  return elements.map(([key, data]) => `${keyOf(key)}: ${data}`).sort()
}

function fieldOf(data: Element['data']): string {
  return data === undefined || 'kind' in data ? '' : (data[0] ?? '')
}

describe.skipIf(reason !== undefined)(
  `the walk and the kernel agree${reason === undefined ? '' : ` (skipped: ${reason})`}`,
  () => {
    const { bytes } = encodeTransaction(diffTables([], tables), 1)
    const send = ports.map((port) => `echo x >/dev/udp/${address}/${port}`).join(' 2>/dev/null; ')
    const [applied, up, , json] =
      reason === undefined
        ? inNamespace([
            { netlink: bytes },
            { run: ['ip', 'link', 'set', 'lo', 'up'] },
            { run: ['bash', '-c', send] },
            { run: ['nft', '-j', 'list', 'ruleset'] },
          ])
        : []
    const after = walked()[0]

    test.each(['hashes', 'long-hashes', 'turns', 'last-turns', 'arrivals'])('%s', (name) => {
      expect(parseReplies(applied?.replies ?? new Uint8Array())).toMatchObject([{ error: 0 }])
      expect(up).toMatchObject({ status: 0 })
      const elements = [...(after?.sets.get(name)?.elements ?? [])]
      expect(elements.length).toBeGreaterThan(3)
      expect(listed(json?.stdout ?? '', name)).toEqual(
        elements.map(([key, { data }]) => `${key}: ${fieldOf(data)}`).sort(),
      )
    })
  },
)
