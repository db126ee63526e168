import type { Moment } from './answer-page.ts'
import { createAnswerTable } from './answer-table.ts'
import type { Message } from './message.ts'
import { createPacketQuestion, readQuestion, type PacketQuestion } from './packet-question.ts'
import { readMessage } from './read-message.ts'
import { QTYPE, RCODE, typeCode } from './records.ts'
import { scanReply } from './scan-reply.ts'

/** Answers from upstream, for as long as their TTLs allow. */
export interface ForwardCache {
  /**
   * Makes the reply out of the query in `packet`: its length, or 0 where there is none. Without `late` also 0 where the
   * answer ends soon, so that whoever asks is led to fetch it anew.
   */
  answer(question: PacketQuestion, packet: Uint8Array, moment: Moment, late: boolean): number
  /** Keeps an answer where it may be kept. `now` in seconds. */
  remember(query: Uint8Array, response: Uint8Array, now: number): void
  /** The names of the reverse trees, which a change of the cluster can make its own. */
  forgetReverse(): void
  /** Replies made so far, of existing names and of denials. */
  readonly hits: { readonly success: number; readonly denial: number }
  /** Answers held: existing names, and denials. */
  sizes(): { readonly success: number; readonly denial: number }
}

/** Seconds. */
const LONGEST = 3600
/** RFC 2308, section 5, suggests one to three hours at most; what is created meanwhile is hidden that long. */
const LONGEST_DENIAL = 1800
/** RFC 2308, section 7.1: no longer than five minutes. */
const FAILURE = 5
const LIMITS = { entries: 10_000, bytes: 4 * 1024 * 1024 }
const REVERSE = 1

/** Seconds that a response may be kept for; 0 for none. */
export function cacheTime(response: Message): number {
  const [question] = response.questions
  if (question === undefined || response.truncated || !response.response) return 0
  if (response.rcode === RCODE.SERVFAIL) return FAILURE
  if (response.rcode !== RCODE.NOERROR && response.rcode !== RCODE.NXDOMAIN) return 0
  const { answers } = response
  const shortest = Math.min(LONGEST, ...answers.map(({ ttl }) => ttl))
  const complete = answers.some(({ data }) => typeCode(data) === question.type) || question.type === QTYPE.ANY
  if (response.rcode === RCODE.NOERROR && complete && answers.length > 0) return shortest
  // A denial, perhaps at the end of a chain: without SOA nobody says for how long (RFC 2308, section 5).
  const denials = response.authority.flatMap(({ ttl, data }) =>
    data.type === 'SOA' ? Math.min(ttl, data.numbers[4]) : [],
  )
  return denials.length === 0 ? 0 : Math.min(LONGEST_DENIAL, shortest, ...denials)
}

export function createForwardCache(): ForwardCache {
  const success = createAnswerTable(LIMITS)
  const denial = createAnswerTable(LIMITS)
  const asked = createPacketQuestion()
  const hits = { success: 0, denial: 0 }
  return {
    hits,
    answer(question, packet, moment, late) {
      const found = success.answer(question, packet, moment, late)
      if (found > 0) {
        hits.success++
        return found
      }
      const denied = denial.answer(question, packet, moment, true)
      if (denied > 0) hits.denial++
      return denied
    },
    remember(query, response, now) {
      if (!readQuestion(asked, query, query.length) || response.length > asked.limit) return
      const message = readMessage(response)
      const time = message === undefined ? 0 : cacheTime(message)
      if (message === undefined || time === 0) return
      const answered = message.rcode === RCODE.NOERROR && message.answers.length > 0
      const table = answered ? success : denial
      table.remember(asked, query, {
        reply: response,
        serialAt: 0,
        turning: { start: 0, count: 0, size: 0 },
        tag: message.questions[0]?.name.toLowerCase().endsWith('.arpa.') === true ? REVERSE : 0,
        ttlPlaces: scanReply(response).map(({ ttlAt }) => ttlAt),
        stored: now,
        expires: now + time,
      })
    },
    forgetReverse() {
      success.forget(REVERSE)
      denial.forget(REVERSE)
    },
    sizes: () => ({ success: success.size(), denial: denial.size() }),
  }
}
