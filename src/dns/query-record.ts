import { FLAG } from './message.ts'
import { UDP_SIZE_WITHOUT_EDNS } from './packet-question.ts'
import { readMessage } from './read-message.ts'
import { CLASS_IN, formatRecord, QTYPE, RCODE, TYPE } from './records.ts'

/** One question and what it was answered, in words. */
export interface QueryRecord {
  /** Of the query; the answer has the same. */
  readonly id: number
  /** Absolute, as it was written; these three are `-` for what could not be read. */
  readonly name: string
  readonly type: string
  readonly class: string
  readonly protocol: 'udp' | 'tcp'
  /** Bytes of the query. */
  readonly size: number
  readonly dnssecOk: boolean
  /** Bytes that the client takes in one datagram. */
  readonly bufferSize: number
  readonly rcode: string
  /** `qr`, `aa`, `tc`, `rd`, `ra`, `ad`, `cd`: those that the answer has. */
  readonly flags: readonly string[]
  readonly responseSize: number
  /** Lines of a zone file. */
  readonly answers: readonly string[]
}

/** Types that are asked for, though they are never read. */
const OTHER_TYPES = { HINFO: 13, NAPTR: 35, SVCB: 64, HTTPS: 65, CAA: 257 }
const TYPE_NAMES = namesOf({ ...TYPE, ...QTYPE, ...OTHER_TYPES })
const RCODE_NAMES = namesOf(RCODE)
const NOTHING = '-'

function namesOf(codes: Readonly<Record<string, number>>): ReadonlyMap<number, string> {
  return new Map(Object.entries(codes).map(([name, code]) => [code, name]))
}

export function queryRecord(query: Uint8Array, reply: Uint8Array, overTcp: boolean): QueryRecord {
  const asked = readMessage(query)
  const answered = readMessage(reply)
  const [question] = asked?.questions ?? []
  const rcode = answered?.rcode ?? (reply[3] ?? 0) & 15
  return {
    id: u16(query, 0),
    name: question?.name ?? NOTHING,
    type: question === undefined ? NOTHING : (TYPE_NAMES.get(question.type) ?? `TYPE${question.type}`),
    class: question === undefined ? NOTHING : question.class === CLASS_IN ? 'IN' : `CLASS${question.class}`,
    protocol: overTcp ? 'tcp' : 'udp',
    size: query.length,
    dnssecOk: asked?.edns?.dnssecOk ?? false,
    bufferSize: asked?.edns?.size ?? UDP_SIZE_WITHOUT_EDNS,
    rcode: RCODE_NAMES.get(rcode) ?? `RCODE${rcode}`,
    flags: Object.entries(FLAG).flatMap(([name, bit]) => ((u16(reply, 2) & bit) === 0 ? [] : [name.toLowerCase()])),
    responseSize: reply.length,
    answers: answered?.answers.map(formatRecord) ?? [],
  }
}

/** Whether the question is for this name, begins with it (`web` for all of the search path), or is below it. */
export function isAbout(record: Pick<QueryRecord, 'name'>, wanted: string): boolean {
  const name = `.${record.name.toLowerCase().replace(/\.$/, '')}.`
  const part = `.${wanted.toLowerCase().replace(/\.$/, '')}.`
  return name.startsWith(part) || name.endsWith(part)
}

function u16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)
}
