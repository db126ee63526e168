import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { AnyObject } from '../api/kinds.ts'
import { snapshotOf } from '../model/snapshot.ts'
import { queryMessage, type Message } from './message.ts'
import { readMessage } from './read-message.ts'
import { CLASS_IN, formatRecord, QTYPE, RCODE, TYPE, type ResourceRecord } from './records.ts'
import { completeChain, respond, rotate, type Reaction } from './respond.ts'
import { writeMessage } from './write-message.ts'
import { zoneConfig, type ZoneConfig } from './zone-config.ts'
import { compileZone, type Zone } from './zone.ts'

const RANGES = { nodeCIDRs: [], podCIDRs: [], serviceCIDRs: [], loadBalancerCIDRs: [], outsideCIDRs: [] }
const OBJECTS: readonly AnyObject[] = [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } },
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'crowd', namespace: 'shop' },
    spec: { clusterIP: 'None', ports: [{ name: 'http', port: 80 }] },
  },
  {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 'crowd', namespace: 'shop', labels: { 'kubernetes.io/service-name': 'crowd' } },
    addressType: 'IPv4',
    endpoints: Array.from({ length: 100 }, (_, i) => ({ addresses: [`10.244.0.${i}`], hostname: `p-${i}` })),
    ports: [{ name: 'http', port: 80 }],
  },
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'ext', namespace: 'shop' },
    spec: { type: 'ExternalName', externalName: 'db.example.test' },
  },
  {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'me', namespace: 'shop' },
    spec: { containers: [] },
    status: { podIP: '10.244.9.9', phase: 'Running' },
  },
]

function zone(options: Partial<ZoneConfig> = {}): Zone {
  return compileZone(snapshotOf(OBJECTS), zoneConfig({ clusterDomain: 'cluster.local', ...RANGES }, options))
}

const CROWD = 'crowd.shop.svc.cluster.local.'

function query(name: string, type: number, changes: Partial<Message> = {}): Uint8Array {
  return writeMessage({ ...queryMessage(0xbeef, { name, type, class: CLASS_IN }), authenticData: true, ...changes })
}

function edns(size: number, version = 0): Partial<Message> {
  return { edns: { size, version, dnssecOk: true } }
}

function bytesOf(reaction: Reaction): Uint8Array {
  if (reaction.kind !== 'reply') throw new Error(`not a reply: ${reaction.kind}`)
  return reaction.bytes
}

function reply(bytes: Uint8Array, overTcp = false): Message {
  const message = readMessage(bytesOf(respond(zone(), bytes, { overTcp })))
  if (message === undefined) throw new Error('broken reply')
  return message
}

describe('the header', () => {
  test('RD is copied, AA is set, RA and AD are not', () => {
    expect(reply(query(CROWD, TYPE.AAAA))).toMatchObject({
      id: 0xbeef,
      response: true,
      authoritative: true,
      recursionDesired: true,
      recursionAvailable: false,
      authenticData: false,
    })
    expect(reply(query(CROWD, TYPE.AAAA, { recursionDesired: false })).recursionDesired).toBe(false)
  })

  const rows: readonly (readonly [string, Uint8Array, number])[] = [
    ['UPDATE', query(CROWD, TYPE.A, { opcode: 5 }), RCODE.NOTIMP],
    ['NOTIFY', query(CROWD, TYPE.A, { opcode: 4 }), RCODE.NOTIMP],
    ['an opcode with a broken body', query(CROWD, TYPE.A, { opcode: 2 }).subarray(0, 20), RCODE.NOTIMP],
    ['no question', query(CROWD, TYPE.A, { questions: [] }), RCODE.FORMERR],
    [
      'two questions',
      query(CROWD, TYPE.A, { questions: [1, 28].map((type) => ({ name: CROWD, type, class: 1 })) }),
      RCODE.FORMERR,
    ],
    ['half a question', query(CROWD, TYPE.A).subarray(0, 20), RCODE.FORMERR],
    ['class CH', query(CROWD, TYPE.A, { questions: [{ name: CROWD, type: 1, class: 3 }] }), RCODE.REFUSED],
    ['class ANY', query(CROWD, TYPE.A, { questions: [{ name: CROWD, type: 1, class: 255 }] }), RCODE.REFUSED],
    ['AXFR', query('cluster.local.', QTYPE.AXFR), RCODE.REFUSED],
    ['AXFR of a foreign zone', query('example.test.', QTYPE.AXFR), RCODE.REFUSED],
    ['EDNS version 1', query(CROWD, TYPE.A, edns(1232, 1)), RCODE.BADVERS],
  ]
  test.each(rows)('%s', (_, bytes, rcode) => {
    expect(reply(bytes)).toMatchObject({ id: 0xbeef, response: true, rcode, answers: [] })
  })

  test('what is no query at all is dropped', () => {
    for (const bytes of [new Uint8Array(0), new Uint8Array(11), query(CROWD, TYPE.A, { response: true })]) {
      expect(respond(zone(), bytes, { overTcp: false })).toEqual({ kind: 'drop' })
    }
  })
})

describe('size', () => {
  // Name 30 bytes, 16 bytes a record, 11 for OPT: (size - 46 - OPT) / 16 records.
  const rows: readonly (readonly [string, Partial<Message>, number, number])[] = [
    ['without EDNS', {}, 512, 29],
    ['EDNS below the minimum', edns(100), 512, 28],
    ['EDNS 1232', edns(1232), 1232, 73],
    ['EDNS above the cap', edns(4096), 1232, 73],
  ]
  test.each(rows)('%s', (_, changes, size, records) => {
    const bytes = bytesOf(respond(zone(), query(CROWD, TYPE.A, changes), { overTcp: false }))
    const message = readMessage(bytes)
    expect(bytes.length).toBeLessThanOrEqual(size)
    expect(message).toMatchObject({ truncated: true, rcode: 0 })
    expect(message?.answers.length).toBe(records)
    expect(message?.edns).toEqual(changes.edns && { size: 1232, version: 0, dnssecOk: true })
  })

  test('TCP takes all', () => {
    const message = reply(query(CROWD, TYPE.SRV), true)
    expect([message.truncated, message.answers.length, message.additional.length]).toEqual([false, 100, 100])
  })
})

describe('upstream', () => {
  const asked = (
    name: string,
    options: Partial<ZoneConfig>,
    client?: string,
    changes: Partial<Message> = {},
  ): Reaction =>
    respond(zone(options), query(name, TYPE.A, changes), {
      overTcp: false,
      ...(client === undefined ? {} : { client }),
    })

  const A: ResourceRecord = {
    name: 'db.example.test.',
    ttl: 60,
    data: { type: 'A', address: Uint8Array.of(192, 0, 2, 4) },
  }
  const upstreamReply = (asking: Reaction, changes: Partial<Message>): Uint8Array => {
    if (asking.kind !== 'ask') throw new Error('nothing is asked')
    const message = readMessage(asking.query)
    if (message === undefined) throw new Error('broken query')
    return writeMessage({ ...message, response: true, ...changes })
  }
  const resume = (asking: Reaction, response: Uint8Array | undefined): Reaction => {
    if (asking.kind !== 'ask') throw new Error('nothing is asked')
    return asking.resume(response)
  }

  test('a foreign name is asked with our own EDNS, and its answer passed on under the id of the client', () => {
    const asking = asked('Db.example.test.', {}, undefined, edns(4096))
    const sent = asking.kind === 'ask' ? readMessage(asking.query) : undefined
    expect(sent).toMatchObject({ questions: [{ name: 'Db.example.test.' }], edns: { size: 1232, dnssecOk: true } })
    const response = upstreamReply(asking, { id: 1, answers: [A], recursionAvailable: true })
    const message = readMessage(bytesOf(resume(asking, response)))
    expect(message).toMatchObject({ id: 0xbeef, recursionAvailable: true, authoritative: false, answers: [A] })
  })

  test('an answer that is too large becomes TC', () => {
    const asking = asked('db.example.test.', {})
    const answers = Array.from({ length: 40 }, () => A)
    expect(readMessage(bytesOf(resume(asking, upstreamReply(asking, { answers }))))).toMatchObject({
      truncated: true,
      answers: [],
    })
  })

  test('no answer is SERVFAIL', () => {
    expect(readMessage(bytesOf(resume(asked('db.example.test.', {}), undefined)))).toMatchObject({
      rcode: RCODE.SERVFAIL,
      id: 0xbeef,
    })
  })

  const soa: ResourceRecord = {
    name: 'example.test.',
    ttl: 9,
    data: { type: 'SOA', mname: '.', rname: '.', numbers: [1, 2, 3, 4, 5] },
  }
  const rows: readonly (readonly [string, Partial<Message> | undefined, Partial<Message>])[] = [
    ['an address', { answers: [A] }, { rcode: 0, authoritative: true, truncated: false }],
    ['truncated', { answers: [A], truncated: true }, { rcode: 0, truncated: true }],
    ['NXDOMAIN with SOA', { rcode: RCODE.NXDOMAIN, authority: [soa] }, { rcode: RCODE.NXDOMAIN, authority: [soa] }],
    ['NODATA without SOA', {}, { rcode: 0, authority: [] }],
    ['SERVFAIL', { rcode: RCODE.SERVFAIL }, { rcode: RCODE.SERVFAIL, answers: [] }],
    ['REFUSED', { rcode: RCODE.REFUSED }, { rcode: RCODE.SERVFAIL, answers: [] }],
    ['no answer', undefined, { rcode: RCODE.SERVFAIL, answers: [] }],
  ]
  test.each(rows)('ExternalName, target gives %s', (_, changes, expected) => {
    const asking = asked('ext.shop.svc.cluster.local.', {})
    const response = changes && upstreamReply(asking, changes)
    const message = readMessage(bytesOf(resume(asking, response)))
    expect(message).toMatchObject(expected)
    if (expected.rcode !== RCODE.SERVFAIL) {
      expect(message?.answers.map(formatRecord)).toEqual([
        'ext.shop.svc.cluster.local. 5 IN CNAME db.example.test.',
        ...(changes?.answers ?? []).map(formatRecord),
      ])
    }
  })

  test('garbage as the end of a chain is SERVFAIL', () => {
    expect(completeChain(undefined, undefined).rcode).toBe(RCODE.SERVFAIL)
    const asking = asked('ext.shop.svc.cluster.local.', {})
    expect(readMessage(bytesOf(resume(asking, Uint8Array.of(1, 2, 3))))?.rcode).toBe(RCODE.SERVFAIL)
  })

  test('autopath asks each name of the path until one is there', () => {
    const names: string[] = []
    let reaction = asked('db.example.test.shop.svc.cluster.local.', { autopath: ['home.test'] }, '10.244.9.9')
    while (reaction.kind === 'ask') {
      const name = readMessage(reaction.query)?.questions[0]?.name ?? ''
      names.push(name)
      const there = name === 'db.example.test.'
      reaction = resume(reaction, upstreamReply(reaction, there ? { answers: [A] } : { rcode: RCODE.NXDOMAIN }))
    }
    expect(names).toEqual(['db.example.test.home.test.', 'db.example.test.'])
    expect(readMessage(bytesOf(reaction))?.answers.map(formatRecord)).toEqual([
      'db.example.test.shop.svc.cluster.local. 60 IN CNAME db.example.test.',
      'db.example.test. 60 IN A 192.0.2.4',
    ])
    expect(asked('db.example.test.shop.svc.cluster.local.', { autopath: [] }, '10.244.9.8').kind).toBe('reply')
  })
})

describe('rotation', () => {
  const address = (n: number): ResourceRecord => ({
    name: 'a.',
    ttl: 1,
    data: { type: 'A', address: Uint8Array.of(0, 0, 0, n) },
  })
  const alias: ResourceRecord = { name: 'a.', ttl: 1, data: { type: 'CNAME', target: 'b.' } }
  const last = (record: ResourceRecord): number | string =>
    record.data.type === 'A' ? (record.data.address[3] ?? 0) : record.data.type
  const rows: readonly (readonly [readonly ResourceRecord[], number, readonly (number | string)[]])[] = [
    [[address(1), address(2), address(3)], 0, [1, 2, 3]],
    [[address(1), address(2), address(3)], 4, [2, 3, 1]],
    [[alias, address(1), address(2)], 1, ['CNAME', 2, 1]],
    [[alias, address(1)], 1, ['CNAME', 1]],
    [[alias, alias], 1, ['CNAME', 'CNAME']],
    [[], 3, []],
  ]
  test.each(rows)('%# turn', (records, turn, expected) => expect(rotate(records, turn).map(last)).toEqual(expected))
})

describe('whatever comes in', () => {
  const compiled = zone({ autopath: [] })
  const changed = fc.tuple(
    fc.constantFrom(CROWD, 'ext.shop.svc.cluster.local.', '1.0.244.10.in-addr.arpa.', 'x.shop.svc.cluster.local.'),
    fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }),
    fc.nat(10),
  )
  test('there is a reply, a question to upstream or nothing, and no exception', () => {
    fc.assert(
      fc.property(changed, fc.boolean(), ([name, changes, cut], overTcp) => {
        const bytes = query(name, TYPE.A, edns(1232))
        for (const [place, value] of changes) bytes[place % bytes.length] = value
        let reaction = respond(compiled, bytes.subarray(0, bytes.length - cut), { overTcp, client: '10.244.9.9' })
        for (let i = 0; reaction.kind === 'ask' && i < 9; i++) reaction = reaction.resume(bytes)
        expect(reaction.kind === 'drop' || readMessage(bytesOf(reaction))?.response).toBe(true)
      }),
      { numRuns: 2000 },
    )
  })
})
