/** Follows a Kubernetes API server. */
import type { ApiClient } from './api-client.ts'
import { createClusterState, type ClusterView } from './cluster-state.ts'
import { follow, type FollowOptions } from './follow.ts'
import type { Source } from './source.ts'

export interface ClusterWatchOptions {
  readonly client: ApiClient
  readonly sources: readonly Source[]
  /** Called once everything was listed, and then after each change; what comes in one tick of the loop comes together. */
  readonly onView: (view: ClusterView) => void
  /** What a person should know: a server that is away or back, an object that is set aside. */
  readonly onMessage: (message: string) => void
  readonly waits?: FollowOptions['waits']
}

export interface ClusterWatch {
  /** Whether everything was listed once: before that nothing may be concluded from what is absent. */
  isComplete(): boolean
  /** Why the server cannot be followed at the moment; what was known stays. */
  problem(): string | undefined
  stop(): void
}

export function watchCluster(options: ClusterWatchOptions): ClusterWatch {
  const { client, sources, onView, onMessage, waits } = options
  const state = createClusterState(onMessage, 'used')
  const stop = new AbortController()
  const missing = new Set(sources)
  const problems = new Map<Source, string>()
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

  for (const source of sources) {
    const follower = {
      replace(values: readonly unknown[]) {
        state.replace(source.kind, values)
        missing.delete(source)
        schedule()
      },
      apply(events: Parameters<typeof state.apply>[1]) {
        state.apply(source.kind, events)
        schedule()
      },
      problem: (reason: string | undefined) => setProblem(source, reason),
    }
    const followOptions = { signal: stop.signal, random: Math.random, ...(waits === undefined ? {} : { waits }) }
    void follow(client, source, follower, followOptions)
  }
  return {
    isComplete: () => missing.size === 0,
    problem: () => firstOf(problems),
    stop() {
      stop.abort()
      client.close()
    },
  }
}

function firstOf(problems: ReadonlyMap<Source, string>): string | undefined {
  return [...problems.values()][0]
}
