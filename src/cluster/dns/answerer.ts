import type { Moment } from '../../dns/answer-page.ts'
import { NOT_BARE, writeBareReply } from '../../dns/bare-reply.ts'
import { createPacketQuestion, readQuestion, type PacketQuestion } from '../../dns/packet-question.ts'
import { respond, type QueryContext, type Reaction } from '../../dns/respond.ts'
import { createZoneAnswers, type ZoneAnswers } from '../../dns/zone-answers.ts'
import type { Zone } from '../../dns/zone.ts'
import type { Forwarder } from './forwarder.ts'
import type { DnsMetrics } from './metrics.ts'
import type { QueryFeed } from './query-feed.ts'
import type { Upstream } from './upstream.ts'

/** Who is asked other names than ours, and who may have their answers at hand. */
export type Resolver = Pick<Upstream, 'query'> & Partial<Pick<Forwarder, 'answer' | 'forgetReverse'>>

export interface AnswererOptions {
  /** Asked for each batch of queries, so that an answer is never older than the zone. */
  readonly zone: () => Zone
  /** Without one, names that are not ours fail at once. */
  readonly upstream?: Resolver
  /** Forwarded queries under way; more are answered with SERVFAIL. */
  readonly mostForwarded: number
  readonly onError: (error: unknown) => void
  readonly observer?: DnsObserver
}

/** Is shown every reply. */
export interface DnsObserver {
  readonly metrics: DnsMetrics
  readonly queries?: QueryFeed
}

/** Where datagrams come from, and where answers go that are there only later. */
export interface Senders {
  /** The address of the sender of the datagram at `place`, as text. */
  client(place: number): string
  /** A way to the sender that lasts longer than the place. */
  later(place: number): (bytes: Uint8Array) => void
}

/** The way from a message to its answer, the same for all servers of one zone. */
export interface Answerer {
  /** Begins a batch of datagrams. False where there is no zone: then nothing of it is answered. */
  begin(): boolean
  /** Ends it: `replies` of the answers that were written go out. */
  end(replies: number): void
  /** Writes the answer over the query: its length, 0 where there is none or it comes later. Never throws. */
  overwrite(packet: Uint8Array, length: number, place: number, senders: Senders): number
  /** The answer to a message of a stream: at once for our own names, a promise for those that are asked upstream. */
  answer(message: Uint8Array, context: QueryContext): Promise<Uint8Array | undefined> | Uint8Array | undefined
}

/** Asks upstream as long as the answer needs it. */
function createFinish(options: AnswererOptions) {
  let forwarded = 0
  const ask = async (query: Uint8Array, overTcp: boolean): Promise<Uint8Array | undefined> => {
    if (options.upstream === undefined || forwarded >= options.mostForwarded) return undefined
    forwarded++
    try {
      return await options.upstream.query(query, overTcp)
    } catch (error) {
      options.onError(error)
      return undefined
    } finally {
      forwarded--
    }
  }
  return async (first: Reaction, overTcp: boolean): Promise<Uint8Array | undefined> => {
    let reaction = first
    while (reaction.kind === 'ask') reaction = reaction.resume(await ask(reaction.query, overTcp))
    return reaction.kind === 'reply' ? reaction.bytes : undefined
  }
}

/** Turns are counted in 30 bits. */
const LAST_TURN = 0x3fffffff

/** What the parts of one answerer share. */
interface State {
  readonly options: AnswererOptions
  readonly question: PacketQuestion
  readonly moment: Moment
  readonly finish: ReturnType<typeof createFinish>
  zone: Zone | undefined
  answers: ZoneAnswers | undefined
  /** Milliseconds; when the batch began. */
  started: number
}

function zoneNow({ zone, onError }: AnswererOptions): Zone | undefined {
  try {
    return zone()
  } catch (error) {
    onError(error)
    return undefined
  }
}

function begin(state: State): boolean {
  const { options, moment } = state
  const before = state.zone
  const zone = zoneNow(options)
  if (zone === undefined) return false
  state.zone = zone
  state.answers ??= createZoneAnswers(zone)
  state.answers.follow(zone)
  if (before !== undefined && before.pointers !== zone.pointers) options.upstream?.forgetReverse?.()
  state.started = performance.now()
  moment.now = Math.floor(state.started / 1000)
  return true
}

/** A query that somebody wants to see with its answer, and when it came (milliseconds). */
interface Watched {
  readonly query: Uint8Array
  readonly client: string
  readonly started: number
}

/** Of a reply, the first `size` bytes of `packet`. `type` is 0 where the query is of an unusual kind. */
function observe(
  { options: { observer } }: State,
  type: number,
  packet: Uint8Array,
  size: number,
  asked: number,
  overTcp: boolean,
  watched: Watched | undefined,
): void {
  observer?.metrics.replied(type, packet, size, asked, overTcp)
  if (watched === undefined) return
  const { query, client, started } = watched
  const reply = packet.subarray(0, size)
  observer?.queries?.tell({ query, client, reply, overTcp, seconds: (performance.now() - started) / 1000 })
}

function isWatched({ options: { observer } }: State): boolean {
  return observer?.queries?.followed === true
}

/** From what is remembered: the length of the reply, or 0. */
function recall({ answers, options, question, moment }: State, packet: Uint8Array): number {
  const own = answers?.answer(question, packet, moment) ?? 0
  return own > 0 ? own : (options.upstream?.answer?.(question, packet, moment) ?? 0)
}

/** What is not remembered, or of an unusual kind. */
function react(
  state: State,
  packet: Uint8Array,
  length: number,
  place: number,
  senders: Senders,
  plain: boolean,
  watched: Watched | undefined,
): number {
  const { answers, zone, question, moment } = state
  if (answers === undefined || zone === undefined) return 0
  const context: QueryContext = { overTcp: false, client: senders.client(place), turn: moment.turn }
  const reaction = plain
    ? answers.react(question, packet, length, context)
    : respond(zone, packet.subarray(0, length), context)
  if (reaction.kind === 'drop') return 0
  if (reaction.kind === 'reply') {
    packet.set(reaction.bytes)
    return reaction.bytes.length
  }
  const send = senders.later(place)
  const type = plain ? question.type : 0
  state.finish(reaction, false).then((bytes) => {
    if (bytes === undefined) return
    send(bytes)
    observe(state, type, bytes, bytes.length, length, false, watched)
  }, state.options.onError)
  return 0
}

function overwrite(state: State, packet: Uint8Array, length: number, place: number, senders: Senders): number {
  const { options, question, moment } = state
  moment.turn = (moment.turn + 1) & LAST_TURN
  const plain = readQuestion(question, packet, length)
  // The answer is written over it.
  const watched = isWatched(state)
    ? { query: packet.slice(0, length), client: senders.client(place), started: state.started }
    : undefined
  let size = plain ? recall(state, packet) || NOT_BARE : writeBareReply(packet, length)
  try {
    if (size === NOT_BARE) size = react(state, packet, length, place, senders, plain, watched)
    if (size > 0 && options.observer !== undefined) {
      observe(state, plain ? question.type : 0, packet, size, length, false, watched)
    }
    return size
  } catch (error) {
    options.onError(error)
    return 0
  }
}

export function createAnswerer(options: AnswererOptions): Answerer {
  const state: State = {
    options,
    question: createPacketQuestion(),
    moment: { now: 0, turn: 0, serial: 0 },
    finish: createFinish(options),
    zone: undefined,
    answers: undefined,
    started: 0,
  }
  return {
    begin: () => begin(state),
    end(replies) {
      if (replies > 0) options.observer?.metrics.took(replies, (performance.now() - state.started) / 1000)
    },
    overwrite: (packet, length, place, senders) => overwrite(state, packet, length, place, senders),
    answer(message, context) {
      state.moment.turn = (state.moment.turn + 1) & LAST_TURN
      const reaction = respond(options.zone(), message, { ...context, turn: state.moment.turn })
      const type = readQuestion(state.question, message, message.length) ? state.question.type : 0
      const { client = '', overTcp } = context
      const watched = isWatched(state) ? { query: message, client, started: performance.now() } : undefined
      const observed = (bytes: Uint8Array | undefined): Uint8Array | undefined => {
        if (bytes !== undefined) observe(state, type, bytes, bytes.length, message.length, overTcp, watched)
        return bytes
      }
      if (reaction.kind === 'ask') return state.finish(reaction, overTcp).then(observed)
      return observed(reaction.kind === 'reply' ? reaction.bytes : undefined)
    },
  }
}
