import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bareReply, NOT_BARE, writeBareReply } from './bare-reply.ts'
import { queryMessage } from './message.ts'
import { CLASS_IN, RCODE, TYPE } from './records.ts'
import { respond } from './respond.ts'
import { writeMessage } from './write-message.ts'
import { zoneConfig } from './zone-config.ts'
import { compileZone } from './zone.ts'
import { emptySnapshot } from '../model/snapshot.ts'

const RANGES = { nodeCIDRs: [], podCIDRs: [], serviceCIDRs: [], loadBalancerCIDRs: [], outsideCIDRs: [] }
const zone = compileZone(emptySnapshot(), zoneConfig({ clusterDomain: 'cluster.local', ...RANGES }))
const good = writeMessage(queryMessage(0xbeef, { name: 'a.test.', type: TYPE.A, class: CLASS_IN }))

/** The reply where the packet stood; undefined where it is left to others. */
function written(query: Uint8Array): readonly number[] | undefined {
  const packet = new Uint8Array(2048)
  packet.set(query)
  const size = writeBareReply(packet, query.length)
  return size === NOT_BARE ? undefined : [...packet.subarray(0, size)]
}

const changed = (at: number, byte: number): Uint8Array => Uint8Array.from(good.with(at, byte))

test.for<readonly [string, Uint8Array, readonly number[] | undefined]>([
  ['a question', good, undefined],
  ['a question with a record behind it', changed(11, 1), undefined],
  ['a compressed name', changed(12, 0xc0), undefined],
  ['less than a header', good.subarray(0, 11), []],
  ['an answer', changed(2, 0x81), []],
  ['another opcode', changed(2, 0x29), [0xbe, 0xef, 0xa9, RCODE.NOTIMP, 0, 0, 0, 0, 0, 0, 0, 0]],
  ['no question', changed(5, 0), [0xbe, 0xef, 0x81, RCODE.FORMERR, 0, 0, 0, 0, 0, 0, 0, 0]],
  ['two questions', changed(5, 2), [0xbe, 0xef, 0x81, RCODE.FORMERR, 0, 0, 0, 0, 0, 0, 0, 0]],
  ['a label beyond the end', changed(12, 63), [0xbe, 0xef, 0x81, RCODE.FORMERR, 0, 0, 0, 0, 0, 0, 0, 0]],
  ['half a type', good.subarray(0, -3), [0xbe, 0xef, 0x81, RCODE.FORMERR, 0, 0, 0, 0, 0, 0, 0, 0]],
  ['no name', good.subarray(0, 12), [0xbe, 0xef, 0x81, RCODE.FORMERR, 0, 0, 0, 0, 0, 0, 0, 0]],
])('%s', ([, query, expected]) => {
  expect(written(query)).toEqual(expected)
})

test('a reply that is made in place is that of the server', () => {
  const few = fc.constantFrom(0, 0, 0, 1, 2, 7, 63, 64, 0xc0, 0x28, 0x80)
  const packets = fc.array(few, { maxLength: 60 }).map((bytes) => Uint8Array.from(bytes))
  const nearlyGood = fc
    .tuple(fc.nat(good.length - 1), fc.nat(255), fc.nat(good.length))
    .map(([at, byte, end]) => changed(at, byte).subarray(0, end))
  fc.assert(
    fc.property(fc.oneof(packets, nearlyGood), (query) => {
      const inPlace = written(query)
      if (inPlace === undefined) return
      const reaction = respond(zone, query, { overTcp: false })
      expect(reaction.kind === 'reply' ? [...reaction.bytes] : []).toEqual(inPlace)
    }),
    { numRuns: 5000 },
  )
})

test('a query that must stay as it is does', () => {
  const query = Uint8Array.from(good)
  expect([...bareReply(query, RCODE.FORMERR)]).toEqual([0xbe, 0xef, 0x81, RCODE.FORMERR, 0, 0, 0, 0, 0, 0, 0, 0])
  expect(query).toEqual(good)
})
