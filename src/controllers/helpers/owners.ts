import { isKind, KINDS, type AnyObject, type Kind } from '../../api/kinds.ts'
import type { OwnerReference } from '../../api/meta.ts'
import { indexBy, type Index } from '../../model/incremental.ts'
import type { Snapshot } from '../../model/snapshot.ts'

/** The owner that manages the object; at most one of its owners does. */
export function controllerOf(object: AnyObject): OwnerReference | undefined {
  return (object.metadata.ownerReferences ?? []).find((owner) => owner.controller === true)
}

/** What an object carries that `owner` manages. */
export function ownerReference(owner: AnyObject): OwnerReference {
  const { apiVersion, kind, metadata } = owner
  return {
    apiVersion,
    kind,
    name: metadata.name,
    uid: metadata.uid ?? '',
    controller: true,
    blockOwnerDeletion: true,
  }
}

/** The key of the owner, in the namespace of `object`. */
export function ownerKey(object: AnyObject, owner: OwnerReference): string {
  const { namespace } = object.metadata
  const isClusterScoped = isKind(owner.kind) && !KINDS[owner.kind].namespaced
  return isClusterScoped || namespace === undefined ? owner.name : `${namespace}/${owner.name}`
}

/** The key of the object's controller where that is of `kind`, as a list of none or one. */
export function ownerKeys(object: AnyObject, kind: Kind): readonly string[] {
  const owner = controllerOf(object)
  return owner?.kind === kind ? [ownerKey(object, owner)] : []
}

/** The objects that `owner` manages, by uid, in order of namespace and name. */
export function dependentsOf(snapshot: Snapshot, owner: AnyObject): readonly AnyObject[] {
  const { uid } = owner.metadata
  return uid === undefined ? [] : dependents.find(snapshot, uid)
}

const ALL_KINDS = Object.keys(KINDS) as Kind[]

const dependents: Index<AnyObject> = indexBy(ALL_KINDS, (object) => {
  const owner = controllerOf(object)
  return owner === undefined ? [] : [owner.uid]
})

/** Everything that names the owner of this uid, as manager or not. */
export function ownedBy(snapshot: Snapshot, uid: string): readonly AnyObject[] {
  return owned.find(snapshot, uid)
}

const owned: Index<AnyObject> = indexBy(ALL_KINDS, (object) => [
  ...new Set((object.metadata.ownerReferences ?? []).map((owner) => owner.uid)),
])
