import { describe, expect, test } from 'vitest'
import { createForwardCache, cacheTime, type ForwardCache } from './forward-cache.ts'
import type { Message } from './message.ts'
import { createPacketQuestion, readQuestion } from './packet-question.ts'
import { readMessage } from './read-message.ts'
import { addressData, CLASS_IN, formatRecord, RCODE, TYPE, type ResourceRecord } from './records.ts'
import { parseIP } from '../lib/ip.ts'
import { writeMessage } from './write-message.ts'

const NAME = 'a.example.test.'

function address(ttl: number, name = NAME): ResourceRecord {
  const ip = parseIP('192.0.2.1')
  if (ip === undefined) throw new Error('no address')
  return { name, ttl, data: addressData(ip) }
}
const alias = (ttl: number): ResourceRecord => ({ name: NAME, ttl, data: { type: 'CNAME', target: 'b.example.test.' } })
const soa = (ttl: number, minimum: number): ResourceRecord => ({
  name: 'example.test.',
  ttl,
  data: { type: 'SOA', mname: 'ns.example.test.', rname: 'root.example.test.', numbers: [1, 2, 3, 4, minimum] },
})

function message(changes: Partial<Message> = {}): Message {
  return {
    id: 1,
    response: true,
    opcode: 0,
    authoritative: false,
    truncated: false,
    recursionDesired: true,
    recursionAvailable: true,
    authenticData: false,
    checkingDisabled: false,
    rcode: RCODE.NOERROR,
    questions: [{ name: NAME, type: TYPE.A, class: CLASS_IN }],
    answers: [],
    authority: [],
    additional: [],
    ...changes,
  }
}

describe('how long an answer may be kept', () => {
  test.for<readonly [string, Partial<Message>, number]>([
    ['an address', { answers: [address(60)] }, 60],
    ['the shortest TTL of a chain', { answers: [alias(20), address(60, 'b.example.test.')] }, 20],
    ['an hour at most', { answers: [address(86_400)] }, 3600],
    ['a TTL of nought', { answers: [address(0)] }, 0],
    ['a name without records of the type', { authority: [soa(60, 30)] }, 30],
    ['the TTL of the SOA where that is shorter', { authority: [soa(10, 30)] }, 10],
    ['half an hour of denial at most', { rcode: RCODE.NXDOMAIN, authority: [soa(86_400, 86_400)] }, 1800],
    ['a denial', { rcode: RCODE.NXDOMAIN, authority: [soa(60, 30)] }, 30],
    ['a denial without SOA', { rcode: RCODE.NXDOMAIN }, 0],
    ['a chain that ends in nothing', { answers: [alias(60)] }, 0],
    ['a chain that ends in a denial', { rcode: RCODE.NXDOMAIN, answers: [alias(15)], authority: [soa(60, 30)] }, 15],
    ['a failure', { rcode: RCODE.SERVFAIL }, 5],
    ['a refusal', { rcode: RCODE.REFUSED }, 0],
    ['a part of an answer', { answers: [address(60)], truncated: true }, 0],
    ['a query', { response: false }, 0],
    ['an answer without its question', { questions: [], answers: [address(60)] }, 0],
  ])('%s', ([, changes, seconds]) => {
    expect(cacheTime(message(changes))).toBe(seconds)
  })
})

const query = (name = NAME, more: Partial<Message> = {}): Uint8Array =>
  writeMessage(
    message({
      id: 0xbeef,
      response: false,
      recursionAvailable: false,
      questions: [{ name, type: TYPE.A, class: CLASS_IN }],
      ...more,
    }),
  )

function ask(cache: ForwardCache, bytes: Uint8Array, now: number, late = false): readonly string[] | undefined {
  const question = createPacketQuestion()
  const packet = new Uint8Array(2048)
  packet.set(bytes)
  if (!readQuestion(question, packet, bytes.length)) return ['unusual']
  const size = cache.answer(question, packet, { now, turn: 0, serial: 0 }, late)
  const reply = size === 0 ? undefined : readMessage(packet.subarray(0, size))
  return reply && [...reply.answers, ...reply.authority].map(formatRecord)
}

describe('the cache', () => {
  test('TTLs count down, and then the answer is gone', () => {
    const cache = createForwardCache()
    cache.remember(query(), writeMessage(message({ answers: [address(60)] })), 100)
    expect(ask(cache, query(), 100)).toEqual([`${NAME} 60 IN A 192.0.2.1`])
    expect(ask(cache, query(), 140)).toEqual([`${NAME} 20 IN A 192.0.2.1`])
    expect(ask(cache, query(), 160)).toBeUndefined()
  })

  test('in its last tenth an answer is fetched anew, and still given', () => {
    const cache = createForwardCache()
    cache.remember(query(), writeMessage(message({ answers: [address(60)] })), 100)
    expect(ask(cache, query(), 153)).toEqual([`${NAME} 7 IN A 192.0.2.1`])
    expect(ask(cache, query(), 154)).toBeUndefined()
    expect(ask(cache, query(), 154, true)).toEqual([`${NAME} 6 IN A 192.0.2.1`])
  })

  test('letter case is the one that is asked, the id too', () => {
    const cache = createForwardCache()
    cache.remember(query(), writeMessage(message({ answers: [address(60)] })), 100)
    expect(ask(cache, query('A.eXample.TEST.'), 100)).toEqual(['A.eXample.TEST. 60 IN A 192.0.2.1'])
  })

  test('what the flags or EDNS of a query make different is kept apart', () => {
    const cache = createForwardCache()
    cache.remember(query(), writeMessage(message({ answers: [address(60)] })), 100)
    expect(ask(cache, query(NAME, { checkingDisabled: true }), 100)).toBeUndefined()
    expect(ask(cache, query(NAME, { edns: { size: 1232, version: 0, dnssecOk: false } }), 100)).toBeUndefined()
  })

  test('denials are kept beside the answers: many of them push out no answer', () => {
    const cache = createForwardCache()
    cache.remember(query(), writeMessage(message({ answers: [address(600)] })), 100)
    for (let i = 0; i < 50_000; i++) {
      const name = `n${i}.example.test.`
      const questions = [{ name, type: TYPE.A, class: CLASS_IN }]
      const denial = message({ questions, rcode: RCODE.NXDOMAIN, authority: [soa(60, 30)] })
      cache.remember(query(name), writeMessage(denial), 100)
    }
    expect(ask(cache, query(), 101)).toEqual([`${NAME} 599 IN A 192.0.2.1`])
    expect(ask(cache, query('n49999.example.test.'), 110)).toHaveLength(1)
    expect(ask(cache, query('n0.example.test.'), 110)).toBeUndefined()
    expect(cache.hits).toEqual({ success: 1, denial: 1 })
    expect(cache.sizes().denial).toBeLessThanOrEqual(20_000)
  })

  test('an answer that is asked for stays, however many others come', () => {
    const cache = createForwardCache()
    for (let i = 0; i < 50_000; i++) {
      const name = `n${i}.example.test.`
      const questions = [{ name, type: TYPE.A, class: CLASS_IN }]
      cache.remember(query(name), writeMessage(message({ questions, answers: [address(600, name)] })), 100)
      if (i % 1000 === 0) expect(ask(cache, query('n0.example.test.'), 101)).toHaveLength(1)
    }
    expect(cache.sizes().success).toBeLessThanOrEqual(20_000)
  })

  test('reverse names can be forgotten', () => {
    const cache = createForwardCache()
    const name = '1.2.0.192.in-addr.arpa.'
    const questions = [{ name, type: TYPE.A, class: CLASS_IN }]
    const denial = message({ questions, rcode: RCODE.NXDOMAIN, authority: [soa(60, 30)] })
    cache.remember(query(name), writeMessage(denial), 100)
    cache.remember(query(), writeMessage(message({ answers: [address(60)] })), 100)
    cache.forgetReverse()
    expect(ask(cache, query(name), 100)).toBeUndefined()
    expect(ask(cache, query(), 100)).toHaveLength(1)
  })

  test('an answer that is larger than the query allows is not kept', () => {
    const cache = createForwardCache()
    const answers = Array.from({ length: 40 }, () => address(60))
    cache.remember(query(), writeMessage(message({ answers })), 100)
    expect(ask(cache, query(), 100)).toBeUndefined()
  })
})
