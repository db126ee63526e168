import { randomInt } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { connect, isIP, isIPv6 } from 'node:net'
import { readMessage } from '../../dns/read-message.ts'
import { RCODE } from '../../dns/records.ts'
import { createServerHealth, type ProbeResult, type ServerHealth } from './health.ts'
import { createUpstreamTimes, type UpstreamTimes } from './upstream-times.ts'

export interface UpstreamAddress {
  readonly address: string
  readonly port: number
}

/** Somebody who can answer other names than ours. */
export interface Upstream {
  /**
   * The answer to one raw query, under the query's own id; undefined where there is none. Over UDP; where `overTcp`, a
   * truncated answer is asked again by TCP.
   */
  query(bytes: Uint8Array, overTcp: boolean): Promise<Uint8Array | undefined>
  /** Servers that do not answer, and are passed over until they do. */
  down(): readonly UpstreamAddress[]
  /** How many probes of a server have failed. */
  failedProbes(server: UpstreamAddress): number
  /** Queries that were refused because too many were under way. */
  readonly refusals: Refusals
  close(): void
}

export interface Refusals {
  count: number
  /** Milliseconds of `performance.now`. */
  last: number
}

export interface UpstreamLimits {
  /** Milliseconds that one try may take. */
  readonly tryTimeout: number
  /** Milliseconds that all tries together may take. */
  readonly totalTimeout: number
  /** Queries under way; further ones fail at once. */
  readonly inFlight: number
  /** Milliseconds from one look at a server that does not answer to the next, and for its answer. */
  readonly probeInterval: number
  readonly probeTimeout: number
}

export const UPSTREAM_LIMITS: UpstreamLimits = {
  tryTimeout: 2000,
  totalTimeout: 5000,
  inFlight: 256,
  probeInterval: 500,
  probeTimeout: 1000,
}

const DNS_PORT = 53
const MIN_TRIES = 3
/** Without answer, in a row: then a server is passed over. */
const MOST_FAILURES = 2

/** `IP:PORT`, `IP`, `[IPv6]:PORT`; `none` for no upstream (an empty list); undefined where it is neither. */
export function parseUpstream(text: string): readonly UpstreamAddress[] | undefined {
  if (text === 'none') return []
  if (isIP(text) !== 0) return [{ address: text, port: DNS_PORT }]
  const [, bracketed, plain, port = ''] = /^(?:\[([^[\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text) ?? []
  const address = bracketed ?? plain ?? ''
  const family = bracketed === undefined ? 4 : 6
  const number = Number(port)
  return isIP(address) === family && number >= 1 && number <= 65535 ? [{ address, port: number }] : undefined
}

/** `IP:PORT`, `[IPv6]:PORT`. */
export function placeOf({ address, port }: UpstreamAddress): string {
  return `${isIPv6(address) ? `[${address}]` : address}:${port}`
}

/** The servers of a resolv.conf, at most three as in glibc. */
export function resolvConfServers(text: string): readonly UpstreamAddress[] {
  return [...text.matchAll(/^[ \t]*nameserver[ \t]+(\S+)/gm)]
    .map(([, address = '']) => address)
    .filter((address) => isIP(address) !== 0)
    .slice(0, 3)
    .map((address) => ({ address, port: DNS_PORT }))
}

/** An answer, or none: `refused` where that was certain at once, `silent` where time had to pass. */
type Outcome = Uint8Array | 'refused' | 'silent'

/** One try at one server; `cancel` ends it as `silent`. */
interface Try {
  readonly outcome: Promise<Outcome>
  readonly cancel: () => void
}

function isAnswer(message: Uint8Array, query: Uint8Array): boolean {
  return message.length >= 12 && message[0] === query[0] && message[1] === query[1] && ((message[2] ?? 0) & 0x80) !== 0
}

/** Whether the question comes back as it was asked. Servers that fail may leave it out. */
function sameQuestion(message: Uint8Array, query: Uint8Array): boolean {
  if (message[4] === 0 && message[5] === 0) return ((message[3] ?? 0) & 15) !== RCODE.NOERROR
  let at = 12
  while ((query[at] ?? 0) > 0) at += 1 + (query[at] ?? 0)
  const end = at + 5
  return (
    message.length >= end && query.subarray(12, end).every((byte, i) => lower(byte) === lower(message[12 + i] ?? 0))
  )
}

function lower(byte: number): number {
  return byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte
}

/** Runs `start` until it gives an outcome, `milliseconds` pass or `cancel` is called. `start` returns its clean-up. */
function attempt(milliseconds: number, start: (done: (outcome: Outcome) => void) => () => void): Try {
  let finish: (outcome: Outcome) => void = () => undefined
  const outcome = new Promise<Outcome>((resolve) => {
    finish = resolve
  })
  const timer = setTimeout(() => done('silent'), milliseconds)
  let stop: (() => void) | undefined
  let ended = false
  const done = (result: Outcome): void => {
    if (ended) return
    ended = true
    clearTimeout(timer)
    stop?.()
    finish(result)
  }
  stop = start(done)
  if (ended) stop()
  return { outcome, cancel: () => done('silent') }
}

/** What cannot be read is worth no more to a client than no answer: another server may do better. */
function readable(message: Uint8Array): Outcome {
  return readMessage(message) === undefined ? 'refused' : message
}

/** A socket of its own for each query: an answer must come from the server, to a port and an id that nobody can guess. */
function tryUdp(query: Uint8Array, { address, port }: UpstreamAddress, milliseconds: number): Try {
  return attempt(milliseconds, (done) => {
    const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4')
    socket.on('error', () => done('refused'))
    socket.on('message', (message) => {
      if (isAnswer(message, query) && sameQuestion(message, query)) done(readable(message))
    })
    socket.on('connect', () => {
      socket.send(query, (error) => {
        if (error !== null) done('refused')
      })
    })
    socket.connect(port, address)
    return () => socket.close()
  })
}

function tryTcp(query: Uint8Array, { address, port }: UpstreamAddress, milliseconds: number): Try {
  return attempt(milliseconds, (done) => {
    const socket = connect({ port, host: address })
    let got = Buffer.alloc(0)
    socket.on('error', () => done('refused'))
    socket.on('close', () => done('refused'))
    socket.on('data', (chunk) => {
      got = Buffer.concat([got, chunk])
      const length = got.length < 2 ? Number.POSITIVE_INFINITY : got.readUInt16BE(0)
      if (got.length < 2 + length) return
      const message = got.subarray(2, 2 + length)
      done(isAnswer(message, query) && sameQuestion(message, query) ? readable(message) : 'refused')
    })
    // In one piece: there are servers that read no further than the first (RFC 7766, section 8).
    socket.write(Buffer.concat([Uint8Array.of(query.length >>> 8, query.length & 0xff), query]))
    return () => socket.destroy()
  })
}

function withId(message: Uint8Array, id: number): Uint8Array {
  const copy = Uint8Array.from(message)
  copy[0] = id >>> 8
  copy[1] = id & 0xff
  return copy
}

/** `. NS`, which every resolver can answer; RD as in any query of a forwarder. */
function probeQuery(): Uint8Array {
  const id = randomInt(65536)
  return Uint8Array.of(id >>> 8, id & 0xff, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 1)
}

/** Those that are under way. */
function createTries(): { run(begun: Try): Try['outcome']; cancelAll(): void } {
  const running = new Set<Try>()
  return {
    async run(begun) {
      running.add(begun)
      try {
        return await begun.outcome
      } finally {
        running.delete(begun)
      }
    },
    cancelAll() {
      for (const begun of running) begun.cancel()
    },
  }
}

/** The server that was tried least. What is learnt meanwhile, by other queries too, counts. */
function serversInTurn(order: () => readonly UpstreamAddress[]): () => UpstreamAddress | undefined {
  const tries = new Map<UpstreamAddress, number>()
  const triesOf = (server: UpstreamAddress): number => tries.get(server) ?? 0
  return () => {
    const [server] = order().toSorted((a, b) => triesOf(a) - triesOf(b))
    if (server !== undefined) tries.set(server, triesOf(server) + 1)
    return server
  }
}

/** Who looks on. */
export interface UpstreamWatch {
  readonly times?: UpstreamTimes
  /** Told of each server that does not answer from now on, or does again. */
  readonly onChange?: (server: UpstreamAddress, answers: boolean) => void
}

interface Asking {
  readonly run: ReturnType<typeof createTries>['run']
  readonly health: ServerHealth<UpstreamAddress>
  readonly times: UpstreamTimes
}

/** One try at one server; `left`: milliseconds that it may take. */
async function askServer(
  { run, health, times }: Asking,
  server: UpstreamAddress,
  query: Uint8Array,
  overTcp: boolean,
  left: () => number,
): Promise<Outcome> {
  const begun = performance.now()
  const answer = await run(tryUdp(query, server, left()))
  if (typeof answer === 'string') {
    health.failed(server)
    return answer
  }
  health.answered(server)
  times.answered(placeOf(server), (answer[3] ?? 0) & 15, (performance.now() - begun) / 1000)
  const truncated = ((answer[2] ?? 0) & 0x02) !== 0
  return overTcp && truncated ? run(tryTcp(query, server, left())) : answer
}

/**
 * An upstream of one or more servers, asked in order: the next where one does not answer, and only those that do. Where all
 * are silent, and without servers, every query fails at once.
 */
export function createUpstream(
  servers: readonly UpstreamAddress[],
  limits: UpstreamLimits = UPSTREAM_LIMITS,
  { times = createUpstreamTimes(), onChange = () => undefined }: UpstreamWatch = {},
): Upstream {
  const { run, cancelAll } = createTries()
  const state = { inFlight: 0, closed: false }
  const refusals: Refusals = { count: 0, last: 0 }

  const probe = async (server: UpstreamAddress): Promise<ProbeResult> => {
    const outcome = state.closed ? 'silent' : await run(tryUdp(probeQuery(), server, limits.probeTimeout))
    return typeof outcome === 'string' ? outcome : 'alive'
  }
  const health = createServerHealth(servers, {
    probe,
    interval: limits.probeInterval,
    mostFailures: MOST_FAILURES,
    onChange,
  })

  const ask = async (query: Uint8Array, overTcp: boolean): Promise<Uint8Array | undefined> => {
    const deadline = performance.now() + limits.totalTimeout
    const left = (): number => Math.min(limits.tryTimeout, deadline - performance.now())
    const next = serversInTurn(health.order)
    for (let count = 0; count < Math.max(MIN_TRIES, servers.length) && left() > 0 && !state.closed; count++) {
      const server = next()
      if (server === undefined) return undefined
      const outcome = await askServer({ run, health, times }, server, query, overTcp, left)
      if (typeof outcome !== 'string') return outcome
    }
    return undefined
  }

  return {
    async query(bytes, overTcp) {
      if (state.closed || servers.length === 0 || bytes.length < 12) return undefined
      if (state.inFlight >= limits.inFlight) {
        refusals.count++
        refusals.last = performance.now()
        return undefined
      }
      state.inFlight++
      try {
        const answer = await ask(withId(bytes, randomInt(65536)), overTcp)
        return answer && withId(answer, ((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0))
      } finally {
        state.inFlight--
      }
    },
    down: health.down,
    failedProbes: health.failedProbes,
    refusals,
    close() {
      state.closed = true
      health.close()
      cancelAll()
    },
  }
}
