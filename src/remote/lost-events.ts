/**
 * A watch that looks alive may have lost events: an API server that was restarted, or a proxy on the way. Nothing would ever
 * tell, so that the server is asked from time to time which objects it has, and in which versions.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { ApiClient } from './api-client.ts'
import { fieldOf, listAll, type Listable } from './list.ts'
import { nameOf } from './read-object.ts'

/** resourceVersions by name. */
export type Versions = ReadonlyMap<string, string>

export interface CheckTimes {
  /** Milliseconds from one look to the next, up to twice as many. */
  readonly interval: number
  /** Milliseconds that an event may be on its way. */
  readonly grace: number
}

export const CHECK_TIMES: CheckTimes = { interval: 150_000, grace: 10_000 }

/** Without what is in the objects: a list of ten thousand is a megabyte or two. */
const METADATA = 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json'

/** What the server has, by name. */
export async function listVersions(client: ApiClient, source: Listable, signal: AbortSignal): Promise<Versions> {
  const brief = { ...client, get: (path: string, within: AbortSignal) => client.get(path, within, METADATA) }
  const { items } = await listAll(brief, source, signal)
  return new Map(items.map((item) => [nameOf(item), String(fieldOf(fieldOf(item, 'metadata'), 'resourceVersion'))]))
}

/**
 * The objects that the server has otherwise than they are known here, though that has not changed since before it was asked,
 * and the event has had its time to come.
 */
export function lostNames(before: Versions, listed: Versions, after: Versions): readonly string[] {
  const names = new Set([...before.keys(), ...listed.keys()])
  return [...names].filter((name) => before.get(name) === after.get(name) && listed.get(name) !== after.get(name))
}

export interface LossWatch {
  readonly versions: () => Versions
  readonly times: CheckTimes
  /** 0 to 1. */
  readonly random: () => number
}

export type FindLost = (signal: AbortSignal) => Promise<readonly string[]>

/**
 * A function that gives the names of what was lost, once something was. It rejects where its signal ends it, and where the
 * server cannot be asked.
 */
export function lossFinder(client: ApiClient, source: Listable, { versions, times, random }: LossWatch): FindLost {
  const told = new Map<string, string | undefined>()
  return async (signal) => {
    for (;;) {
      await sleep(times.interval * (1 + random()), undefined, { signal })
      const before = versions()
      const listed = await listVersions(client, source, signal)
      await sleep(times.grace, undefined, { signal })
      // What is set aside stays older than it is there: once is enough.
      const lost = lostNames(before, listed, versions()).filter(
        (name) => !told.has(name) || told.get(name) !== listed.get(name),
      )
      for (const name of lost) told.set(name, listed.get(name))
      if (lost.length > 0) return lost
    }
  }
}

/**
 * Watches until the server ends it, or until `find` has found something that it has lost, whose names are the value. That the
 * server could not be asked is no reason to end it: the watch notices as well.
 */
export async function watchUntilLost(
  signal: AbortSignal,
  find: FindLost | undefined,
  watch: (within: AbortSignal) => Promise<void>,
): Promise<readonly string[]> {
  const ended = new AbortController()
  const within = AbortSignal.any([signal, ended.signal])
  let lost: readonly string[] = []
  find?.(within).then(
    (names) => {
      lost = names
      ended.abort()
    },
    () => undefined,
  )
  try {
    await watch(within)
  } catch (error) {
    if (lost.length === 0) throw error
  } finally {
    ended.abort()
  }
  return lost
}
