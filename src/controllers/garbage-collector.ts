/** Deletes objects whose controller is gone: the ReplicaSets and Pods of a Deployment, the slices of a Service. */
import { isKind, KINDS, type AnyObject, type Kind } from '../api/kinds.ts'
import type { Change } from '../model/change.ts'
import { get, objectKey, type Snapshot } from '../model/snapshot.ts'
import type { Controller } from './controller.ts'
import { deletionOf } from './helpers/changes.ts'
import { controllerOf, dependentsOf, ownerKey } from './helpers/owners.ts'

export const garbageCollector: Controller = {
  name: 'garbage-collector',
  watches: Object.keys(KINDS).filter(isKind),
  keys,
  reconcile: collectGarbage,
}

function keys(object: AnyObject, snapshot: Snapshot): readonly string[] {
  const isGone = get(snapshot, object.kind, objectKey(object))?.metadata.uid !== object.metadata.uid
  const dependents = isGone ? dependentsOf(snapshot, object) : []
  return [object, ...dependents].filter((candidate) => isOrphan(candidate, snapshot)).map(keyOf)
}

/** `key`: the kind, a blank and the key of an object. */
export function collectGarbage(snapshot: Snapshot, key: string): readonly Change[] {
  const [kind = '', name = ''] = key.split(' ')
  const object = isKind(kind) ? get<Kind>(snapshot, kind, name) : undefined
  return object !== undefined && isOrphan(object, snapshot) ? [deletionOf(object)] : []
}

function keyOf(object: AnyObject): string {
  return `${object.kind} ${objectKey(object)}`
}

/** An owner of a kind that Portolan does not keep is taken to exist. */
function isOrphan(object: AnyObject, snapshot: Snapshot): boolean {
  const owner = controllerOf(object)
  if (owner === undefined || !isKind(owner.kind) || object.metadata.deletionTimestamp !== undefined) return false
  return get<Kind>(snapshot, owner.kind, ownerKey(object, owner))?.metadata.uid !== owner.uid
}
