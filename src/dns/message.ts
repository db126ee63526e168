import type { Question, ResourceRecord } from './records.ts'

/** The OPT pseudo-record of RFC 6891. Its options (COOKIE, NSID and others) are dropped when read. */
export interface Edns {
  /** The largest UDP message that the sender takes, in bytes. */
  readonly size: number
  readonly version: number
  readonly dnssecOk: boolean
  /** Written, and dropped when read like the other options. */
  readonly error?: ExtendedError
}

/** Why there is no answer (RFC 8914): a code, and words for people in ASCII. */
export interface ExtendedError {
  readonly code: number
  readonly text: string
}

/** A whole DNS message (RFC 1035, section 4). Records of classes other than IN are dropped when read. */
export interface Message {
  readonly id: number
  readonly response: boolean
  readonly opcode: number
  readonly authoritative: boolean
  readonly truncated: boolean
  readonly recursionDesired: boolean
  readonly recursionAvailable: boolean
  readonly authenticData: boolean
  readonly checkingDisabled: boolean
  readonly rcode: number
  readonly questions: readonly Question[]
  readonly answers: readonly ResourceRecord[]
  readonly authority: readonly ResourceRecord[]
  readonly additional: readonly ResourceRecord[]
  readonly edns?: Edns
}

/** A plain question, as a resolver asks it of a server that may ask others. */
export function queryMessage(id: number, question: Question): Message {
  return {
    id,
    response: false,
    opcode: 0,
    authoritative: false,
    truncated: false,
    recursionDesired: true,
    recursionAvailable: false,
    authenticData: false,
    checkingDisabled: false,
    rcode: 0,
    questions: [question],
    answers: [],
    authority: [],
    additional: [],
  }
}

/** Bits of the second 16-bit word of the header. */
export const FLAG = { QR: 0x8000, AA: 0x0400, TC: 0x0200, RD: 0x0100, RA: 0x0080, AD: 0x0020, CD: 0x0010 } as const
export const HEADER_SIZE = 12
/** EDNS flag (RFC 3225). */
export const DNSSEC_OK = 0x8000
