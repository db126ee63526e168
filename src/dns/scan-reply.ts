import { HEADER_SIZE } from './message.ts'
import { QTYPE, TYPE } from './records.ts'

/** Where one record stands in a message. */
export interface RecordPlace {
  readonly section: 'answer' | 'authority' | 'additional'
  readonly type: number
  readonly start: number
  readonly ttlAt: number
  readonly dataAt: number
  readonly end: number
}

function u16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)
}

/** Where the name at `at` ends. */
export function skipName(bytes: Uint8Array, at: number): number {
  let place = at
  while (place < bytes.length) {
    const size = bytes[place] ?? 0
    if (size >= 0xc0) return place + 2
    if (size === 0) return place + 1
    place += 1 + size
  }
  return place
}

/** The records of a message with one question that readMessage could read. OPT records are left out. */
export function scanReply(bytes: Uint8Array): readonly RecordPlace[] {
  const places: RecordPlace[] = []
  let at = skipName(bytes, HEADER_SIZE) + 4
  const sections = ['answer', 'authority', 'additional'] as const
  for (const [index, section] of sections.entries()) {
    const count = u16(bytes, 6 + 2 * index)
    for (let i = 0; i < count; i++) {
      const typeAt = skipName(bytes, at)
      const dataAt = typeAt + 10
      const end = dataAt + u16(bytes, typeAt + 8)
      const type = u16(bytes, typeAt)
      if (type !== QTYPE.OPT) places.push({ section, type, start: at, ttlAt: typeAt + 4, dataAt, end })
      at = end
    }
  }
  return places
}

/** Where the serial of the SOA record in the authority section stands, or 0. */
export function serialPlace(bytes: Uint8Array, places: readonly RecordPlace[]): number {
  const soa = places.find(({ section, type }) => section === 'authority' && type === TYPE.SOA)
  return soa === undefined ? 0 : skipName(bytes, skipName(bytes, soa.dataAt))
}

/** The addresses at the end of the answers that take turns: where they begin, how many, and their size; none: zeros. */
export interface Turning {
  readonly start: number
  readonly count: number
  readonly size: number
}

const NOTHING_TURNS: Turning = { start: 0, count: 0, size: 0 }

export function turningAddresses(places: readonly RecordPlace[]): Turning {
  const answers = places.filter(({ section }) => section === 'answer')
  const last = answers.at(-1)
  if (last === undefined || (last.type !== TYPE.A && last.type !== TYPE.AAAA)) return NOTHING_TURNS
  const tail = answers.slice(answers.findLastIndex(({ type }) => type !== last.type) + 1)
  const size = last.end - last.start
  const [first] = tail
  if (first === undefined || tail.length < 2 || tail.some(({ start, end }) => end - start !== size))
    return NOTHING_TURNS
  return { start: first.start, count: tail.length, size }
}
