/** Follows a Kubernetes API server. */
import type { ApiClient } from './api-client.ts'
import { createClusterState, type ClusterView } from './cluster-state.ts'
import { follow, type Follower, type FollowOptions } from './follow.ts'
import type { Source } from './source.ts'

export interface ClusterWatchOptions {
  readonly client: ApiClient
  readonly sources: readonly Source[]
  /** Called once everything was listed, and then after each change; what comes in one tick of the loop comes together. */
  readonly onView: (view: ClusterView) => void
  /** What a person should know: a server that is away or back, an object that is set aside. */
  readonly onMessage: (message: string) => void
  readonly waits?: FollowOptions['waits']
  /** Look from time to time whether a watch has lost something: where this is the one program that asks, not one on each node. */
  readonly check?: FollowOptions['check']
}

export interface ClusterWatch {
  /** Whether everything was listed once: before that nothing may be concluded from what is absent. */
  isComplete(): boolean
  /** Why the server cannot be followed at the moment; what was known stays. */
  problem(): string | undefined
  /** Seconds since the server has told something of a kind, which it does each minute. */
  ages(): readonly (readonly [kind: string, seconds: number])[]
  stop(): void
}

export function watchCluster(options: ClusterWatchOptions): ClusterWatch {
  const { client, sources, onView, onMessage } = options
  const state = createClusterState(onMessage, 'used')
  const stop = new AbortController()
  const missing = new Set(sources)
  const problems = new Map<Source, string>()
  const heard = new Map(sources.map((source) => [source, performance.now()]))
  let shown: ClusterView | undefined
  let isScheduled = false

  function show(): void {
    isScheduled = false
    if (missing.size > 0 || stop.signal.aborted || shown === state.view) return
    shown = state.view
    onView(shown)
  }

  function schedule(): void {
    if (isScheduled) return
    isScheduled = true
    setImmediate(show)
  }

  function setProblem(source: Source, reason: string | undefined): void {
    const before = firstOf(problems)
    if (reason === undefined) problems.delete(source)
    else problems.set(source, reason)
    const now = firstOf(problems)
    if (now === before) return
    if (now === undefined) onMessage('the API server is back')
    else if (before === undefined) onMessage(`the API server cannot be followed, and what is known of it stays: ${now}`)
  }

  const followerOf = (source: Source): Follower => ({
    replace(values) {
      state.replace(source.kind, values)
      missing.delete(source)
      schedule()
    },
    apply(events) {
      state.apply(source.kind, events)
      schedule()
    },
    heard: () => void heard.set(source, performance.now()),
    versions: () => state.versions(source.kind),
    lost: (names) => onMessage(lossText(source, names)),
    problem: (reason) => setProblem(source, reason),
  })
  for (const source of sources) void follow(client, source, followerOf(source), timesOf(source, options, stop.signal))
  return {
    isComplete: () => missing.size === 0,
    problem: () => firstOf(problems),
    ages: () => [...heard].map(([{ kind }, since]) => [kind, (performance.now() - since) / 1000]),
    stop() {
      stop.abort()
      client.close()
    },
  }
}

function timesOf({ kind }: Source, { waits, check }: ClusterWatchOptions, signal: AbortSignal): FollowOptions {
  // Of ServiceCIDRs the ranges alone are kept.
  const checked = kind === 'ServiceCIDR' ? undefined : check
  return { signal, random: Math.random, ...(waits && { waits }), ...(checked && { check: checked }) }
}

const MOST_NAMES = 3

function lossText({ path }: Source, names: readonly string[]): string {
  const some = names.slice(0, MOST_NAMES).join(', ')
  const more = names.length > MOST_NAMES ? `${some} and ${names.length - MOST_NAMES} more` : some
  return `the watch of ${path} has not told of ${more}: everything is listed anew`
}

function firstOf(problems: ReadonlyMap<Source, string>): string | undefined {
  return [...problems.values()][0]
}
