import type { Moment } from '../dns/answer-page.ts'
import { createPacketQuestion, readQuestion } from '../dns/packet-question.ts'
import { respond, type QueryContext, type Reaction } from '../dns/respond.ts'
import { createZoneAnswers } from '../dns/zone-answers.ts'
import type { Zone } from '../dns/zone.ts'
import { seconds, type Forwarder } from './dns-forwarder.ts'
import type { Upstream } from './dns-upstream.ts'

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
  /** Begins a batch of datagrams. Throws where the zone does. */
  begin(): void
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

export function createAnswerer(options: AnswererOptions): Answerer {
  const { onError, upstream } = options
  const finish = createFinish(options)
  const question = createPacketQuestion()
  const moment: Moment = { now: 0, turn: 0, serial: 0 }
  let zone: Zone | undefined
  let answers: ReturnType<typeof createZoneAnswers> | undefined

  const begin = (): void => {
    const before = zone
    zone = options.zone()
    answers ??= createZoneAnswers(zone)
    answers.follow(zone)
    if (before !== undefined && before.pointers !== zone.pointers) upstream?.forgetReverse?.()
    moment.now = seconds()
  }

  /** What is not remembered, or of an unusual kind. */
  const react = (packet: Uint8Array, length: number, place: number, senders: Senders, plain: boolean): number => {
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
    finish(reaction, false).then((bytes) => bytes && send(bytes), onError)
    return 0
  }

  return {
    begin,
    overwrite(packet, length, place, senders) {
      moment.turn = (moment.turn + 1) & 0x3fffffff
      const plain = readQuestion(question, packet, length)
      if (plain && answers !== undefined) {
        const remembered =
          answers.answer(question, packet, moment) || (upstream?.answer?.(question, packet, moment) ?? 0)
        if (remembered > 0) return remembered
      }
      try {
        return react(packet, length, place, senders, plain)
      } catch (error) {
        onError(error)
        return 0
      }
    },
    answer(message, context) {
      moment.turn = (moment.turn + 1) & 0x3fffffff
      const reaction = respond(options.zone(), message, { ...context, turn: moment.turn })
      if (reaction.kind === 'ask') return finish(reaction, context.overTcp)
      return reaction.kind === 'reply' ? reaction.bytes : undefined
    },
  }
}
