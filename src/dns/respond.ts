import { answer, failure, type Answer } from './answer.ts'
import { bareReply } from './bare-reply.ts'
import { extendedError } from './extended-error.ts'
import { FLAG, HEADER_SIZE, type Edns, type Message } from './message.ts'
import { UDP_SIZE, UDP_SIZE_WITHOUT_EDNS } from './packet-question.ts'
import { readMessage } from './read-message.ts'
import { CLASS_IN, RCODE, QTYPE, type Question, type ResourceRecord } from './records.ts'
import { searchNames } from './search-path.ts'
import { MAX_MESSAGE, writeMessage } from './write-message.ts'
import type { Zone } from './zone.ts'

export interface QueryContext {
  readonly overTcp: boolean
  /** Where the query came from, as text. */
  readonly client?: string
  /** Counts queries: addresses are rotated by it. */
  readonly turn?: number
}

/** What to do about a message that came in. */
export type Reaction =
  | { readonly kind: 'drop' }
  | {
      readonly kind: 'reply'
      readonly bytes: Uint8Array
      /** The same zone gives this reply to any client that asks so. */
      readonly shared: boolean
    }
  /** Send `query` upstream, give what came back (undefined: nothing did) to `resume`, and go on with that. */
  | {
      readonly kind: 'ask'
      readonly query: Uint8Array
      readonly resume: (response: Uint8Array | undefined) => Reaction
    }

interface Exchange extends QueryContext {
  readonly zone: Zone
  readonly query: Message
  readonly question: Question
}

/** Answers one message, whatever it is. Never throws. */
export function respond(zone: Zone, bytes: Uint8Array, context: QueryContext): Reaction {
  const flags = ((bytes[2] ?? 0) << 8) | (bytes[3] ?? 0)
  if (bytes.length < HEADER_SIZE || (flags & FLAG.QR) !== 0) return { kind: 'drop' }
  const opcode = (flags >>> 11) & 15
  if (opcode !== 0) return replyBare(bytes, RCODE.NOTIMP)
  const query = readMessage(bytes)
  const question = query?.questions[0]
  if (query === undefined || question === undefined || query.questions.length > 1) {
    return replyBare(bytes, RCODE.FORMERR)
  }
  const exchange: Exchange = { ...context, zone, query, question }
  if (query.edns !== undefined && query.edns.version > 0) return reply(exchange, failure(RCODE.BADVERS))
  if (question.class !== CLASS_IN) return reply(exchange, failure(RCODE.REFUSED))
  const names = searchNames(zone, question.name, context.client)
  return names === undefined ? answerAlone(exchange) : walk(exchange, names, 0, undefined)
}

/** An answer to what could not be read: the header alone. */
function replyBare(bytes: Uint8Array, rcode: number): Reaction {
  return { kind: 'reply', bytes: bareReply(bytes, rcode), shared: false }
}

function answerAlone(exchange: Exchange): Reaction {
  const outcome = answer(exchange.zone, exchange.question)
  if (!('forward' in outcome)) {
    return settle(exchange, outcome, (done) => reply(exchange, done, outcome.chase === undefined))
  }
  if (exchange.question.type === QTYPE.AXFR || exchange.question.type === QTYPE.IXFR) {
    return reply(exchange, failure(RCODE.REFUSED))
  }
  return {
    kind: 'ask',
    query: upstreamQuery(exchange, exchange.question.name),
    resume: (response) => passOn(exchange, response),
  }
}

/** Follows a chain that leaves the zone to its end. */
function settle(exchange: Exchange, start: Answer, done: (answer: Answer) => Reaction): Reaction {
  if (start.chase === undefined) return done(start)
  return {
    kind: 'ask',
    query: upstreamQuery(exchange, start.chase),
    resume: (response) => done(completeChain(start, readUpstream(response))),
  }
}

/** Search-path walk: the first name that is not denied; the first answer of all where every name is. */
function walk(exchange: Exchange, names: readonly string[], index: number, first: Answer | undefined): Reaction {
  const name = names[index]
  if (name === undefined) return reply(exchange, first ?? failure(RCODE.SERVFAIL))
  const outcome = answer(exchange.zone, { ...exchange.question, name })
  // Where the walk ends at once, it is the answer that anybody gets.
  const shared = index === 0 && !('forward' in outcome) && outcome.chase === undefined
  const next = (found: Answer): Reaction =>
    found.rcode === RCODE.NOERROR
      ? reply(exchange, asAlias(exchange, name, found), shared)
      : walk(exchange, names, index + 1, first ?? found)
  if (!('forward' in outcome)) return settle(exchange, outcome, next)
  return {
    kind: 'ask',
    query: upstreamQuery(exchange, name),
    resume: (response) => next(completeChain(undefined, readUpstream(response))),
  }
}

/** The answer of another name, behind a CNAME from the name that was asked. */
function asAlias(exchange: Exchange, name: string, found: Answer): Answer {
  const asked = exchange.question.name
  const [head] = found.answers
  if (head === undefined || name === asked) return found
  const alias: ResourceRecord = { name: asked, ttl: head.ttl, data: { type: 'CNAME', target: name } }
  return { ...found, answers: [alias, ...found.answers] }
}

/**
 * A chain and what upstream said of its end: the rcode of the end, the SOA where upstream sent it (RFC 2308), TC passed on.
 * Anything but NOERROR and NXDOMAIN is a failure of the whole.
 */
export function completeChain(start: Answer | undefined, end: Message | undefined): Answer {
  if (end === undefined || (end.rcode !== RCODE.NOERROR && end.rcode !== RCODE.NXDOMAIN)) {
    return failure(RCODE.SERVFAIL)
  }
  return {
    rcode: end.rcode,
    answers: [...(start?.answers ?? []), ...end.answers],
    authority: end.authority.filter(({ data }) => data.type === 'SOA'),
    additional: [],
    authoritative: start !== undefined,
    ...(end.truncated ? { truncated: true } : {}),
  }
}

function readUpstream(response: Uint8Array | undefined): Message | undefined {
  const message = response && readMessage(response)
  return message?.response === true ? message : undefined
}

/** The query of a forwarder: the client's question and wishes, our own EDNS. */
function upstreamQuery({ query, question }: Exchange, name: string): Uint8Array {
  return writeMessage({
    ...query,
    authoritative: false,
    truncated: false,
    recursionAvailable: false,
    rcode: RCODE.NOERROR,
    questions: [{ ...question, name }],
    answers: [],
    authority: [],
    additional: [],
    ...(query.edns === undefined ? {} : { edns: { size: UDP_SIZE, version: 0, dnssecOk: query.edns.dnssecOk } }),
  })
}

/** The largest answer that the client takes, in bytes. */
function sizeLimit({ overTcp, query }: Exchange): number {
  if (overTcp) return MAX_MESSAGE
  return query.edns === undefined
    ? UDP_SIZE_WITHOUT_EDNS
    : Math.min(UDP_SIZE, Math.max(UDP_SIZE_WITHOUT_EDNS, query.edns.size))
}

/** Upstream's answer as it came, under the client's id; what is too large for the client becomes an invitation to use TCP. */
function passOn(exchange: Exchange, response: Uint8Array | undefined): Reaction {
  const usable = response !== undefined && response.length >= HEADER_SIZE && ((response[2] ?? 0) & 0x80) !== 0
  if (!usable) return reply(exchange, failure(RCODE.SERVFAIL))
  if (response.length > sizeLimit(exchange)) return reply(exchange, { ...failure(RCODE.NOERROR), truncated: true })
  const bytes = new Uint8Array(response)
  bytes[0] = exchange.query.id >>> 8
  bytes[1] = exchange.query.id & 0xff
  return { kind: 'reply', bytes, shared: false }
}

/** Addresses at the end of an answer, rotated, so that clients that take the first one spread. */
export function rotate(records: readonly ResourceRecord[], turn: number): readonly ResourceRecord[] {
  const type = records.at(-1)?.data.type
  if (records.length < 2 || (type !== 'A' && type !== 'AAAA')) return records
  const start = records.findLastIndex(({ data }) => data.type !== type) + 1
  const shift = start + (turn % (records.length - start))
  return shift === start
    ? records
    : [...records.slice(0, start), ...records.slice(shift), ...records.slice(start, shift)]
}

function reply(exchange: Exchange, found: Answer, shared = false): Reaction {
  const { query, question, turn = 0 } = exchange
  const message: Message = {
    id: query.id,
    response: true,
    opcode: query.opcode,
    authoritative: found.authoritative,
    truncated: found.truncated ?? false,
    recursionDesired: query.recursionDesired,
    recursionAvailable: false,
    authenticData: false,
    checkingDisabled: query.checkingDisabled,
    rcode: found.rcode,
    questions: [question],
    answers: rotate(found.answers, turn),
    authority: found.authority,
    additional: found.additional,
    ...(query.edns === undefined ? {} : { edns: replyEdns(exchange, query.edns, found) }),
  }
  return { kind: 'reply', bytes: writeMessage(message, sizeLimit(exchange)), shared }
}

/** Who sent none of RFC 6891 is told no reason either. */
function replyEdns({ zone, question }: Exchange, { dnssecOk }: Edns, found: Answer): Edns {
  const error = extendedError(zone, question, found)
  return { size: UDP_SIZE, version: 0, dnssecOk, ...(error === undefined ? {} : { error }) }
}
