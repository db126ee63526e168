/** Empties a namespace that is being deleted, and then lets it go. */
import { isKind, KINDS, type AnyObject } from '../api/kinds.ts'
import type { Change } from '../model/change.ts'
import { get, listIn, type Snapshot } from '../model/snapshot.ts'
import type { Controller } from './controller.ts'
import { deletionOf, updateTo } from './helpers/changes.ts'

const NAMESPACED = Object.keys(KINDS)
  .filter(isKind)
  .filter((kind) => KINDS[kind].namespaced)

export const namespaceController: Controller = {
  name: 'namespaces',
  watches: Object.keys(KINDS).filter(isKind),
  keys,
  reconcile: reconcileNamespace,
}

/** A namespace itself, and what is left in one that is being deleted. */
function keys(object: AnyObject, snapshot: Snapshot): readonly string[] {
  if (object.kind === 'Namespace') return [object.metadata.name]
  const namespace = get(snapshot, 'Namespace', object.metadata.namespace ?? '')
  return namespace?.metadata.deletionTimestamp === undefined ? [] : [namespace.metadata.name]
}

/** `key`: the name of a Namespace that is there, is being deleted, or was deleted at once with its contents left. */
export function reconcileNamespace(snapshot: Snapshot, key: string): readonly Change[] {
  const namespace = get(snapshot, 'Namespace', key)
  if (namespace !== undefined && namespace.metadata.deletionTimestamp === undefined) return []
  const contents: readonly AnyObject[] = NAMESPACED.flatMap((kind) => listIn(snapshot, kind, key))
  const deletions = contents.filter(({ metadata }) => metadata.deletionTimestamp === undefined).map(deletionOf)
  if (namespace === undefined) return deletions
  if (contents.length === 0) return [deletionOf(namespace)]
  return [...deletions, ...updateTo(namespace, { ...namespace, status: { ...namespace.status, phase: 'Terminating' } })]
}
