import { randomBytes } from 'node:crypto'
import type { Moment } from '../../dns/answer-page.ts'
import { createForwardCache, type ForwardCache } from '../../dns/forward-cache.ts'
import { answerHosts, type Hosts } from '../../dns/hosts.ts'
import { isWithin } from '../../dns/names.ts'
import { createPacketQuestion, readQuestion, type PacketQuestion } from '../../dns/packet-question.ts'
import { queryMessage } from '../../dns/message.ts'
import { readMessage } from '../../dns/read-message.ts'
import { CLASS_IN } from '../../dns/records.ts'
import { writeMessage } from '../../dns/write-message.ts'
import type { Upstream } from './upstream.ts'

export interface ForwarderOptions {
  /** For names below no domain of `stubs`. */
  readonly upstream: Pick<Upstream, 'query'>
  /** Servers for single domains (absolute, lower case): the longest that fits is asked. */
  readonly stubs?: readonly { readonly domain: string; readonly upstream: Pick<Upstream, 'query'> }[]
  /** Names with fixed addresses, before anybody is asked. */
  readonly hosts?: () => Hosts
  /** A query of our own came back to us: from then on nothing is forwarded any more. */
  readonly onLoop?: () => void
  /** Whether to look for that with the first query that is asked upstream. */
  readonly probesLoop?: boolean
  readonly onError: (error: unknown) => void
}

/** Where names are asked that are not the cluster's. */
export interface Forwarder extends Pick<Upstream, 'query'> {
  /** As ForwardCache.answer: replies that are there already, to be sent at once. */
  answer(question: PacketQuestion, packet: Uint8Array, moment: Moment): number
  /** The reverse names of the cluster have changed. */
  forgetReverse(): void
  /** Sends a query with a name of our own: if it ever comes in, the upstream leads back here. */
  probeLoop(): Promise<void>
  /** Whether it ever came in. */
  looping(): boolean
  readonly counts: ForwardCounts
  sizes: ForwardCache['sizes']
}

export interface ForwardCounts {
  readonly hits: ForwardCache['hits']
  misses: number
  prefetches: number
}

const PLACE_SIZE = 2048
const HINFO = 13
/** Nobody owns a name below it (RFC 6761). */
const PROBE_DOMAIN = 'portolan-loop.invalid.'

/** Seconds of a clock that is never set. */
export function seconds(): number {
  return Math.floor(performance.now() / 1000)
}

export function createForwarder(options: ForwarderOptions): Forwarder {
  const cache = createForwardCache()
  const question = createPacketQuestion()
  const counts: ForwardCounts = { hits: cache.hits, misses: 0, prefetches: 0 }
  const loop = createLoopWatch(options)

  const cached = (bytes: Uint8Array, late: boolean): Uint8Array | undefined => {
    const packet = new Uint8Array(PLACE_SIZE)
    if (bytes.length > PLACE_SIZE || !readQuestion(question, bytes, bytes.length)) return undefined
    packet.set(bytes)
    const size = cache.answer(question, packet, { now: seconds(), turn: 0, serial: 0 }, late)
    return size === 0 ? undefined : packet.slice(0, size)
  }

  const fetchOnce = createFetcher(options, cache)
  const refresh = (bytes: Uint8Array, name: string): void => {
    counts.prefetches++
    fetchOnce(bytes, name, false).catch(options.onError)
  }

  return {
    counts,
    looping: loop.wasSeen,
    sizes: cache.sizes,
    forgetReverse: cache.forgetReverse,
    answer: (asked, packet, moment) => cache.answer(asked, packet, moment, false),
    async query(bytes, overTcp) {
      const message = readMessage(bytes)
      const [asked] = message?.questions ?? []
      if (message === undefined || asked === undefined) return undefined
      const name = asked.name.toLowerCase()
      if (loop.isThere(name)) return undefined
      const fixed = options.hosts && answerHosts(options.hosts(), asked)
      if (fixed !== undefined) {
        return writeMessage({ ...message, ...fixed, truncated: false, authenticData: false, response: true })
      }
      const early = cached(bytes, false)
      const found = early ?? cached(bytes, true)
      if (found === undefined) {
        counts.misses++
        loop.look()
        return withId(await fetchOnce(bytes, name, overTcp), message.id)
      }
      if (early === undefined) refresh(bytes, name)
      return found
    },
    probeLoop: loop.probe,
  }
}

interface LoopWatch {
  /** Whether this name, or one before it, shows that upstream leads back here. */
  isThere(name: string): boolean
  wasSeen(): boolean
  probe(): Promise<void>
  /** Probes once, where that is wanted. */
  look(): void
}

function createLoopWatch({ upstream, onLoop, onError, probesLoop = false }: ForwarderOptions): LoopWatch {
  const probeName = `${randomBytes(12).toString('hex')}.${PROBE_DOMAIN}`
  let seen = false
  let isDue = probesLoop
  const probe = async (): Promise<void> => {
    isDue = false
    await upstream.query(hinfoQuery(probeName), false)
  }
  return {
    isThere(name) {
      if (name === probeName && !seen) {
        seen = true
        onLoop?.()
      }
      return seen
    },
    wasSeen: () => seen,
    probe,
    look() {
      if (isDue) probe().catch(onError)
    },
  }
}

type Fetch = (bytes: Uint8Array, name: string, overTcp: boolean) => Promise<Uint8Array | undefined>

/** Asks upstream, and keeps the answer. Those who ask the same while it is under way wait for the same answer. */
function createFetcher(options: ForwarderOptions, cache: ForwardCache): Fetch {
  const underWay = new Map<string, Promise<Uint8Array | undefined>>()
  const fetch: Fetch = async (bytes, name, overTcp) => {
    const response = await upstreamFor(options, name).query(bytes, overTcp)
    if (response !== undefined) cache.remember(bytes, response, seconds())
    return response
  }
  return (bytes, name, overTcp) => {
    const key = `${overTcp} ${Buffer.from(bytes.subarray(2)).toString('latin1')}`
    const found = underWay.get(key)
    if (found !== undefined) return found
    const made = fetch(bytes, name, overTcp).finally(() => underWay.delete(key))
    underWay.set(key, made)
    return made
  }
}

function upstreamFor({ upstream, stubs = [] }: ForwarderOptions, name: string): Pick<Upstream, 'query'> {
  const fitting = stubs.filter(({ domain }) => isWithin(name, domain))
  const longest = Math.max(...fitting.map(({ domain }) => domain.length))
  return fitting.find(({ domain }) => domain.length === longest)?.upstream ?? upstream
}

/** Each who waited gets the answer under its own id. */
function withId(response: Uint8Array | undefined, id: number): Uint8Array | undefined {
  if (response === undefined) return undefined
  const copy = Uint8Array.from(response)
  copy[0] = id >>> 8
  copy[1] = id & 0xff
  return copy
}

function hinfoQuery(name: string): Uint8Array {
  return writeMessage(queryMessage(1, { name, type: HINFO, class: CLASS_IN }))
}
