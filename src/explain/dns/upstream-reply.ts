/** What the servers upstream say of a name: only a running network can ask them. */
import { queryMessage } from '../../dns/message.ts'
import { readMessage } from '../../dns/read-message.ts'
import { CLASS_IN, formatRecord, RCODE, typeCode } from '../../dns/records.ts'
import { writeMessage } from '../../dns/write-message.ts'
import { questionCode } from './question-types.ts'

export interface UpstreamReply {
  readonly result: 'answer' | 'NODATA' | 'NXDOMAIN' | 'SERVFAIL' | 'REFUSED' | 'no answer'
  /** As in a zone file. */
  readonly records: readonly string[]
  readonly milliseconds: number
}

const RESULTS: ReadonlyMap<number, UpstreamReply['result']> = new Map([
  [RCODE.NXDOMAIN, 'NXDOMAIN'],
  [RCODE.REFUSED, 'REFUSED'],
])

/** The question as a message. */
export function upstreamQuestion(name: string, type: string): Uint8Array {
  return writeMessage(queryMessage(1, { name, type: questionCode(type), class: CLASS_IN }))
}

/** A message that came back after so many milliseconds; undefined where none did. */
export function upstreamReply(message: Uint8Array | undefined, type: string, milliseconds: number): UpstreamReply {
  const reply = message && readMessage(message)
  if (reply === undefined) return { result: 'no answer', records: [], milliseconds }
  const records = reply.answers.map(formatRecord)
  if (reply.rcode !== RCODE.NOERROR) return { result: RESULTS.get(reply.rcode) ?? 'SERVFAIL', records, milliseconds }
  // What did not fit is there all the same.
  const found =
    reply.truncated || reply.answers.some(({ data }) => type === 'ANY' || typeCode(data) === questionCode(type))
  return { result: found ? 'answer' : 'NODATA', records, milliseconds }
}
