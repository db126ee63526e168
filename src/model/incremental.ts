/** Values computed from all objects of some kinds, at the cost of what changed since they were last asked for. */
import type { Kind, Kinds } from '../api/kinds.ts'
import type { MapChange } from '../lib/ordered-map.ts'
import { emptySnapshot, objectKey, type Snapshot } from './snapshot.ts'

/**
 * A function of the snapshot. `update` turns the last value into the next; what it returns must depend on the snapshot
 * only, so that the order of calls changes their cost and never their results.
 */
export function incremental<K extends Kind, R>(
  kinds: readonly K[],
  initial: R,
  update: (previous: R, changes: readonly MapChange<Kinds[K]>[], snapshot: Snapshot) => R,
): (snapshot: Snapshot) => R {
  let seen = emptySnapshot()
  let value = initial
  return (snapshot) => {
    const changes = kinds.flatMap((kind) => changesOf(seen, snapshot, kind))
    seen = snapshot
    if (changes.length > 0) value = update(value, changes, snapshot)
    return value
  }
}

/** What differs between two snapshots in one kind. */
export function changesOf<K extends Kind>(before: Snapshot, after: Snapshot, kind: K): readonly MapChange<Kinds[K]>[] {
  const [from, to] = [before.objects[kind], after.objects[kind]]
  return from === to ? [] : from.changes(to)
}

/** Objects in named buckets. */
export interface Index<V> {
  /** In order of namespace and name. */
  find(snapshot: Snapshot, bucket: string): readonly V[]
  size(snapshot: Snapshot, bucket: string): number
}

/** An index of all objects of `kinds`; `buckets` says in which buckets an object is. */
export function indexBy<K extends Kind>(
  kinds: readonly K[],
  buckets: (object: Kinds[K]) => readonly string[],
): Index<Kinds[K]> {
  const all = new Map<string, Bucket<Kinds[K]>>()
  const bringUpToDate = incremental<K, undefined>(kinds, undefined, (_previous, changes) => {
    for (const { before, after } of changes) {
      const [from, to] = [before === undefined ? [] : buckets(before), after === undefined ? [] : buckets(after)]
      if (before !== undefined) for (const name of from) if (!to.includes(name)) removeFrom(all, name, before)
      if (after !== undefined) for (const name of to) addTo(all, name, after)
    }
  })
  return {
    find: (snapshot, name) => {
      bringUpToDate(snapshot)
      const bucket = all.get(name)
      if (bucket === undefined) return []
      bucket.isShared = true
      return bucket.objects
    },
    size: (snapshot, name) => {
      bringUpToDate(snapshot)
      return all.get(name)?.objects.length ?? 0
    },
  }
}

/** Objects in order of their places. */
interface Bucket<V> {
  readonly places: string[]
  objects: V[]
  /** Somebody was given `objects`: the next change makes a copy. */
  isShared: boolean
}

function addTo<V extends Kinds[Kind]>(all: Map<string, Bucket<V>>, name: string, object: V): void {
  const bucket = all.get(name) ?? { places: [], objects: [], isShared: false }
  const place = placeOf(object)
  const at = lowerBound(bucket.places, place)
  unshare(bucket)
  if (bucket.places[at] === place) {
    bucket.objects[at] = object
  } else {
    bucket.places.splice(at, 0, place)
    bucket.objects.splice(at, 0, object)
  }
  all.set(name, bucket)
}

function removeFrom<V extends Kinds[Kind]>(all: Map<string, Bucket<V>>, name: string, object: V): void {
  const bucket = all.get(name)
  const place = placeOf(object)
  const at = lowerBound(bucket?.places ?? [], place)
  if (bucket === undefined || bucket.places[at] !== place) return
  unshare(bucket)
  bucket.places.splice(at, 1)
  bucket.objects.splice(at, 1)
  if (bucket.places.length === 0) all.delete(name)
}

function unshare(bucket: Bucket<unknown>): void {
  if (bucket.isShared) bucket.objects = [...bucket.objects]
  bucket.isShared = false
}

/** Where `place` is, or would be. The end is tried first: at the start everything comes in order. */
function lowerBound(places: readonly string[], place: string): number {
  if ((places.at(-1) ?? '') < place) return places.length
  let [low, high] = [0, places.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((places[middle] ?? '') < place) low = middle + 1
    else high = middle
  }
  return low
}

function placeOf(object: Kinds[Kind]): string {
  return `${objectKey(object)} ${object.kind}`
}
