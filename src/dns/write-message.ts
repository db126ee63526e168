import { DNSSEC_OK, FLAG, HEADER_SIZE, type Message } from './message.ts'
import { CLASS_IN, QTYPE, typeCode, type RecordData, type ResourceRecord } from './records.ts'

export const MAX_MESSAGE = 65535
const OPT_SIZE = 11
/** The option of RFC 8914. */
const EXTENDED_ERROR = 15
/** Names can be pointed to only below this offset (RFC 1035, 4.1.4). */
const POINTER_LIMIT = 0x4000

/** Written to before the result is copied out, so that one message costs one allocation: the largest message and one record more. */
const scratch = new Uint8Array(2 * 65536 + 2048)
let at = 0
/** Suffixes of names, as text, to where they stand. */
const places = new Map<string, number>()

function u8(value: number): void {
  scratch[at++] = value
}

function u16(value: number): void {
  scratch[at] = value >>> 8
  scratch[at + 1] = value
  at += 2
}

function u32(value: number): void {
  u16(value >>> 16)
  u16(value & 0xffff)
}

function writeBytes(bytes: Uint8Array): void {
  scratch.set(bytes, at)
  at += bytes.length
}

/** `web` or `a\046b`: the length and the bytes. */
function writeLabel(name: string, from: number, to: number): void {
  const lengthAt = at++
  for (let i = from; i < to; i++) {
    const code = name.charCodeAt(i)
    if (code === 0x5c) {
      u8(Number(name.slice(i + 1, i + 4)))
      i += 3
    } else {
      u8(code)
    }
  }
  scratch[lengthAt] = at - lengthAt - 1
}

/** RFC 2782 forbids compression in the target of SRV; such a name can still be pointed to. */
function writeName(name: string, compress = true): void {
  let from = 0
  while (from < name.length) {
    if (name === '.') break
    const suffix = from === 0 ? name : name.slice(from)
    const place = places.get(suffix)
    if (place !== undefined && compress) return u16(0xc000 | place)
    if (place === undefined && at < POINTER_LIMIT) places.set(suffix, at)
    const dot = name.indexOf('.', from)
    const end = dot < 0 ? name.length : dot
    writeLabel(name, from, end)
    from = end + 1
  }
  u8(0)
}

function writeData(data: RecordData): void {
  switch (data.type) {
    case 'A':
    case 'AAAA':
      return writeBytes(data.address)
    case 'CNAME':
    case 'NS':
    case 'PTR':
      return writeName(data.target)
    case 'MX':
      u16(data.preference)
      return writeName(data.target)
    case 'SRV':
      u16(data.priority)
      u16(data.weight)
      u16(data.port)
      return writeName(data.target, false)
    case 'SOA':
      writeName(data.mname)
      writeName(data.rname)
      return data.numbers.forEach(u32)
    case 'TXT':
      for (const text of data.strings) {
        u8(text.length)
        for (let i = 0; i < text.length; i++) u8(text.charCodeAt(i))
      }
      return undefined
    case 'OTHER':
      return writeBytes(data.bytes)
  }
}

function writeRecord(record: ResourceRecord): void {
  writeName(record.name)
  u16(typeCode(record.data))
  u16(CLASS_IN)
  u32(record.ttl)
  const lengthAt = at
  at += 2
  writeData(record.data)
  const length = at - lengthAt - 2
  scratch[lengthAt] = length >>> 8
  scratch[lengthAt + 1] = length
}

/** As many records as end at or before `limit`; how many they were. */
function writeRecords(records: readonly ResourceRecord[], limit: number): number {
  let count = 0
  for (const record of records) {
    const start = at
    writeRecord(record)
    if (at > limit) {
      at = start
      return count
    }
    count++
  }
  return count
}

function flagsOf(message: Message, truncated: boolean): number {
  return (
    (message.response ? FLAG.QR : 0) |
    (message.opcode << 11) |
    (message.authoritative ? FLAG.AA : 0) |
    (truncated ? FLAG.TC : 0) |
    (message.recursionDesired ? FLAG.RD : 0) |
    (message.recursionAvailable ? FLAG.RA : 0) |
    (message.authenticData ? FLAG.AD : 0) |
    (message.checkingDisabled ? FLAG.CD : 0) |
    (message.rcode & 15)
  )
}

function writeOption(message: Message): void {
  if (message.edns === undefined) return
  const { size, version, dnssecOk, error } = message.edns
  u8(0)
  u16(QTYPE.OPT)
  u16(size)
  u8(message.rcode >>> 4)
  u8(version)
  u16(dnssecOk ? DNSSEC_OK : 0)
  u16(errorSize(message))
  if (error === undefined) return
  u16(EXTENDED_ERROR)
  u16(2 + error.text.length)
  u16(error.code)
  for (let i = 0; i < error.text.length; i++) u8(error.text.charCodeAt(i))
}

/** With the head of the option and the code. */
function errorSize({ edns }: Message): number {
  return edns?.error === undefined ? 0 : 6 + edns.error.text.length
}

/**
 * The message in at most `limit` bytes, always compressed. Where answers or authority do not fit, as many records as do are
 * written and TC is set; additional records that do not fit are left out without it (RFC 2181, section 9).
 * The question is always written. Names must be ones that the wire can carry (see isName).
 */
export function writeMessage(message: Message, limit: number = MAX_MESSAGE): Uint8Array {
  places.clear()
  at = HEADER_SIZE
  for (const question of message.questions) {
    writeName(question.name)
    u16(question.type)
    u16(question.class)
  }
  const room = limit - (message.edns === undefined ? 0 : OPT_SIZE + errorSize(message))
  const answers = writeRecords(message.answers, room)
  const answersFit = answers === message.answers.length
  const authority = answersFit ? writeRecords(message.authority, room) : 0
  const fits = answersFit && authority === message.authority.length
  const additional = fits ? writeRecords(message.additional, room) : 0
  writeOption(message)
  const end = at
  at = 0
  u16(message.id)
  u16(flagsOf(message, message.truncated || !fits))
  u16(message.questions.length)
  u16(answers)
  u16(authority)
  u16(additional + (message.edns === undefined ? 0 : 1))
  return scratch.slice(0, end)
}
