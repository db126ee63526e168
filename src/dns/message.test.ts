import { Buffer } from 'node:buffer'
import packet from 'dns-packet'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseIP } from '../lib/ip.ts'
import type { Message } from './message.ts'
import { readMessage } from './read-message.ts'
import { addressData, formatRecord, type RecordData, type ResourceRecord } from './records.ts'
import { writeMessage } from './write-message.ts'

const byteText = fc.string({
  unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)),
  maxLength: 40,
})
const plainLabel = fc.stringMatching(/^[a-zA-Z0-9_-]{1,20}$/)
const oddLabel = fc
  .uint8Array({ minLength: 1, maxLength: 20 })
  .map((bytes) =>
    [...bytes]
      .map((byte) =>
        /[!-~]/.test(String.fromCharCode(byte)) && byte !== 0x2e && byte !== 0x5c
          ? String.fromCharCode(byte)
          : `\\${String(byte).padStart(3, '0')}`,
      )
      .join(''),
  )
const nameOf = (label: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.array(label, { maxLength: 5 }).map((labels) => (labels.length === 0 ? '.' : `${labels.join('.')}.`))
const u16 = fc.nat(0xffff)
const u32 = fc.nat(0xffffffff)

function dataOf(name: fc.Arbitrary<string>): fc.Arbitrary<RecordData> {
  return fc.oneof(
    fc.record({ type: fc.constant('A' as const), address: fc.uint8Array({ minLength: 4, maxLength: 4 }) }),
    fc.record({ type: fc.constant('AAAA' as const), address: fc.uint8Array({ minLength: 16, maxLength: 16 }) }),
    fc.record({ type: fc.constantFrom('CNAME' as const, 'NS' as const, 'PTR' as const), target: name }),
    fc.record({ type: fc.constant('MX' as const), preference: u16, target: name }),
    fc.record({ type: fc.constant('SRV' as const), priority: u16, weight: u16, port: u16, target: name }),
    fc.record({
      type: fc.constant('SOA' as const),
      mname: name,
      rname: name,
      numbers: fc.tuple(u32, u32, u32, u32, u32),
    }),
    fc.record({ type: fc.constant('TXT' as const), strings: fc.array(byteText, { minLength: 1, maxLength: 3 }) }),
  )
}

const opaque: fc.Arbitrary<RecordData> = fc.record({
  type: fc.constant('OTHER' as const),
  code: fc.constantFrom(13, 65, 257, 65280),
  bytes: fc.uint8Array({ maxLength: 50 }),
})

function messageOf(
  label: fc.Arbitrary<string>,
  data: (name: fc.Arbitrary<string>) => fc.Arbitrary<RecordData>,
): fc.Arbitrary<Message> {
  const name = nameOf(label)
  const records = fc.array(fc.record({ name, ttl: fc.nat(0x7fffffff), data: data(name) }), { maxLength: 4 })
  const edns = fc.record({ size: u16, version: fc.nat(255), dnssecOk: fc.boolean() })
  const whole = fc.record({
    id: u16,
    response: fc.boolean(),
    opcode: fc.nat(15),
    authoritative: fc.boolean(),
    truncated: fc.boolean(),
    recursionDesired: fc.boolean(),
    recursionAvailable: fc.boolean(),
    authenticData: fc.boolean(),
    checkingDisabled: fc.boolean(),
    rcode: fc.nat(15),
    questions: fc.array(fc.record({ name, type: u16, class: u16 }), { maxLength: 2 }),
    answers: records,
    authority: records,
    additional: records,
  })
  return fc.oneof(
    whole,
    fc.tuple(whole, edns, fc.nat(4095)).map(([message, edns, rcode]) => ({ ...message, edns, rcode })),
  )
}

describe('a message', () => {
  test('is read as it was written, any bytes in its names', () => {
    const messages = messageOf(oddLabel, (name) => fc.oneof(dataOf(name), opaque))
    fc.assert(
      fc.property(messages, (message) => {
        expect(readMessage(writeMessage(message))).toEqual(message)
      }),
    )
  })

  test('is read whatever the bytes are, without an exception', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
        readMessage(bytes)
      }),
    )
    const damaged = fc.tuple(
      messageOf(plainLabel, dataOf),
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 6 }),
      fc.nat(40),
    )
    fc.assert(
      fc.property(damaged, ([message, changes, cut]) => {
        const bytes = writeMessage(message)
        for (const [place, value] of changes) bytes[place % bytes.length] = value
        readMessage(bytes.subarray(0, bytes.length - cut))
      }),
    )
  })

  test('never exceeds its limit, keeps the order of what fits, and says so where something is missing', () => {
    fc.assert(
      fc.property(messageOf(plainLabel, dataOf), fc.integer({ min: 300, max: 700 }), (message, limit) => {
        const bytes = writeMessage({ ...message, truncated: false }, limit)
        const got = readMessage(bytes)
        if (got === undefined) throw new Error('cannot be read')
        expect(bytes.length).toBeLessThanOrEqual(limit)
        expect(got.answers).toEqual(message.answers.slice(0, got.answers.length))
        const whole = got.answers.length === message.answers.length && got.authority.length === message.authority.length
        expect(got.truncated).toBe(!whole)
        if (!whole) expect(got.additional).toEqual([])
      }),
    )
  })
})

/** The peer library's form of a record, as a line. */
function peerLine(answer: packet.Answer): string {
  const text = (name: string): string => (name === '.' || name === '' ? '.' : `${name}.`)
  const record = answer as unknown as { name: string; ttl: number; type: string; data: never }
  const { type, data }: { type: string; data: never } = record
  const head = `${text(record.name)} ${record.ttl} IN ${type}`
  if (type === 'A' || type === 'AAAA')
    return `${head} ${formatRecord({ name: '.', ttl: 0, data: addressOfText(data) }).split(' ')[4]}`
  if (type === 'CNAME' || type === 'NS' || type === 'PTR') return `${head} ${text(data)}`
  if (type === 'MX') {
    const { preference, exchange }: { preference: number; exchange: string } = data
    return `${head} ${preference} ${text(exchange)}`
  }
  if (type === 'SRV') {
    const { priority, weight, port, target }: { priority: number; weight: number; port: number; target: string } = data
    return `${head} ${priority} ${weight} ${port} ${text(target)}`
  }
  if (type === 'SOA') {
    const soa: {
      mname: string
      rname: string
      serial: number
      refresh: number
      retry: number
      expire: number
      minimum: number
    } = data
    return `${head} ${text(soa.mname)} ${text(soa.rname)} ${soa.serial} ${soa.refresh} ${soa.retry} ${soa.expire} ${soa.minimum}`
  }
  const strings: readonly Uint8Array[] = data
  return `${head} ${strings.map((bytes) => JSON.stringify(String.fromCharCode(...bytes))).join(' ')}`
}

function addressOfText(text: string): RecordData {
  const v4 = text.split('.')
  if (v4.length === 4) return { type: 'A', address: Uint8Array.from(v4.map(Number)) }
  // The peer writes IPv4-mapped addresses, which lib/ip refuses, like any other.
  const ip = parseIP(text)
  return ip === undefined ? { type: 'TXT', strings: [text] } : addressData(ip)
}

describe('against dns-packet', () => {
  const lines = (records: readonly ResourceRecord[]): readonly string[] => records.map(formatRecord)
  const messages = messageOf(plainLabel, dataOf).filter((message) => message.questions.length > 0)

  test('what Portolan writes, dns-packet reads alike', () => {
    fc.assert(
      fc.property(messages, (message) => {
        const got = packet.decode(Buffer.from(writeMessage(message)))
        expect(got.questions?.map(({ name }) => (name === '.' ? '.' : `${name}.`))).toEqual(
          message.questions.map(({ name }) => name),
        )
        expect(got.answers?.map(peerLine)).toEqual(lines(message.answers))
        expect(got.authorities?.map(peerLine)).toEqual(lines(message.authority))
        expect(got.additionals?.filter(({ type }) => type !== 'OPT').map(peerLine)).toEqual(lines(message.additional))
        expect([got.flag_aa, got.flag_tc, got.flag_rd, got.flag_ra, got.flag_ad, got.flag_cd]).toEqual([
          message.authoritative,
          message.truncated,
          message.recursionDesired,
          message.recursionAvailable,
          message.authenticData,
          message.checkingDisabled,
        ])
      }),
    )
  })

  test('what dns-packet writes, Portolan reads alike', () => {
    const bytes = packet.encode({
      type: 'response',
      id: 77,
      flags: packet.RECURSION_DESIRED | packet.AUTHORITATIVE_ANSWER,
      questions: [{ type: 'SRV', name: '_http._tcp.web.shop.svc.cluster.local' }],
      answers: [
        {
          type: 'SRV',
          name: '_http._tcp.web.shop.svc.cluster.local',
          ttl: 5,
          data: { priority: 0, weight: 100, port: 80, target: 'web.shop.svc.cluster.local' },
        },
        { type: 'CAA', name: 'a.test', ttl: 9, data: { flags: 0, tag: 'issue', value: 'ca.test' } },
      ],
      additionals: [
        { type: 'AAAA', name: 'web.shop.svc.cluster.local', ttl: 5, data: 'fd00::11' },
        {
          type: 'OPT',
          name: '.',
          udpPayloadSize: 4096,
          extendedRcode: 0,
          ednsVersion: 0,
          flags: packet.DNSSEC_OK,
          flag_do: true,
          options: [{ code: 12, length: 8 }],
        },
      ],
    })
    const message = readMessage(bytes)
    expect(lines(message?.answers ?? [])).toEqual([
      '_http._tcp.web.shop.svc.cluster.local. 5 IN SRV 0 100 80 web.shop.svc.cluster.local.',
      'a.test. 9 IN TYPE257 \\# 14 0005697373756563612e74657374',
    ])
    expect(lines(message?.additional ?? [])).toEqual(['web.shop.svc.cluster.local. 5 IN AAAA fd00::11'])
    expect(message).toMatchObject({
      id: 77,
      response: true,
      authoritative: true,
      edns: { size: 4096, version: 0, dnssecOk: true },
    })
  })
})

describe('a broken message is undefined', () => {
  const header = (questions: number, answers = 0, additional = 0): number[] => [
    0,
    1,
    1,
    0,
    0,
    questions,
    0,
    answers,
    0,
    0,
    0,
    additional,
  ]
  const rows: readonly (readonly [string, readonly number[]])[] = [
    ['shorter than a header', [0, 1, 1]],
    ['no question where one is announced', header(1)],
    ['a label that runs past the end', [...header(1), 5, 0x61]],
    ['a label type that does not exist', [...header(1), 0x41, 0x61, 0, 0, 1, 0, 1]],
    ['a pointer to itself', [...header(1), 0xc0, 12, 0, 1, 0, 1]],
    ['a pointer forwards', [...header(1), 0xc0, 14, 0, 0, 1, 0, 1]],
    [
      'a name of more than 255 bytes',
      [...header(1), ...Array.from({ length: 5 }, () => [63, ...Array<number>(63).fill(0x61)]).flat(), 0, 0, 1, 0, 1],
    ],
    ['an address of three bytes', [...header(0, 1), 0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 3, 1, 2, 3]],
    ['two OPT records', [...header(0, 0, 2), 0, 0, 41, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 41, 4, 0, 0, 0, 0, 0, 0, 0]],
    ['an option that is longer than its record', [...header(0, 0, 1), 0, 0, 41, 4, 0, 0, 0, 0, 0, 0, 4, 0, 10, 0, 9]],
  ]
  test.each(rows)('%s', (_, bytes) => expect(readMessage(Uint8Array.from(bytes))).toBeUndefined())
})
