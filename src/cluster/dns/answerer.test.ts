import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { AnyObject } from '../../api/kinds.ts'
import { queryMessage, type Message } from '../../dns/message.ts'
import { readMessage } from '../../dns/read-message.ts'
import { CLASS_IN, formatRecord, QTYPE, RCODE, TYPE } from '../../dns/records.ts'
import { respond } from '../../dns/respond.ts'
import { writeMessage } from '../../dns/write-message.ts'
import { zoneConfig, type ZoneConfig } from '../../dns/zone-config.ts'
import { compileZone, type Zone } from '../../dns/zone.ts'
import { snapshotOf } from '../../model/snapshot.ts'
import { createAnswerer, type Answerer } from './answerer.ts'
import { createDnsMetrics } from './metrics.ts'
import type { Exchange, QueryFeed } from './query-feed.ts'

const RANGES = { nodeCIDRs: [], podCIDRs: [], serviceCIDRs: [], loadBalancerCIDRs: [], outsideCIDRs: [] }
const CONFIG = zoneConfig({ clusterDomain: 'cluster.local', ...RANGES })
const Z = 'svc.cluster.local.'

const namespace = (name: string): AnyObject => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
const service = (name: string, clusterIP: string, more: object = {}): AnyObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace: 'shop' },
  spec: { clusterIP, ports: [{ name: 'http', port: 80 }], ...more },
})
const external = (name: string, externalName: string): AnyObject =>
  service(name, '', { type: 'ExternalName', externalName })
const slice = (name: string, addresses: readonly string[]): AnyObject => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { name: `${name}-1`, namespace: 'shop', labels: { 'kubernetes.io/service-name': name } },
  addressType: 'IPv4',
  ports: [{ name: 'http', port: 80 }],
  endpoints: addresses.map((address) => ({ addresses: [address] })),
})
const pod = (podIP: string): AnyObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'me', namespace: 'shop' },
  spec: { containers: [] },
  status: { podIP, phase: 'Running' },
})
const many = (count: number): readonly string[] => Array.from({ length: count }, (_, i) => `10.244.0.${i}`)

function query(name: string, type: number = TYPE.A, changes: Partial<Message> = {}): Uint8Array {
  return writeMessage({ ...queryMessage(0xbeef, { name, type, class: CLASS_IN }), ...changes })
}

const client = '10.244.9.9'
const nobody = { client: () => client, later: () => () => undefined }

/** The answer to a datagram; undefined where there is none, or not yet. */
function overwrite(answerer: Answerer, datagram: Uint8Array): Uint8Array | undefined {
  const packet = new Uint8Array(2048)
  packet.set(datagram)
  answerer.begin()
  const size = answerer.overwrite(packet, datagram.length, 0, nobody)
  return size === 0 ? undefined : packet.subarray(0, size)
}

/** Everything that a client sees; letters as small ones. */
function shown(bytes: Uint8Array | undefined): unknown {
  if (bytes === undefined) return undefined
  const message = readMessage(bytes)
  if (message === undefined) return [...bytes]
  const { answers, authority, additional, questions, ...rest } = message
  const lines = [answers, authority, additional].map((records) => records.map((r) => formatRecord(r).toLowerCase()))
  return { ...rest, questions, lines }
}

function start(first: Zone): { readonly answerer: Answerer; use(zone: Zone): void } {
  let zone = first
  const onError = (error: unknown): never => {
    throw error
  }
  const answerer = createAnswerer({ zone: () => zone, mostForwarded: 0, onError })
  return {
    answerer,
    use(next) {
      zone = next
    },
  }
}

interface Change {
  readonly name: string
  readonly before: readonly AnyObject[]
  readonly after: readonly AnyObject[]
  readonly config?: ZoneConfig
  readonly asks: readonly [string, number?]
  readonly says: readonly [string, string]
}

/** The last record of answers and authority, or the rcode. */
function brief(bytes: Uint8Array | undefined): string {
  const message = bytes && readMessage(bytes)
  if (message === undefined) return 'nothing'
  const [last] = message.answers.slice(-1)
  return last === undefined ? (message.rcode === 0 ? 'NODATA' : `rcode ${message.rcode}`) : formatRecord(last)
}

const shop = namespace('shop')
const web = service('web', '10.96.0.1')

describe('what was remembered is never older than the zone', () => {
  test.for<Change>([
    {
      name: 'another address',
      before: [shop, web],
      after: [shop, service('web', '10.96.0.2')],
      asks: [`web.shop.${Z}`],
      says: [`web.shop.${Z} 5 IN A 10.96.0.1`, `web.shop.${Z} 5 IN A 10.96.0.2`],
    },
    {
      name: 'a Service that did not exist',
      before: [shop],
      after: [shop, web],
      asks: [`web.shop.${Z}`],
      says: ['rcode 3', `web.shop.${Z} 5 IN A 10.96.0.1`],
    },
    {
      name: 'a Service that is gone',
      before: [shop, web],
      after: [shop],
      asks: [`_http._tcp.web.shop.${Z}`, TYPE.SRV],
      says: [`_http._tcp.web.shop.${Z} 5 IN SRV 0 100 80 web.shop.${Z}`, 'rcode 3'],
    },
    {
      name: 'a namespace',
      before: [],
      after: [namespace('new')],
      asks: [`new.${Z}`],
      says: ['rcode 3', 'NODATA'],
    },
    {
      name: 'the target of an alias',
      before: [shop, web, external('alias', `web.shop.${Z}`)],
      after: [shop, service('web', '10.96.0.2'), external('alias', `web.shop.${Z}`)],
      asks: [`alias.shop.${Z}`],
      says: [`web.shop.${Z} 5 IN A 10.96.0.1`, `web.shop.${Z} 5 IN A 10.96.0.2`],
    },
    {
      name: 'a Service that becomes an alias, and its target',
      before: [shop, web],
      after: [shop, external('web', 'other.shop.svc.cluster.local'), service('other', '10.96.0.3')],
      asks: [`web.shop.${Z}`],
      says: [`web.shop.${Z} 5 IN A 10.96.0.1`, `other.shop.${Z} 5 IN A 10.96.0.3`],
    },
    {
      name: 'an endpoint',
      before: [shop, service('db', 'None'), slice('db', ['10.244.0.1'])],
      after: [shop, service('db', 'None'), slice('db', ['10.244.0.2'])],
      asks: [`db.shop.${Z}`],
      says: [`db.shop.${Z} 5 IN A 10.244.0.1`, `db.shop.${Z} 5 IN A 10.244.0.2`],
    },
    {
      name: 'a reverse name',
      before: [shop, web],
      after: [shop, service('other', '10.96.0.1')],
      asks: ['1.0.96.10.in-addr.arpa.', TYPE.PTR],
      says: [`1.0.96.10.in-addr.arpa. 5 IN PTR web.shop.${Z}`, `1.0.96.10.in-addr.arpa. 5 IN PTR other.shop.${Z}`],
    },
    {
      name: 'a Pod',
      before: [shop, pod('10.244.0.1')],
      after: [shop, pod('10.244.0.2')],
      asks: ['10-244-0-1.shop.pod.cluster.local.'],
      says: ['10-244-0-1.shop.pod.cluster.local. 5 IN A 10.244.0.1', 'rcode 3'],
    },
    {
      name: 'another configuration',
      before: [shop],
      after: [shop],
      config: { ...CONFIG, synced: false },
      asks: [`web.shop.${Z}`],
      says: ['rcode 3', 'rcode 2'],
    },
  ])('$name', ({ before, after, config, asks: [name, type], says }) => {
    const first = compileZone(snapshotOf(before), CONFIG)
    const { answerer, use } = start(first)
    const ask = (): string => brief(overwrite(answerer, query(name, type)))
    expect([ask(), ask()]).toEqual([says[0], says[0]])
    use(compileZone({ ...snapshotOf(after), resourceVersion: 2 }, config ?? CONFIG, first))
    expect([ask(), ask()]).toEqual([says[1], says[1]])
  })

  test('the serial goes on in denials that are remembered', () => {
    const first = compileZone(snapshotOf([shop, web]), CONFIG)
    const { answerer, use } = start(first)
    const serial = (): number | undefined => {
      const [record] = readMessage(overwrite(answerer, query(`nope.shop.${Z}`)) ?? new Uint8Array())?.authority ?? []
      return record?.data.type === 'SOA' ? record.data.numbers[0] : undefined
    }
    expect([serial(), serial()]).toEqual([1, 1])
    use(compileZone({ ...snapshotOf([shop, service('web', '10.96.0.2')]), resourceVersion: 7 }, CONFIG, first))
    expect(serial()).toBe(7)
  })
})

const ZONES: readonly Zone[] = [
  compileZone(
    snapshotOf([
      shop,
      web,
      service('db', 'None'),
      slice('db', many(3)),
      service('crowd', 'None'),
      slice('crowd', many(100)),
      external('ext', 'db.example.test'),
      external('alias', `web.shop.${Z}`),
      pod(client),
    ]),
    CONFIG,
  ),
  compileZone(
    snapshotOf([shop, service('web', 'None'), slice('web', many(7)), service('db', '10.96.0.9'), pod(client)]),
    { ...CONFIG, autopath: [] },
  ),
]

const NAMES = [
  'web.shop',
  'db.shop',
  'crowd.shop',
  '_http._tcp.web.shop',
  '_tcp.web.shop',
  'alias.shop',
  'ext.shop',
  'nope.shop',
  'web.nowhere',
  'web.shop.shop',
].map((name) => `${name}.${Z}`)
const anyName = fc.constantFrom(...NAMES, 'cluster.local.', '1.0.96.10.in-addr.arpa.', 'dns-version.cluster.local.')
const anyCase = fc
  .tuple(anyName, fc.array(fc.boolean(), { minLength: 60, maxLength: 60 }))
  .map(([name, upper]) =>
    name.replaceAll(/[a-z]/g, (letter, at: number) => (upper[at] === true ? letter.toUpperCase() : letter)),
  )
const anyQuery = fc
  .record({
    name: fc.oneof(anyName, anyCase),
    type: fc.constantFrom<number>(
      TYPE.A,
      TYPE.AAAA,
      TYPE.SRV,
      TYPE.SOA,
      TYPE.NS,
      TYPE.PTR,
      TYPE.TXT,
      QTYPE.ANY,
      QTYPE.AXFR,
      65,
    ),
    recursionDesired: fc.boolean(),
    authenticData: fc.boolean(),
    checkingDisabled: fc.boolean(),
    edns: fc.option(
      fc.record({
        size: fc.constantFrom(0, 512, 700, 1232, 4096),
        version: fc.constantFrom(0, 0, 1),
        dnssecOk: fc.boolean(),
      }),
      { nil: undefined },
    ),
  })
  .map(({ name, type, edns, ...flags }) => query(name, type, { ...flags, ...(edns === undefined ? {} : { edns }) }))

test('datagrams are answered as by the pure function, at every turn', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(anyQuery, fc.nat(2), fc.nat(1)), { minLength: 1, maxLength: 40 }), (steps) => {
      const [first] = ZONES
      if (first === undefined) throw new Error('no zone')
      const { answerer, use } = start(first)
      let turn = 0
      for (const [bytes, repeats, index] of steps) {
        const zone = ZONES[index] ?? first
        use(zone)
        for (let i = 0; i <= repeats; i++) {
          const reaction = respond(zone, bytes, { overTcp: false, client, turn: ++turn })
          const wanted = reaction.kind === 'reply' ? reaction.bytes : undefined
          expect(shown(overwrite(answerer, bytes))).toEqual(shown(wanted))
        }
      }
    }),
    { numRuns: 30 },
  )
})

test('a datagram that is no query costs nothing but itself', () => {
  const [zone] = ZONES
  if (zone === undefined) throw new Error('no zone')
  const { answerer } = start(zone)
  let turn = 0
  fc.assert(
    fc.property(
      anyQuery,
      fc.array(fc.tuple(fc.nat(80), fc.nat(255)), { maxLength: 4 }),
      fc.option(fc.nat(90)),
      (bytes, changes, cut) => {
        const datagram = bytes.slice(0, cut ?? bytes.length)
        for (const [at, byte] of changes) if (at < datagram.length) datagram[at] = byte
        const got = overwrite(answerer, datagram)
        // The question after it takes the turn after it.
        const reaction = respond(zone, datagram, { overTcp: false, client, turn: turn + 1 })
        turn += 2
        expect(got === undefined).toBe(reaction.kind !== 'reply')
        if (got !== undefined && reaction.kind === 'reply') {
          expect(shown(got)).toEqual(shown(reaction.bytes))
        }
        expect(brief(overwrite(answerer, query(`web.shop.${Z}`)))).toBe(`web.shop.${Z} 5 IN A 10.96.0.1`)
      },
    ),
    { numRuns: process.env['PORTOLAN_LONG'] === '1' ? 200_000 : 2_000 },
  )
}, 300_000)

test('RCODE of a version of EDNS that nobody has', () => {
  const [zone] = ZONES
  if (zone === undefined) throw new Error('no zone')
  const bytes = overwrite(
    start(zone).answerer,
    query(`web.shop.${Z}`, TYPE.A, { edns: { size: 1232, version: 1, dnssecOk: false } }),
  )
  expect(bytes && readMessage(bytes)?.rcode).toBe(RCODE.BADVERS)
})

describe('a query that somebody looks at', () => {
  const zone = compileZone(snapshotOf([shop, web]), CONFIG)
  const name = `web.shop.${Z}`

  function watched(followed: boolean) {
    const told: Exchange[] = []
    const tell = (exchange: Exchange): void => {
      told.push({ ...exchange, reply: exchange.reply.slice() })
    }
    const queries: QueryFeed = { followed, tell, follow: () => () => undefined }
    const observer = { metrics: createDnsMetrics(), queries }
    const upstream = { query: async (bytes: Uint8Array) => bytes }
    const onError = (error: unknown): never => {
      throw error
    }
    return { told, answerer: createAnswerer({ zone: () => zone, mostForwarded: 1, onError, observer, upstream }) }
  }

  test.for([
    ['made', 0],
    ['remembered', 3],
  ] as const)('an answer that is %s', ([, before]) => {
    const { told, answerer } = watched(true)
    for (let i = 0; i <= before; i++) overwrite(answerer, query(name))
    expect(told).toHaveLength(before + 1)
    expect(told.at(-1)).toMatchObject({ client, query: query(name), overTcp: false })
    expect(brief(told.at(-1)?.reply)).toBe(`${name} 5 IN A 10.96.0.1`)
  })

  test('an answer that comes later, and one over TCP', async () => {
    const { told, answerer } = watched(true)
    const foreign = query('a.test.')
    overwrite(answerer, foreign)
    await expect.poll(() => told.length).toBe(1)
    await answerer.answer(query(name), { overTcp: true, client })
    expect(told.map((each) => [each.query, each.overTcp])).toEqual([
      [foreign, false],
      [query(name), true],
    ])
  })

  test('nothing is told where nobody looks', () => {
    const { told, answerer } = watched(false)
    overwrite(answerer, query(name))
    expect(told).toEqual([])
  })
})
