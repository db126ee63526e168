import { describe, expect, test } from 'vitest'
import { queryMessage } from './message.ts'
import { isAbout, queryRecord } from './query-record.ts'
import { CLASS_IN, QTYPE, TYPE, type ResourceRecord } from './records.ts'
import { writeMessage } from './write-message.ts'

const NAME = 'Web.shop.svc.cluster.local.'
const answer: ResourceRecord = { name: NAME, ttl: 5, data: { type: 'A', address: Uint8Array.of(10, 96, 0, 11) } }

describe('a record of a query', () => {
  test('question and answer', () => {
    const asked = queryMessage(4711, { name: NAME, type: TYPE.A, class: CLASS_IN })
    const query = writeMessage({ ...asked, edns: { size: 4096, version: 0, dnssecOk: true } })
    const reply = writeMessage({ ...asked, response: true, authoritative: true, answers: [answer] })
    expect(queryRecord(query, reply, true)).toEqual({
      id: 4711,
      name: NAME,
      type: 'A',
      class: 'IN',
      protocol: 'tcp',
      size: query.length,
      dnssecOk: true,
      bufferSize: 4096,
      rcode: 'NOERROR',
      flags: ['qr', 'aa', 'rd'],
      responseSize: reply.length,
      answers: [`${NAME} 5 IN A 10.96.0.11`],
    })
  })

  test.for<readonly [number, number, string, string]>([
    [65, CLASS_IN, 'HTTPS', 'IN'],
    [QTYPE.ANY, CLASS_IN, 'ANY', 'IN'],
    [4000, 3, 'TYPE4000', 'CLASS3'],
  ])('type %i of class %i', ([type, class_, typeName, className]) => {
    const query = writeMessage(queryMessage(1, { name: NAME, type, class: class_ }))
    expect(queryRecord(query, query, false)).toMatchObject({ type: typeName, class: className, bufferSize: 512 })
  })

  test('what cannot be read', () => {
    const [query, reply] = [Uint8Array.of(0, 7, 1, 0, 0, 1), Uint8Array.of(0, 7, 0x81, 1, 0, 0, 0, 0, 0, 0, 0, 0)]
    const expected = { id: 7, name: '-', type: '-', class: '-', rcode: 'FORMERR', flags: ['qr', 'rd'], answers: [] }
    expect(queryRecord(query, reply, false)).toMatchObject(expected)
  })
})

test.for<readonly [string, boolean]>([
  ['web', true],
  ['web.shop', true],
  ['WEB.shop.svc.cluster.local', true],
  ['cluster.local.', true],
  ['we', false],
  ['shop', false],
  ['local.cluster', false],
])('a name is about %s: %s', ([wanted, expected]) => {
  expect(isAbout({ name: NAME }, wanted)).toBe(expected)
})
