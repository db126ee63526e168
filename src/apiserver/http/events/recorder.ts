/** The last events, in memory: equal ones are counted, the oldest are forgotten. */
import { randomUUID } from 'node:crypto'
import { isRecord } from '../../../api/decode.ts'
import type { Kind } from '../../../api/kinds.ts'
import { timestamp } from '../../../lib/clock.ts'
import { emptySnapshot, get, type Snapshot } from '../../../model/snapshot.ts'
import type { Store, WatchEvent } from '../../../store/store.ts'
import { ALL_KINDS } from '../resource-names.ts'
import { deriveEvents } from './derive.ts'
import { volumeEvents } from './volume-events.ts'
import type { EventDraft, EventObject } from './draft.ts'

/** `v1` Event, as far as it is shown. Those of clients may have more, and lack what Kubernetes does not ask for. */
export interface Event {
  readonly apiVersion: 'v1'
  readonly kind: 'Event'
  readonly metadata: {
    readonly name: string
    readonly namespace: string
    readonly uid: string
    readonly resourceVersion: string
    readonly creationTimestamp: string
  }
  readonly involvedObject: EventObject
  readonly type: EventDraft['type']
  readonly reason: string
  readonly message: string
  readonly source: { readonly component?: string; readonly host?: string }
  readonly firstTimestamp: string
  readonly lastTimestamp: string
  readonly count: number
}

export type EventChange = 'ADDED' | 'MODIFIED' | 'DELETED'

export interface EventRecorder {
  /** Of what is not seen in an object's change. */
  record(draft: EventDraft): void
  /** As a client writes it, new or in the place of the one of that name; the result has its resourceVersion. */
  write(event: Event): Event
  remove(event: Event): void
  /** The one that was seen the longest ago first. */
  list(): readonly Event[]
  version(): number
  follow(listener: (event: Event, change: EventChange) => void): () => void
}

/** As Kubernetes forgets events after an hour, so this after so many. */
const CAPACITY = 1000

/** Where events outlive the network. */
export interface EventKeeper {
  /** The events that were kept, and the objects of that time. */
  readonly former?: { readonly events: readonly unknown[]; readonly snapshot: Snapshot }
  /** `name`: namespace/name; the event is undefined where it is gone. */
  keep(name: string, event: Event | undefined): void
  /** What was kept is safe when this returns. */
  flush(): void
}

const NOTHING_KEPT: EventKeeper = { keep: () => undefined, flush: () => undefined }

/** Begins with what the objects that are there tell of themselves, as far as they did not do so in an earlier life. */
export function createEventRecorder(
  store: Store,
  now: () => number,
  { former, ...keeper }: EventKeeper = NOTHING_KEPT,
): EventRecorder {
  const kept = eventsOf(former)
  const events = new Map(kept.map((event) => [nameOf(event), event]))
  /** Of those that the network tells: which one says the same. */
  const names = new Map(kept.map((event) => [textOf(event.involvedObject, event), nameOf(event)]))
  const listeners = new Set<(event: Event, change: EventChange) => void>()
  let version = Math.max(store.snapshot().resourceVersion, ...kept.map(versionOf))
  const forget = (name: string): void => {
    events.delete(name)
    keeper.keep(name, undefined)
  }
  const keep = (event: Event): Event => {
    const name = nameOf(event)
    // At the end of the Map: the first one is the one that was seen the longest ago.
    const isNew = !events.delete(name)
    events.set(name, event)
    keeper.keep(name, event)
    const oldest = oldestBeyondCapacity(events)
    if (oldest !== undefined) forget(oldest)
    for (const listener of listeners) listener(event, isNew ? 'ADDED' : 'MODIFIED')
    return event
  }
  const record = (draft: EventDraft): void => {
    const text = textOf(draft.object, draft)
    const old = events.get(names.get(text) ?? '')
    version++
    const event = keep(old === undefined ? newEvent(draft, version, now()) : countedUp(old, version, now()))
    names.delete(text)
    names.set(text, nameOf(event))
    names.delete(oldestBeyondCapacity(names) ?? '')
  }
  draftsOfAll(store.snapshot(), former?.snapshot ?? emptySnapshot()).forEach(record)
  store.watch((change) => draftsOf(store.snapshot(), change).forEach(record))
  return {
    record,
    write(event) {
      version++
      const written = keep(stamped(event, events.get(nameOf(event)), version, now()))
      keeper.flush()
      return written
    },
    remove(event) {
      version++
      if (!events.has(nameOf(event))) return
      forget(nameOf(event))
      keeper.flush()
      for (const listener of listeners) listener(stamped(event, event, version, now()), 'DELETED')
    },
    list: () => [...events.values()],
    version: () => version,
    follow(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

function nameOf({ metadata }: Event): string {
  return `${metadata.namespace}/${metadata.name}`
}

/** Undefined while there is room. */
function oldestBeyondCapacity(map: ReadonlyMap<string, unknown>): string | undefined {
  return map.size > CAPACITY ? map.keys().next().value : undefined
}

/** A client's event with what the server gives it. */
function stamped(event: Event, old: Event | undefined, version: number, now: number): Event {
  const { uid = randomUUID(), creationTimestamp = timestamp(now) } = old?.metadata ?? {}
  return { ...event, metadata: { ...event.metadata, uid, creationTimestamp, resourceVersion: String(version) } }
}

/** The one that was seen the longest ago first. */
function eventsOf(former: EventKeeper['former']): readonly Event[] {
  return (former?.events ?? []).filter(isEvent).toSorted((a, b) => versionOf(a) - versionOf(b))
}

function draftsOf(snapshot: Snapshot, { type, object, previous }: WatchEvent): readonly EventDraft[] {
  const isDeleted = type === 'DELETED'
  return [...deriveEvents(object, previous, isDeleted), ...(isDeleted ? [] : volumeEvents(snapshot, object, previous))]
}

function draftsOfAll(snapshot: Snapshot, former: Snapshot): readonly EventDraft[] {
  return ALL_KINDS.flatMap((kind) =>
    [...snapshot.objects[kind].entries()].flatMap(([key, object]) => {
      const previous = get<Kind>(former, kind, key)
      return draftsOf(snapshot, { type: 'ADDED', object, ...(previous !== undefined && { previous }) })
    }),
  )
}

const versionOf = ({ metadata }: Event): number => Number(metadata.resourceVersion)

/** What two events have in common that are one, seen twice. */
function textOf({ uid, fieldPath }: EventObject, { reason, message }: Pick<Event, 'reason' | 'message'>): string {
  return JSON.stringify([uid, fieldPath, reason, message])
}

/** As this server wrote it once. */
function isEvent(value: unknown): value is Event {
  if (!isRecord(value) || !isRecord(value['metadata']) || !isRecord(value['involvedObject'])) return false
  return Number.isInteger(Number(value['metadata']['resourceVersion']))
}

function newEvent(draft: EventDraft, version: number, now: number): Event {
  const { object, type, reason, message, component, host, time = timestamp(now) } = draft
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: {
      name: `${object.name}.${version.toString(16).padStart(16, '0')}`,
      namespace: object.namespace === '' ? 'default' : object.namespace,
      uid: randomUUID(),
      resourceVersion: String(version),
      creationTimestamp: time,
    },
    involvedObject: object,
    type,
    reason,
    message,
    source: { component, ...(host !== undefined && { host }) },
    firstTimestamp: time,
    lastTimestamp: time,
    count: 1,
  }
}

function countedUp(event: Event, version: number, now: number): Event {
  const metadata = { ...event.metadata, resourceVersion: String(version) }
  return { ...event, metadata, lastTimestamp: timestamp(now), count: event.count + 1 }
}
