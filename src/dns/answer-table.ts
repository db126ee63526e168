import {
  addEntry,
  clearPage,
  createPage,
  entryExpires,
  entryGeneration,
  entryStored,
  entryTag,
  findEntry,
  moveEntry,
  writeReply,
  type AnswerPage,
  type Entry,
  type Moment,
} from './answer-page.ts'
import type { PacketQuestion } from './packet-question.ts'

/** Whole replies by question, ready to be sent. What was not asked for long is forgotten first. */
export interface AnswerTable {
  /**
   * Makes the reply out of the query in `packet`: its length, 0 where the table has none. Without `late` also 0 in the last
   * tenth of its time.
   */
  answer(question: PacketQuestion, packet: Uint8Array, moment: Moment, late: boolean): number
  /** `packet` begins with the query. */
  remember(question: PacketQuestion, packet: Uint8Array, entry: Omit<Entry, 'generation'>): void
  /** What was remembered with this tag is forgotten. */
  forget(tag: number): void
  clear(): void
  /** Replies held, some of them perhaps no longer of use. */
  size(): number
}

/** Tags are numbers below this. */
export const TAGS = 4096
/** For what never ends: whole seconds in 31 bits. */
export const FOR_EVER = 0x7fffffff

/** Pages begin small: most networks have few names. */
const FIRST = { entries: 512, bytes: 128 * 1024 }

function isLate(page: AnswerPage, place: number, now: number): boolean {
  const expires = entryExpires(page, place)
  return (expires - now) * 10 <= expires - entryStored(page, place)
}

/** Two pages: answers that are asked for move to the younger one; when that is full, the older one is thrown away. */
export function createAnswerTable(limits: { readonly entries: number; readonly bytes: number }): AnswerTable {
  let size = FIRST
  let young = createPage(size.entries, size.bytes)
  let old = createPage(size.entries, size.bytes)
  const generations = new Int32Array(TAGS)

  const turnOver = (): void => {
    const spare = old
    old = young
    if (size.entries < limits.entries) {
      size = { entries: Math.min(limits.entries, size.entries * 4), bytes: Math.min(limits.bytes, size.bytes * 4) }
    } else if (spare.bytes.length === limits.bytes) {
      young = spare
      return clearPage(young)
    }
    young = createPage(size.entries, size.bytes)
  }
  const holds = (page: typeof young, place: number, now: number): boolean =>
    generations[entryTag(page, place)] === entryGeneration(page, place) && entryExpires(page, place) > now

  /** The entry's place in the younger page, 0 where there is none. */
  const find = (question: PacketQuestion, packet: Uint8Array, now: number): number => {
    const place = findEntry(young, question, packet)
    if (place !== 0) return holds(young, place, now) ? place : 0
    const older = findEntry(old, question, packet)
    if (older === 0 || !holds(old, older, now)) return 0
    if (!moveEntry(old, older, young)) {
      turnOver()
      return 0
    }
    return findEntry(young, question, packet)
  }

  return {
    answer(question, packet, moment, late) {
      const place = find(question, packet, moment.now)
      if (place === 0 || (!late && isLate(young, place, moment.now))) return 0
      return writeReply(young, place, question, packet, moment)
    },
    remember(question, packet, entry) {
      const whole: Entry = { ...entry, generation: generations[entry.tag] ?? 0 }
      if (addEntry(young, question, packet, whole)) return
      turnOver()
      addEntry(young, question, packet, whole)
    },
    forget(tag) {
      generations[tag] = ((generations[tag] ?? 0) + 1) | 0
    },
    clear() {
      clearPage(young)
      clearPage(old)
    },
    size: () => young.count + old.count,
  }
}
