/** The last events of the store, so that a watch can go on where a list or an earlier watch ended. */
import type { Store, WatchEvent } from '../../store/store.ts'
import type { WatchLine } from './respond.ts'

export interface VersionedEvent {
  readonly version: number
  readonly event: WatchEvent
  /** What was made of it under this key already, else what `make` makes: kept until the next event. */
  readonly shared: (this: void, key: string, make: () => WatchLine) => WatchLine
}

export interface WatchHistory {
  /** What came after that resourceVersion; undefined where some of it is forgotten. */
  since(version: number): readonly VersionedEvent[] | undefined
  /** The oldest resourceVersion from which a watch can start. */
  oldest(): number
  follow(listener: (event: VersionedEvent) => void): () => void
  stop(): void
}

/** `capacity`: how many events are kept; they hold the objects that they tell of. */
export function createWatchHistory(store: Store, capacity = 2000): WatchHistory {
  let events: VersionedEvent[] = []
  let start = store.snapshot().resourceVersion
  const listeners = new Set<(event: VersionedEvent) => void>()
  const lines = new Map<string, WatchLine>()
  let latest = start
  const stop = store.watch((event) => {
    const version = Number(event.object.metadata.resourceVersion)
    lines.clear()
    latest = version
    const shared = (key: string, make: () => WatchLine): WatchLine => {
      // Whoever is told of it later, when a watch begins, makes his own.
      if (version !== latest) return make()
      const line = lines.get(key) ?? make()
      lines.set(key, line)
      return line
    }
    const versioned: VersionedEvent = { version, event, shared }
    events.push(versioned)
    // Twice the capacity before anything is moved: forgetting costs one copy in `capacity` events.
    if (events.length >= capacity * 2) {
      start = events[events.length - capacity - 1]?.version ?? start
      events = events.slice(-capacity)
    }
    for (const listener of listeners) listener(versioned)
  })
  return {
    since(version) {
      if (version < start) return undefined
      return events.slice(firstAfter(events, version))
    },
    oldest: () => start,
    follow(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    stop,
  }
}

/** The index of the first event after `version`: they are in order. */
function firstAfter(events: readonly VersionedEvent[], version: number): number {
  let [low, high] = [0, events.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((events[middle]?.version ?? 0) <= version) low = middle + 1
    else high = middle
  }
  return low
}
