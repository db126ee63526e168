import { HEADER_SIZE } from './message.ts'
import { LOWER, type PacketQuestion } from './packet-question.ts'

/** Words of one entry. */
const WORDS = 16
const HASH = 0
/** Where the entry's bytes begin: the name in lower case, bytes 2 to 11 of the header, then all after the question. */
const BYTES = 1
const NAME_SIZE = 2
const TYPE = 3
const VARIANT = 4
const LIMIT = 5
const REPLY_SIZE = 6
const SERIAL_AT = 7
const TURN_START = 8
const TURN_COUNT = 9
const TURN_SIZE = 10
const TAG = 11
const GENERATION = 12
const TTL_COUNT = 13
/** Seconds. */
const STORED = 14
const EXPIRES = 15

const HEAD = 10

/** A reply and what may change in it from one time to the next. Places count from the start of the message. */
export interface Entry {
  readonly reply: Uint8Array
  /** Of the zone's serial; 0 for none. */
  readonly serialAt: number
  readonly turning: { readonly start: number; readonly count: number; readonly size: number }
  /** It holds as long as this tag's generation does. */
  readonly tag: number
  readonly generation: number
  /** Of TTLs that count down. */
  readonly ttlPlaces: readonly number[]
  /** Seconds. */
  readonly stored: number
  readonly expires: number
}

/** What is the same for many packets. Seconds; `turn` counts queries. */
export interface Moment {
  now: number
  turn: number
  serial: number
}

/** A hash table of fixed size that only fills: when it is full, it is thrown away. */
export interface AnswerPage {
  readonly entries: Int32Array
  readonly slots: Int32Array
  readonly bytes: Uint8Array
  count: number
  used: number
}

export function createPage(entries: number, bytes: number): AnswerPage {
  return {
    entries: new Int32Array((entries + 1) * WORDS),
    slots: new Int32Array(2 ** Math.ceil(Math.log2(entries * 2))),
    bytes: new Uint8Array(bytes),
    count: 0,
    used: 0,
  }
}

export function clearPage(page: AnswerPage): void {
  if (page.count > 0) page.slots.fill(0)
  page.count = 0
  page.used = 0
}

/** The place of the entry for a question in `entries`; 0 where there is none. */
export function findEntry(page: AnswerPage, question: PacketQuestion, packet: Uint8Array): number {
  const { slots, entries } = page
  const mask = slots.length - 1
  for (let slot = question.hash & mask; ; slot = (slot + 1) & mask) {
    const place = slots[slot] ?? 0
    if (place === 0) return 0
    if (entries[place + HASH] === question.hash && matches(page, place, question, packet)) return place
  }
}

function matches(page: AnswerPage, place: number, question: PacketQuestion, packet: Uint8Array): boolean {
  const { entries, bytes } = page
  const size = question.end - HEADER_SIZE - 4
  if (entries[place + NAME_SIZE] !== size || entries[place + TYPE] !== question.type) return false
  if (entries[place + VARIANT] !== question.variant || entries[place + LIMIT] !== question.limit) return false
  const start = entries[place + BYTES] ?? 0
  for (let i = 0; i < size; i++) {
    if (bytes[start + i] !== LOWER[packet[HEADER_SIZE + i] ?? 0]) return false
  }
  return true
}

export function entryTag(page: AnswerPage, place: number): number {
  return page.entries[place + TAG] ?? 0
}

export function entryGeneration(page: AnswerPage, place: number): number {
  return page.entries[place + GENERATION] ?? 0
}

export function entryExpires(page: AnswerPage, place: number): number {
  return page.entries[place + EXPIRES] ?? 0
}

export function entryStored(page: AnswerPage, place: number): number {
  return page.entries[place + STORED] ?? 0
}

/** Adds or replaces; false where the page is full. */
export function addEntry(page: AnswerPage, question: PacketQuestion, packet: Uint8Array, entry: Entry): boolean {
  const nameSize = question.end - HEADER_SIZE - 4
  const { reply, ttlPlaces } = entry
  const size = nameSize + HEAD + reply.length - question.end + 2 * ttlPlaces.length
  const old = findEntry(page, question, packet)
  const full = old === 0 && (page.count + 2) * WORDS > page.entries.length
  if (full || page.used + size > page.bytes.length) return false
  const start = page.used
  page.used += size
  let at = start
  for (let i = 0; i < nameSize; i++) page.bytes[at++] = LOWER[packet[HEADER_SIZE + i] ?? 0] ?? 0
  page.bytes.set(reply.subarray(2, HEADER_SIZE), at)
  page.bytes.set(reply.subarray(question.end), at + HEAD)
  at = start + nameSize + HEAD + reply.length - question.end
  for (const place of ttlPlaces) {
    page.bytes[at++] = place >>> 8
    page.bytes[at++] = place
  }
  const place = old === 0 ? takePlace(page, question.hash) : old
  const { turning } = entry
  const words = [question.hash, start, nameSize, question.type, question.variant, question.limit, reply.length]
  words.push(entry.serialAt, turning.start, turning.count, turning.size, entry.tag, entry.generation)
  words.push(ttlPlaces.length, entry.stored, entry.expires)
  page.entries.set(words, place)
  return true
}

function takePlace(page: AnswerPage, hash: number): number {
  const place = ++page.count * WORDS
  const mask = page.slots.length - 1
  let slot = hash & mask
  while (page.slots[slot] !== 0) slot = (slot + 1) & mask
  page.slots[slot] = place
  return place
}

/** Makes the reply out of the query in `packet`; its length. The question stays as the client wrote it. */
export function writeReply(
  page: AnswerPage,
  place: number,
  question: PacketQuestion,
  packet: Uint8Array,
  moment: Moment,
): number {
  const { entries, bytes } = page
  const size = entries[place + REPLY_SIZE] ?? 0
  if (size > packet.length) return 0
  let from = (entries[place + BYTES] ?? 0) + (entries[place + NAME_SIZE] ?? 0)
  for (let at = 2; at < HEADER_SIZE; at++) packet[at] = bytes[from++] ?? 0
  const shift = from - question.end
  const count = entries[place + TURN_COUNT] ?? 0
  if (count === 0) copy(packet, question.end, bytes, from, size - question.end)
  else writeTurned(page, place, question, packet, shift, moment.turn % count)
  const serialAt = entries[place + SERIAL_AT] ?? 0
  if (serialAt !== 0) writeU32(packet, serialAt, moment.serial)
  const ttls = entries[place + TTL_COUNT] ?? 0
  if (ttls !== 0) countDown(page, place, packet, shift + size, ttls, moment.now)
  return size
}

/** The addresses that take turns: those from `turn` on, then those before. */
function writeTurned(
  page: AnswerPage,
  place: number,
  question: PacketQuestion,
  packet: Uint8Array,
  shift: number,
  turn: number,
): void {
  const { entries, bytes } = page
  const size = entries[place + REPLY_SIZE] ?? 0
  const one = entries[place + TURN_SIZE] ?? 0
  const start = entries[place + TURN_START] ?? 0
  const end = start + one * (entries[place + TURN_COUNT] ?? 0)
  const middle = start + one * turn
  copy(packet, question.end, bytes, shift + question.end, start - question.end)
  copy(packet, start, bytes, shift + middle, end - middle)
  copy(packet, start + end - middle, bytes, shift + start, middle - start)
  copy(packet, end, bytes, shift + end, size - end)
}

function countDown(
  page: AnswerPage,
  place: number,
  packet: Uint8Array,
  from: number,
  count: number,
  now: number,
): void {
  const passed = now - (page.entries[place + STORED] ?? 0)
  for (let i = 0; i < count; i++) {
    const at = ((page.bytes[from + 2 * i] ?? 0) << 8) | (page.bytes[from + 2 * i + 1] ?? 0)
    const ttl =
      ((packet[at] ?? 0) << 24) | ((packet[at + 1] ?? 0) << 16) | ((packet[at + 2] ?? 0) << 8) | (packet[at + 3] ?? 0)
    writeU32(packet, at, Math.max(0, ttl - passed))
  }
}

/** By hand: a view for `set` would cost more than the few bytes do. */
function copy(to: Uint8Array, toAt: number, from: Uint8Array, fromAt: number, size: number): void {
  for (let i = 0; i < size; i++) to[toAt + i] = from[fromAt + i] ?? 0
}

function writeU32(packet: Uint8Array, at: number, value: number): void {
  packet[at] = value >>> 24
  packet[at + 1] = value >>> 16
  packet[at + 2] = value >>> 8
  packet[at + 3] = value
}

/** Copies an entry into another page; false where that is full. */
export function moveEntry(from: AnswerPage, place: number, to: AnswerPage): boolean {
  const { entries, bytes } = from
  const start = entries[place + BYTES] ?? 0
  const nameSize = entries[place + NAME_SIZE] ?? 0
  const body = (entries[place + REPLY_SIZE] ?? 0) - HEADER_SIZE - nameSize - 4
  const size = nameSize + HEAD + body + 2 * (entries[place + TTL_COUNT] ?? 0)
  if ((to.count + 2) * WORDS > to.entries.length || to.used + size > to.bytes.length) return false
  to.bytes.set(bytes.subarray(start, start + size), to.used)
  const target = takePlace(to, entries[place + HASH] ?? 0)
  to.entries.set(entries.subarray(place, place + WORDS), target)
  to.entries[target + BYTES] = to.used
  to.used += size
  return true
}
