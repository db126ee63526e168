/** List, then watch, for ever: one kind's objects as the server has them. */
import { setTimeout as sleep } from 'node:timers/promises'
import { ApiError, type ApiClient } from './api-client.ts'
import { listAll } from './list.ts'
import { lossFinder, watchUntilLost, type CheckTimes, type Versions } from './lost-events.ts'
import type { Source } from './source.ts'
import { watchFrom, type RemoteEvent } from './watch.ts'

export interface Follower {
  /** All that there is: what is not in it is gone. */
  replace(objects: readonly unknown[]): void
  apply(events: readonly RemoteEvent[]): void
  /** The server has told something, be it only that it is there. */
  heard(): void
  /** What is known, and that the watch has not told how it has changed. */
  versions(): Versions
  lost(names: readonly string[]): void
  /** Why the server cannot be followed at the moment; undefined when it can again. */
  problem(reason: string | undefined): void
}

export interface FollowOptions {
  readonly signal: AbortSignal
  /** 0 to 1. */
  readonly random: () => number
  /** Milliseconds of the first and of the longest wait. */
  readonly waits?: { readonly first: number; readonly longest: number }
  /** Look whether the watch has lost something; undefined: never. */
  readonly check?: CheckTimes
}

const WAITS = { first: 500, longest: 10_000 }
/** Milliseconds after which a kind that the server does not have is asked for again. */
const ABSENT = 300_000

/** Resolves when `signal` ends it. What was known stays known while the server is away. */
export async function follow(
  client: ApiClient,
  source: Source,
  follower: Follower,
  { signal, random, waits = WAITS, check }: FollowOptions,
): Promise<void> {
  const find = check && lossFinder(client, source, { versions: follower.versions, times: check, random })
  let version: string | undefined
  let server = ''
  let failures = 0
  const listen = async (): Promise<void> => {
    const current = client.identity()
    if (version === undefined || current !== server) {
      const list = await listAll(client, source, signal)
      server = current
      version = list.resourceVersion
      follower.replace(list.items)
    }
    const lost = await watchUntilLost(signal, find, async (within) => {
      await watchFrom(client, source, version ?? '', {
        signal: within,
        random,
        onOpen() {
          follower.problem(undefined)
          follower.heard()
        },
        onEvents(events, next) {
          failures = 0
          version = next
          follower.heard()
          if (events.length > 0) follower.apply(events)
        },
      })
    })
    if (lost.length === 0) return
    follower.lost(lost)
    version = undefined
  }
  while (!signal.aborted) {
    try {
      await listen()
      // A server that ends each watch at once must not be asked without a pause.
      await pause(backOff(0, random, waits) / 2, signal)
    } catch (error) {
      if (signal.aborted) return
      const status = error instanceof ApiError ? error.status : 0
      if (status === 410 || error instanceof SyntaxError) version = undefined
      if (status === 404 && source.optional) follower.replace([])
      else if (status !== 410) follower.problem(reasonOf(error, source))
      const asked = error instanceof ApiError ? (error.retryAfter ?? 0) * 1000 : 0
      const wait = status === 404 && source.optional ? ABSENT : backOff(failures++, random, waits)
      await pause(Math.max(asked, wait), signal)
    }
  }
}

/** Twice as long after each failure, and never for two programs the same. */
function backOff(failures: number, random: () => number, { first, longest }: typeof WAITS): number {
  return Math.min(first * 2 ** Math.min(failures, 16), longest) * (0.5 + random())
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal }).catch(() => undefined)
}

function reasonOf(error: unknown, { path }: Source): string {
  // Of a host with several addresses Node gives an error without a message.
  const message = error instanceof Error ? error.message || `${path}: ${codeOf(error)}` : String(error)
  // Node calls a connection that was cut "aborted", "socket hang up" and other things.
  if (codeOf(error) === 'ECONNRESET') return 'the connection broke off'
  if (!(error instanceof ApiError)) return message
  if (error.status === 401) return `${path}: the server does not accept the credentials: ${message}`
  if (error.status === 403) return `${path}: may not be listed and watched, see deploy/ for the ClusterRole: ${message}`
  return `${path}: ${message}`
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'no connection'
}
