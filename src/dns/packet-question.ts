import { DNSSEC_OK, HEADER_SIZE } from './message.ts'
import { CLASS_IN, QTYPE } from './records.ts'

/** UDP answers stay below what any path carries in one piece, whatever the client takes. */
export const UDP_SIZE = 1232
export const UDP_SIZE_WITHOUT_EDNS = 512

/**
 * What decides about the answer to a packet, apart from the zone. One such record serves for packet after packet, as
 * nothing is to be allocated for one.
 */
export interface PacketQuestion {
  /** Of the name in lower case, the type and the variant. */
  hash: number
  /** Where the question section ends. The name begins after the header. */
  end: number
  type: number
  /** The flags that an answer can depend on: RD, AD, CD, whether there is an OPT record, and its DO. */
  variant: number
  /** The largest answer over UDP, in bytes. */
  limit: number
  /** The name has capital letters. */
  mixedCase: boolean
}

export function createPacketQuestion(): PacketQuestion {
  return { hash: 0, end: 0, type: 0, variant: 0, limit: 0, mixedCase: false }
}

export const LOWER: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte,
)

const MAX_NAME = 255
const OPT_SIZE = 11
const RD = 1
const AD = 2
const CD = 4
const EDNS = 8
const DO = 16

/** Reads a query of the plain kind: one question of class IN and at most an OPT record. False for any other packet. */
export function readQuestion(question: PacketQuestion, packet: Uint8Array, length: number): boolean {
  if (length < HEADER_SIZE + 5 || !plainHeader(packet)) return false
  const nameEnd = readNameInto(question, packet, length)
  if (nameEnd === 0 || nameEnd + 4 > length) return false
  if (packet[nameEnd + 2] !== 0 || packet[nameEnd + 3] !== CLASS_IN) return false
  const end = nameEnd + 4
  question.end = end
  question.type = u16(packet, nameEnd)
  const second = packet[2] ?? 0
  const third = packet[3] ?? 0
  question.variant = (second & 1 ? RD : 0) | (third & 0x20 ? AD : 0) | (third & 0x10 ? CD : 0)
  question.limit = UDP_SIZE_WITHOUT_EDNS
  if (packet[11] === 0 ? end !== length : !readOption(question, packet, end, length)) return false
  question.hash = mix(question.hash ^ (question.type << 8) ^ question.variant ^ (question.limit << 16))
  return true
}

/** QUERY with no flags but RD, AD and CD; one question, no answers, no authority, at most one additional record. */
function plainHeader(packet: Uint8Array): boolean {
  return (
    ((packet[2] ?? 0) & 0xfe) === 0 &&
    ((packet[3] ?? 0) & 0xcf) === 0 &&
    packet[4] === 0 &&
    packet[5] === 1 &&
    ((packet[6] ?? 1) | (packet[7] ?? 1) | (packet[8] ?? 1) | (packet[9] ?? 1) | (packet[10] ?? 1)) === 0 &&
    (packet[11] ?? 2) <= 1
  )
}

/** Sets hash and mixedCase; the end of the name, or 0 where it is compressed or broken. Lengths are no capital letters. */
function readNameInto(question: PacketQuestion, packet: Uint8Array, length: number): number {
  let hash = 0x811c9dc5
  let capitals = 0
  let at = HEADER_SIZE
  for (;;) {
    const size = packet[at] ?? 0
    if (size > 63 || at >= length || at - HEADER_SIZE >= MAX_NAME) return 0
    hash = Math.imul(hash ^ size, 0x01000193)
    const end = at + 1 + size
    if (end >= length) return 0
    for (at++; at < end; at++) {
      const byte = packet[at] ?? 0
      const lower = LOWER[byte] ?? 0
      capitals |= byte ^ lower
      hash = Math.imul(hash ^ lower, 0x01000193)
    }
    if (size === 0) break
  }
  question.hash = hash
  question.mixedCase = capitals !== 0
  return at
}

/** An OPT record of version 0 that ends the packet. Options are looked at for their lengths only. */
function readOption(question: PacketQuestion, packet: Uint8Array, start: number, length: number): boolean {
  if (start + OPT_SIZE > length || packet[start] !== 0 || u16(packet, start + 1) !== QTYPE.OPT) return false
  const flags = u16(packet, start + 7)
  const extended = u16(packet, start + 5)
  if (extended !== 0 || (flags & ~DNSSEC_OK) !== 0) return false
  let at = start + OPT_SIZE
  if (at + u16(packet, start + 9) !== length) return false
  while (at + 4 <= length) at += 4 + u16(packet, at + 2)
  if (at !== length) return false
  const size = u16(packet, start + 3)
  question.variant |= EDNS | (flags === 0 ? 0 : DO)
  question.limit = size < UDP_SIZE_WITHOUT_EDNS ? UDP_SIZE_WITHOUT_EDNS : size > UDP_SIZE ? UDP_SIZE : size
  return true
}

function u16(packet: Uint8Array, at: number): number {
  return ((packet[at] ?? 0) << 8) | (packet[at + 1] ?? 0)
}

function mix(hash: number): number {
  const once = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b)
  return (once ^ (once >>> 13)) | 0
}
