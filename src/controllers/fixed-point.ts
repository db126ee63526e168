/** Runs controllers over a snapshot until none of them wants a change: for `--dry-run`, for checks and for tests. */
import type { AnyObject, Kind } from '../api/kinds.ts'
import { FOREGROUND_DELETION } from '../api/meta.ts'
import type { Change } from '../model/change.ts'
import type { ClusterConfig } from '../model/cluster-config.ts'
import { isEqual } from '../model/equal.ts'
import type { OrderedMap } from '../lib/ordered-map.ts'
import { emptySnapshot, get, objectKey, type Snapshot } from '../model/snapshot.ts'
import { wokenKeys, type Controller } from './controller.ts'

export interface FixedPoint {
  readonly snapshot: Snapshot
  /** All changes that were made, in order. */
  readonly changes: readonly Change[]
  /** `controller key`, once for each call of `reconcile`. */
  readonly reconciled: readonly string[]
}

/** More than any roll-out needs; controllers that undo each other's work would go on for ever. */
const MAX_ROUNDS = 100_000

/**
 * In each round every controller reconciles what changed since its last turn. `previous`: the snapshot that the
 * controllers have already seen to; without it they look at everything, and objects that lack a uid and a
 * resourceVersion get them. Time stands still at `now`. Throws where the controllers do not come to rest.
 */
export function reconcileToFixedPoint(
  snapshot: Snapshot,
  controllers: readonly Controller[],
  config: ClusterConfig,
  previous?: Snapshot,
  now = 0,
): FixedPoint {
  let current = previous === undefined ? withIdentities(snapshot) : snapshot
  const changes: Change[] = []
  const reconciled: string[] = []
  const turns = controllers.map((controller) => ({ controller, seen: previous ?? emptySnapshot() }))
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const before = reconciled.length
    for (const turn of turns) {
      const keys = wokenKeys(turn.controller, turn.seen, current)
      turn.seen = current
      for (const key of keys) {
        const wanted = turn.controller.reconcile(current, key, config, now)
        reconciled.push(`${turn.controller.name} ${key}`)
        changes.push(...wanted)
        current = wanted.reduce(applyChange, current)
      }
    }
    if (reconciled.length === before) return { snapshot: current, changes, reconciled }
  }
  throw new Error(`the controllers did not come to rest: ${reconciled.slice(-4).join(', ')}`)
}

/**
 * The snapshot after one change, as the store would have it. Deleting a Pod that has a node sets its deletionTimestamp
 * first and removes it the second time. Throws for a change that does not fit the snapshot.
 */
export function applyChange(snapshot: Snapshot, change: Change): Snapshot {
  const version = snapshot.resourceVersion + 1
  if (change.verb === 'delete') return applyDelete(snapshot, change, version)
  const before = get<Kind>(snapshot, change.object.kind, objectKey(change.object))
  if (change.verb === 'create') {
    if (before !== undefined) throw new Error(`${objectKey(before)} is there already`)
    return put(snapshot, identified(change.object, version), version)
  }
  if (before?.metadata.resourceVersion !== change.object.metadata.resourceVersion) {
    throw new Error(`${objectKey(change.object)} is not what it was`)
  }
  const { generation = 1 } = change.object.metadata
  const isSameSpec = before !== undefined && isEqual(specOf(before), specOf(change.object))
  const metadata = {
    ...change.object.metadata,
    generation: isSameSpec ? generation : generation + 1,
    resourceVersion: String(version),
  }
  const { deletionTimestamp, finalizers = [] } = metadata
  const hadFinalizers = (before?.metadata.finalizers ?? []).length > 0
  if (deletionTimestamp !== undefined && finalizers.length === 0 && hadFinalizers) {
    return remove(snapshot, change.object.kind, objectKey(change.object), version)
  }
  return put(snapshot, { ...change.object, metadata }, version)
}

function applyDelete(snapshot: Snapshot, change: Extract<Change, { verb: 'delete' }>, version: number): Snapshot {
  const { kind, key, isForeground = false } = change
  const stored = get<Kind>(snapshot, kind, key)
  if (stored === undefined) throw new Error(`${kind} ${key} is not there`)
  const object = isForeground ? withForeground(stored) : stored
  const isBound = (object.metadata.finalizers ?? []).length > 0
  const isGraceful = object.kind === 'Pod' && object.spec.nodeName !== undefined
  if (isBound && object.metadata.deletionTimestamp !== undefined) return snapshot
  if ((isGraceful || isBound) && object.metadata.deletionTimestamp === undefined) {
    // The moment does not matter to anybody here, only that there is one.
    const deletionTimestamp = object.metadata.creationTimestamp ?? '1970-01-01T00:00:00Z'
    return put(
      snapshot,
      { ...object, metadata: { ...object.metadata, deletionTimestamp, resourceVersion: String(version) } },
      version,
    )
  }
  return remove(snapshot, kind, key, version)
}

function withForeground(object: AnyObject): AnyObject {
  const finalizers = [...new Set([...(object.metadata.finalizers ?? []), FOREGROUND_DELETION])]
  return { ...object, metadata: { ...object.metadata, finalizers } }
}

function remove(snapshot: Snapshot, kind: Kind, key: string, version: number): Snapshot {
  const map = mapOf(snapshot, kind).delete(key)
  return { resourceVersion: version, objects: { ...snapshot.objects, [kind]: map } }
}

function put(snapshot: Snapshot, object: AnyObject, version: number): Snapshot {
  const map = mapOf(snapshot, object.kind).set(objectKey(object), object)
  return { resourceVersion: version, objects: { ...snapshot.objects, [object.kind]: map } }
}

function mapOf(snapshot: Snapshot, kind: Kind): OrderedMap<AnyObject> {
  return snapshot.objects[kind]
}

function identified(object: AnyObject, version: number): AnyObject {
  const { uid = `uid-${version}`, generation = 1 } = object.metadata
  return { ...object, metadata: { ...object.metadata, uid, generation, resourceVersion: String(version) } }
}

function withIdentities(snapshot: Snapshot): Snapshot {
  let next = snapshot
  for (const map of Object.values(snapshot.objects)) {
    for (const object of map.values()) {
      const { uid, resourceVersion } = object.metadata
      if (uid !== undefined && resourceVersion !== undefined) continue
      next = put(next, identified(object, next.resourceVersion + 1), next.resourceVersion + 1)
    }
  }
  return next
}

function specOf(object: AnyObject): unknown {
  return 'spec' in object ? object.spec : undefined
}
