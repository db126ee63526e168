/** The last events, in memory: equal ones are counted, the oldest are forgotten. */
import { randomUUID } from 'node:crypto'
import { timestamp } from '../../../lib/clock.ts'
import type { Store } from '../../../store/store.ts'
import { ALL_KINDS } from '../resource-names.ts'
import { deriveEvents } from './derive.ts'
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

/** Begins with what the objects that are there tell of themselves. */
export function createEventRecorder(store: Store, now: () => number): EventRecorder {
  const events = new Map<string, Event>()
  /** Of those that the network tells: which one says the same. */
  const names = new Map<string, string>()
  const listeners = new Set<(event: Event, change: EventChange) => void>()
  let version = store.snapshot().resourceVersion
  const keep = (event: Event): Event => {
    const name = nameOf(event)
    // At the end of the Map: the first one is the one that was seen the longest ago.
    const isNew = !events.delete(name)
    events.set(name, event)
    const [oldest] = events.keys()
    if (events.size > CAPACITY && oldest !== undefined) events.delete(oldest)
    for (const listener of listeners) listener(event, isNew ? 'ADDED' : 'MODIFIED')
    return event
  }
  const record = (draft: EventDraft): void => {
    const text = JSON.stringify([draft.object.uid, draft.object.fieldPath, draft.reason, draft.message])
    const old = events.get(names.get(text) ?? '')
    version++
    const event = keep(old === undefined ? newEvent(draft, version, now()) : countedUp(old, version, now()))
    names.delete(text)
    names.set(text, nameOf(event))
    const [first] = names.keys()
    if (names.size > CAPACITY && first !== undefined) names.delete(first)
  }
  for (const kind of ALL_KINDS) {
    for (const object of store.snapshot().objects[kind].values()) deriveEvents(object, undefined, false).forEach(record)
  }
  store.watch(({ type, object, previous }) => deriveEvents(object, previous, type === 'DELETED').forEach(record))
  return {
    record,
    write(event) {
      version++
      const old = events.get(nameOf(event))
      const { uid = randomUUID(), creationTimestamp = timestamp(now()) } = old?.metadata ?? {}
      const metadata = { ...event.metadata, uid, creationTimestamp, resourceVersion: String(version) }
      return keep({ ...event, metadata })
    },
    remove(event) {
      version++
      if (!events.delete(nameOf(event))) return
      const gone = { ...event, metadata: { ...event.metadata, resourceVersion: String(version) } }
      for (const listener of listeners) listener(gone, 'DELETED')
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
