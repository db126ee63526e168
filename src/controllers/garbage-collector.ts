/** Deletes what has lost its last owner, and holds an owner that is deleted in the foreground until what it owns is gone. */
import { isKind, KINDS, type AnyObject, type Kind } from '../api/kinds.ts'
import { FOREGROUND_DELETION, type OwnerReference } from '../api/meta.ts'
import type { Change } from '../model/change.ts'
import { get, objectKey, type Snapshot } from '../model/snapshot.ts'
import type { Controller } from './controller.ts'
import { ownedBy, ownerKey } from './helpers/owners.ts'

export const garbageCollector: Controller = {
  name: 'garbage-collector',
  watches: Object.keys(KINDS).filter(isKind),
  keys,
  reconcile: collectGarbage,
}

/** The object, what it owns where it is gone or going, and its owners that wait for it. */
function keys(object: AnyObject, snapshot: Snapshot): readonly string[] {
  const { uid = '', ownerReferences = [] } = object.metadata
  const isGone = get<Kind>(snapshot, object.kind, objectKey(object))?.metadata.uid !== uid
  const owned = isGone || isWaiting(object) ? ownedBy(snapshot, uid) : []
  const owners = ownerReferences.flatMap((reference) => {
    const owner = ownerOf(object, reference, snapshot)
    return owner !== undefined && isWaiting(owner) ? [keyOf(owner)] : []
  })
  const own = isWaiting(object) || hasLostOwner(object, snapshot) ? [keyOf(object)] : []
  return [...own, ...owned.map(keyOf), ...owners]
}

/** `key`: the kind, a blank and the key of an object. */
export function collectGarbage(snapshot: Snapshot, key: string): readonly Change[] {
  const [kind = '', name = ''] = key.split(' ')
  const object = isKind(kind) ? get<Kind>(snapshot, kind, name) : undefined
  if (object === undefined) return []
  if (isWaiting(object)) return isBlocked(object, snapshot) ? [] : [released(object)]
  const { ownerReferences = [], deletionTimestamp } = object.metadata
  if (ownerReferences.length === 0 || deletionTimestamp !== undefined) return []
  const { solid, waiting } = classify(object, snapshot)
  if (solid.length > 0) return solid.length === ownerReferences.length ? [] : [withOwners(object, solid)]
  const isForeground = waiting.length > 0 && ownedBy(snapshot, object.metadata.uid ?? '').length > 0
  return [{ verb: 'delete', kind: object.kind, key: objectKey(object), ...(isForeground && { isForeground }) }]
}

function keyOf(object: AnyObject): string {
  return `${object.kind} ${objectKey(object)}`
}

function isWaiting({ metadata }: AnyObject): boolean {
  return metadata.deletionTimestamp !== undefined && (metadata.finalizers ?? []).includes(FOREGROUND_DELETION)
}

/** Whether there is something that says of itself that it holds up its owner. */
function isBlocked({ metadata: { uid = '' } }: AnyObject, snapshot: Snapshot): boolean {
  return ownedBy(snapshot, uid).some(({ metadata }) =>
    metadata.ownerReferences?.some((owner) => owner.uid === uid && owner.blockOwnerDeletion === true),
  )
}

function released(object: AnyObject): Change {
  const { finalizers = [], ...metadata } = object.metadata
  const others = finalizers.filter((name) => name !== FOREGROUND_DELETION)
  const rest = { ...object, metadata: { ...metadata, ...(others.length > 0 && { finalizers: others }) } }
  return { verb: 'update', object: rest as AnyObject }
}

function withOwners(object: AnyObject, ownerReferences: readonly OwnerReference[]): Change {
  return { verb: 'update', object: { ...object, metadata: { ...object.metadata, ownerReferences } } as AnyObject }
}

interface Owners {
  /** Are there, and stay. */
  readonly solid: readonly OwnerReference[]
  /** Are there, and wait for the object to go. */
  readonly waiting: readonly OwnerReference[]
}

function hasLostOwner(object: AnyObject, snapshot: Snapshot): boolean {
  return classify(object, snapshot).solid.length < (object.metadata.ownerReferences ?? []).length
}

/** An owner of a kind that Portolan does not keep is taken to exist. */
function classify(object: AnyObject, snapshot: Snapshot): Owners {
  const solid: OwnerReference[] = []
  const waiting: OwnerReference[] = []
  for (const reference of object.metadata.ownerReferences ?? []) {
    const owner = ownerOf(object, reference, snapshot)
    if (!isKind(reference.kind) || (owner !== undefined && !isWaiting(owner))) solid.push(reference)
    else if (owner !== undefined) waiting.push(reference)
  }
  return { solid, waiting }
}

/** Undefined also where another one has its name now. */
function ownerOf(object: AnyObject, reference: OwnerReference, snapshot: Snapshot): AnyObject | undefined {
  if (!isKind(reference.kind)) return undefined
  const owner = get<Kind>(snapshot, reference.kind, ownerKey(object, reference))
  return owner?.metadata.uid === reference.uid ? owner : undefined
}
