import { DNSSEC_OK, FLAG, HEADER_SIZE, type Edns, type Message } from './message.ts'
import { CLASS_IN, QTYPE, TYPE, type Question, type RecordData, type ResourceRecord } from './records.ts'

/** A place in a message. `failed` stays set once anything did not fit; what is read after that means nothing. */
interface Reader {
  readonly bytes: Uint8Array
  at: number
  failed: boolean
}

interface Option {
  readonly edns: Edns
  /** Bits 4 to 11 of the rcode, in their place. */
  readonly rcode: number
}

const MAX_NAME = 255

function u8(reader: Reader): number {
  const value = reader.bytes[reader.at++]
  if (value === undefined) reader.failed = true
  return value ?? 0
}

function u16(reader: Reader): number {
  return u8(reader) * 256 + u8(reader)
}

function u32(reader: Reader): number {
  return u16(reader) * 65536 + u16(reader)
}

function take(reader: Reader, length: number): Uint8Array {
  const end = reader.at + length
  if (end > reader.bytes.length) reader.failed = true
  const part = new Uint8Array(reader.bytes.subarray(reader.at, end))
  reader.at = end
  return part
}

const CHARACTERS: readonly string[] = Array.from({ length: 256 }, (_, byte) =>
  byte > 0x20 && byte < 0x7f && byte !== 0x2e && byte !== 0x5c
    ? String.fromCharCode(byte)
    : `\\${String(byte).padStart(3, '0')}`,
)

/** A name, with compression. A pointer must point backwards, before the place where the name was last continued. */
function readName(reader: Reader): string {
  const { bytes } = reader
  let at = reader.at
  let end = -1
  let lowest = at
  let size = 1
  let name = ''
  for (;;) {
    const length = bytes[at]
    if (length === undefined) return fail(reader)
    if (length === 0) {
      reader.at = end < 0 ? at + 1 : end
      return name === '' ? '.' : name
    }
    if (length >= 0xc0) {
      const target = ((length & 0x3f) << 8) | (bytes[at + 1] ?? 0x3fff)
      if (target >= lowest) return fail(reader)
      if (end < 0) end = at + 2
      at = lowest = target
      continue
    }
    size += length + 1
    if (length > 63 || size > MAX_NAME || at + 1 + length > bytes.length) return fail(reader)
    for (let i = at + 1; i <= at + length; i++) name += CHARACTERS[bytes[i] ?? 0] ?? ''
    name += '.'
    at += 1 + length
  }
}

function fail(reader: Reader): string {
  reader.failed = true
  return '.'
}

function readStrings(reader: Reader, end: number): readonly string[] {
  const strings: string[] = []
  while (reader.at < end && !reader.failed) strings.push(String.fromCharCode(...take(reader, u8(reader))))
  return strings
}

function readData(reader: Reader, code: number, length: number): RecordData {
  switch (code) {
    case TYPE.A:
    case TYPE.AAAA:
      if (length !== (code === TYPE.A ? 4 : 16)) reader.failed = true
      return { type: code === TYPE.A ? 'A' : 'AAAA', address: take(reader, length) }
    case TYPE.CNAME:
      return { type: 'CNAME', target: readName(reader) }
    case TYPE.NS:
      return { type: 'NS', target: readName(reader) }
    case TYPE.PTR:
      return { type: 'PTR', target: readName(reader) }
    case TYPE.MX:
      return { type: 'MX', preference: u16(reader), target: readName(reader) }
    case TYPE.SRV:
      return { type: 'SRV', priority: u16(reader), weight: u16(reader), port: u16(reader), target: readName(reader) }
    case TYPE.SOA:
      return {
        type: 'SOA',
        mname: readName(reader),
        rname: readName(reader),
        numbers: [u32(reader), u32(reader), u32(reader), u32(reader), u32(reader)],
      }
    case TYPE.TXT:
      return { type: 'TXT', strings: readStrings(reader, reader.at + length) }
    default:
      return { type: 'OTHER', code, bytes: take(reader, length) }
  }
}

/** One section, without the records of other classes. OPT records go to `options`. */
function readRecords(reader: Reader, count: number, options: Option[]): readonly ResourceRecord[] {
  const records: ResourceRecord[] = []
  for (let i = 0; i < count && !reader.failed; i++) {
    const name = readName(reader)
    const code = u16(reader)
    const recordClass = u16(reader)
    const ttl = u32(reader)
    const length = u16(reader)
    const end = reader.at + length
    if (end > reader.bytes.length) reader.failed = true
    if (code === QTYPE.OPT) {
      if (name !== '.') reader.failed = true
      const edns = { size: recordClass, version: (ttl >>> 16) & 0xff, dnssecOk: (ttl & DNSSEC_OK) !== 0 }
      options.push({ edns, rcode: (ttl >>> 24) << 4 })
      readOptions(reader, end)
    } else if (recordClass === CLASS_IN) {
      records.push({ name, ttl, data: readData(reader, code, length) })
      if (reader.at !== end) reader.failed = true
    }
    reader.at = end
  }
  return records
}

/** Nothing is kept of the options: only their lengths must agree. */
function readOptions(reader: Reader, end: number): void {
  while (reader.at < end && !reader.failed) {
    u16(reader)
    const length = u16(reader)
    reader.at += length
  }
  if (reader.at !== end) reader.failed = true
}

function readQuestions(reader: Reader, count: number): readonly Question[] {
  const questions: Question[] = []
  for (let i = 0; i < count && !reader.failed; i++) {
    questions.push({ name: readName(reader), type: u16(reader), class: u16(reader) })
  }
  return questions
}

/** The message in `bytes`, or undefined where it is broken. Bytes after the last record are ignored. Never throws. */
export function readMessage(bytes: Uint8Array): Message | undefined {
  const reader: Reader = { bytes, at: 0, failed: bytes.length < HEADER_SIZE }
  if (reader.failed) return undefined
  const id = u16(reader)
  const flags = u16(reader)
  const counts = [u16(reader), u16(reader), u16(reader), u16(reader)] as const
  const options: Option[] = []
  const questions = readQuestions(reader, counts[0])
  const answers = readRecords(reader, counts[1], options)
  const authority = readRecords(reader, counts[2], options)
  const additional = readRecords(reader, counts[3], options)
  if (reader.failed || options.length > 1) return undefined
  const [option] = options
  return {
    id,
    response: (flags & FLAG.QR) !== 0,
    opcode: (flags >>> 11) & 15,
    authoritative: (flags & FLAG.AA) !== 0,
    truncated: (flags & FLAG.TC) !== 0,
    recursionDesired: (flags & FLAG.RD) !== 0,
    recursionAvailable: (flags & FLAG.RA) !== 0,
    authenticData: (flags & FLAG.AD) !== 0,
    checkingDisabled: (flags & FLAG.CD) !== 0,
    rcode: (flags & 15) | (option?.rcode ?? 0),
    questions,
    answers,
    authority,
    additional,
    ...(option === undefined ? {} : { edns: option.edns }),
  }
}
