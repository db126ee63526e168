import { KINDS, type AnyObject, type Kind, type Kinds } from '../api/kinds.ts'
import type { ObjectMeta } from '../api/meta.ts'
import { timestamp } from '../lib/clock.ts'
import { OrderedMap } from '../lib/ordered-map.ts'
import { emptySnapshot, objectKey, type Snapshot } from '../model/snapshot.ts'

export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'
  /** The object as it is now; for DELETED as it last was, with the resourceVersion of the deletion. */
  readonly object: AnyObject
  /** As it was before; absent for ADDED. */
  readonly previous?: AnyObject
}

export interface StoreOptions {
  /** Milliseconds since 1970. */
  readonly now: () => number
  readonly uid: () => string
  /** What it holds from the start. Its next resourceVersion is the one after this. */
  readonly restored?: Snapshot
}

/** The one thing that changes. Every write makes the next resourceVersion and one event. */
export interface Store {
  snapshot(): Snapshot
  /**
   * Gives uid, creationTimestamp, generation and resourceVersion; `complete` adds what follows from them. Throws
   * AlreadyExistsError.
   */
  create<T extends AnyObject>(object: T, complete?: (object: T) => T): T
  /** Throws NotFoundError, or ConflictError where `metadata.resourceVersion` is given and is not the stored one. */
  update<T extends AnyObject>(object: T): T
  /** Throws NotFoundError. */
  remove<K extends Kind>(kind: K, key: string): Kinds[K]
  /** Called synchronously after each write; the returned function ends it. */
  watch(listener: (event: WatchEvent) => void): () => void
}

export class AlreadyExistsError extends Error {}
export class NotFoundError extends Error {}
export class ConflictError extends Error {}

export function createStore(options: StoreOptions): Store {
  let current = options.restored ?? emptySnapshot()
  const listeners = new Set<(event: WatchEvent) => void>()

  const mapOf = (kind: Kind): OrderedMap<AnyObject> => current.objects[kind]
  const stored = (kind: Kind, key: string): AnyObject => {
    const object = mapOf(kind).get(key)
    if (object === undefined) throw new NotFoundError(`${KINDS[kind].plural} ${JSON.stringify(key)} not found`)
    return object
  }
  const commit = (kind: Kind, map: OrderedMap<AnyObject>, event: WatchEvent): void => {
    const objects = { ...current.objects, [kind]: map }
    current = { resourceVersion: current.resourceVersion + 1, objects }
    for (const listener of listeners) listener(event)
  }
  const nextVersion = (): string => String(current.resourceVersion + 1)

  return {
    snapshot: () => current,

    create<T extends AnyObject>(object: T, complete = (created: T): T => created): T {
      const key = objectKey(object)
      if (mapOf(object.kind).has(key)) {
        throw new AlreadyExistsError(`${KINDS[object.kind].plural} ${JSON.stringify(key)} already exists`)
      }
      const given = { uid: options.uid(), creationTimestamp: timestamp(options.now()), generation: 1 }
      const metadata = { ...object.metadata, ...given, resourceVersion: nextVersion() }
      const created = complete({ ...object, metadata })
      commit(object.kind, mapOf(object.kind).set(key, created), { type: 'ADDED', object: created })
      return created
    },

    update<T extends AnyObject>(object: T): T {
      const key = objectKey(object)
      const previous = stored(object.kind, key)
      const { resourceVersion } = object.metadata
      if (resourceVersion !== undefined && resourceVersion !== previous.metadata.resourceVersion) {
        throw new ConflictError(`${KINDS[object.kind].plural} ${JSON.stringify(key)} has been modified`)
      }
      const updated = { ...object, metadata: updatedMetadata(object, previous, nextVersion()) }
      commit(object.kind, mapOf(object.kind).set(key, updated), { type: 'MODIFIED', object: updated, previous })
      return updated
    },

    remove<K extends Kind>(kind: K, key: string): Kinds[K] {
      const previous = stored(kind, key)
      const metadata = { ...previous.metadata, resourceVersion: nextVersion() }
      const object = { ...previous, metadata } as AnyObject
      commit(kind, mapOf(kind).delete(key), { type: 'DELETED', object, previous })
      return object as Kinds[K]
    },

    watch(listener: (event: WatchEvent) => void): () => void {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

/** What the store gave once stays; a new spec is a new generation. */
function updatedMetadata(object: AnyObject, previous: AnyObject, resourceVersion: string): ObjectMeta {
  const { uid, creationTimestamp, generation = 1 } = previous.metadata
  return {
    ...object.metadata,
    ...(uid === undefined ? {} : { uid }),
    ...(creationTimestamp === undefined ? {} : { creationTimestamp }),
    generation: specOf(object) === specOf(previous) ? generation : generation + 1,
    resourceVersion,
  }
}

/** The spec by identity: writers of status and metadata keep it, so only a new spec raises the generation. */
function specOf(object: AnyObject): unknown {
  return 'spec' in object ? object.spec : undefined
}
