import { HEADER_SIZE } from './message.ts'
import { RCODE } from './records.ts'

/** What is no bare reply's business: `respond` says what to do. */
export const NOT_BARE = -1

/**
 * A flood of what is no question should cost next to nothing: its reply, a header alone, is made where the packet stands. The
 * length of that; 0 where there is no reply; NOT_BARE for what may be a question, or can be told only by reading all of it.
 */
export function writeBareReply(packet: Uint8Array, length: number): number {
  const flags = packet[2] ?? 0
  if (length < HEADER_SIZE || (flags & 0x80) !== 0) return 0
  if ((flags & 0x78) !== 0) return writeBare(packet, RCODE.NOTIMP)
  const isOne = packet[4] === 0 && packet[5] === 1
  return isOne && fitsQuestion(packet, length) ? NOT_BARE : writeBare(packet, RCODE.FORMERR)
}

/** False where a label, type or class goes beyond the end. What is no plain label is not followed. */
function fitsQuestion(packet: Uint8Array, length: number): boolean {
  let at = HEADER_SIZE
  for (;;) {
    if (at >= length) return false
    const size = packet[at] ?? 0
    if (size > 63) return true
    at += 1 + size
    if (size === 0) return at + 4 <= length
  }
}

/** Opcode and RD are the query's, all other flags and counts are gone. */
function writeBare(packet: Uint8Array, rcode: number): number {
  packet[2] = 0x80 | ((packet[2] ?? 0) & 0x79)
  packet[3] = rcode
  for (let at = 4; at < HEADER_SIZE; at++) packet[at] = 0
  return HEADER_SIZE
}

/** The same of what must stay as it is. */
export function bareReply(query: Uint8Array, rcode: number): Uint8Array {
  const head = new Uint8Array(query.subarray(0, HEADER_SIZE))
  writeBare(head, rcode)
  return head
}
