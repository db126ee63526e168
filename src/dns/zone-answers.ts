import type { Moment } from './answer-page.ts'
import { createAnswerTable, FOR_EVER, TAGS } from './answer-table.ts'
import { createDenials } from './denial.ts'
import { FLAG, HEADER_SIZE } from './message.ts'
import { LOWER, type PacketQuestion } from './packet-question.ts'
import { parseRequest } from './parse-request.ts'
import { readMessage } from './read-message.ts'
import { TYPE } from './records.ts'
import { respond, type QueryContext, type Reaction } from './respond.ts'
import { scanReply, serialPlace, turningAddresses, type Turning } from './scan-reply.ts'
import type { Zone } from './zone.ts'

/**
 * Answers of a zone, remembered as they were sent. A change of a Service forgets the answers about that Service alone, so
 * that none is ever older than the zone. Denials have a table of their own, and are remembered when they are asked for again: a
 * flood of random names costs no answer, and little of the processor.
 */
export interface ZoneAnswers {
  /** Goes over to this zone: to be called before questions are answered, and cheap where it is still the same. */
  follow(zone: Zone): void
  /** Makes the reply out of the query in `packet`: its length, or 0 where there is none and `react` is to be asked. */
  answer(question: PacketQuestion, packet: Uint8Array, moment: Moment): number
  /** What to do about the query at the start of `packet`, which may be remembered. */
  react(question: PacketQuestion, packet: Uint8Array, length: number, context: QueryContext): Reaction
}

const LIMITS = { entries: 32_768, bytes: 8 * 1024 * 1024 }
const DENIAL_LIMITS = { entries: 16_384, bytes: 4 * 1024 * 1024 }
/** Of what can change with any change of the zone. */
const ANY_CHANGE = 0

export function createZoneAnswers(first: Zone): ZoneAnswers {
  const positive = createAnswerTable(LIMITS)
  const negative = createAnswerTable(DENIAL_LIMITS)
  const isFirst = createFirstTimes()
  const denials = createDenials()
  let zone = first

  const remember = (question: PacketQuestion, packet: Uint8Array, reply: Uint8Array, turn: number): void => {
    const places = scanReply(reply)
    const turning = turningAddresses(places)
    // Which of the addresses fit is another matter each time.
    if (turning.count > 0 && isTruncated(reply)) return
    const table = places.some(({ section }) => section === 'answer') ? positive : negative
    table.remember(question, packet, {
      reply: turnBack(reply, turning, turn),
      serialAt: serialPlace(reply, places),
      turning,
      tag: tagOf(zone, packet.subarray(0, question.end)),
      ttlPlaces: [],
      stored: 0,
      expires: FOR_EVER,
    })
  }

  return {
    follow(next) {
      if (next === zone) return
      if (next.config === zone.config) {
        for (const { key } of zone.services.changes(next.services)) forgetBoth(serviceTag(key))
        forgetBoth(ANY_CHANGE)
      } else {
        positive.clear()
        negative.clear()
      }
      zone = next
    },
    answer(question, packet, moment) {
      if (!isPlain(question)) return 0
      moment.serial = zone.serial
      const known = positive.answer(question, packet, moment, true) || negative.answer(question, packet, moment, true)
      if (known > 0 || !denials.isMissing(zone, question, packet)) return known
      return isFirst(question.hash) ? denials.write(zone, question, packet) : 0
    },
    react(question, packet, length, context) {
      const query = packet.subarray(0, length)
      const reaction = respond(zone, query, context)
      if (reaction.kind !== 'reply' || !reaction.shared || !isPlain(question)) return reaction
      if (hasNoAnswer(reaction.bytes) && isFirst(question.hash)) return reaction
      // Remembered as of small letters: names in the answer are then as short as they can be, and those of the objects.
      const small = question.mixedCase ? respond(zone, inSmallLetters(query, question.end), context) : reaction
      if (small.kind === 'reply') remember(question, packet, small.bytes, context.turn ?? 0)
      return reaction
    },
  }

  function forgetBoth(tag: number): void {
    positive.forget(tag)
    negative.forget(tag)
  }
}

/** The zone's name in other answers than addresses has the letter case of the question: see answer.ts. */
function isPlain({ mixedCase, type }: PacketQuestion): boolean {
  return !mixedCase || type === TYPE.A || type === TYPE.AAAA
}

function inSmallLetters(query: Uint8Array, end: number): Uint8Array {
  const small = Uint8Array.from(query)
  // The lengths of labels are below the capital letters; type and class are left alone.
  for (let at = HEADER_SIZE; at < end - 4; at++) small[at] = LOWER[small[at] ?? 0] ?? 0
  return small
}

/** The reply as it is when the first address is first. */
function turnBack(reply: Uint8Array, { start, count, size }: Turning, turn: number): Uint8Array {
  if (count === 0) return reply
  const back = Uint8Array.from(reply)
  const middle = start + size * (count - (turn % count))
  const end = start + size * count
  back.set(reply.subarray(middle, end), start)
  back.set(reply.subarray(start, middle), start + end - middle)
  return back
}

function hasNoAnswer(reply: Uint8Array): boolean {
  return reply[6] === 0 && reply[7] === 0
}

/** Bits, one for each hash that was met: 16 kB. */
const MET_BITS = 17
/** When so many are set, a quarter, all are forgotten. */
const MET_LIMIT = 2 ** (MET_BITS - 2)

/** Whether a hash is met for the first time in a while. Hashes share bits: then no is said too early, which does no harm. */
function createFirstTimes(): (hash: number) => boolean {
  const met = new Int32Array(2 ** (MET_BITS - 5))
  let count = 0
  return (hash) => {
    const bit = hash >>> (32 - MET_BITS)
    const [word, mask] = [bit >>> 5, 1 << (bit & 31)]
    if (((met[word] ?? 0) & mask) !== 0) return false
    if (++count > MET_LIMIT) {
      met.fill(0)
      count = 1
    }
    met[word] = (met[word] ?? 0) | mask
    return true
  }
}

function isTruncated(reply: Uint8Array): boolean {
  return ((reply[2] ?? 0) & (FLAG.TC >>> 8)) !== 0
}

function tagOf(zone: Zone, query: Uint8Array): number {
  const alone = Uint8Array.from(query)
  alone[11] = 0
  const name = readMessage(alone)?.questions[0]?.name
  const request = name === undefined ? undefined : parseRequest(name, zone)
  if (request?.shape !== 'service') return ANY_CHANGE
  // A denial says that there is no such namespace.
  if (!zone.namespaces.has(request.namespace)) return ANY_CHANGE
  const key = `${request.namespace}/${request.service}`
  return zone.services.get(key)?.externalName === undefined ? serviceTag(key) : ANY_CHANGE
}

/** Services share tags where there are more of them: then one is forgotten with another. */
function serviceTag(key: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193)
  return 1 + ((hash >>> 0) % (TAGS - 1))
}
