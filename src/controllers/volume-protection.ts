/** Holds claims that Pods use and volumes that are bound until they are not: their finalizers. */
import type { AnyObject } from '../api/kinds.ts'
import type { Pod } from '../api/core.ts'
import {
  CLAIM_PROTECTION,
  VOLUME_PROTECTION,
  type PersistentVolume,
  type PersistentVolumeClaim,
} from '../api/storage.ts'
import type { Change } from '../model/change.ts'
import { get, objectKey, type Snapshot } from '../model/snapshot.ts'
import { claimKeysOf, podsOfClaim } from '../model/volume-claims.ts'
import type { Controller } from './controller.ts'

export const volumeProtectionController: Controller = {
  name: 'volume-protection',
  watches: ['PersistentVolumeClaim', 'PersistentVolume', 'Pod'],
  keys: (object: AnyObject) => {
    if (object.kind === 'Pod') return claimKeysOf(object).map((key) => `PersistentVolumeClaim ${key}`)
    return [`${object.kind} ${objectKey(object)}`]
  },
  reconcile: protect,
}

/** `key`: the kind, a blank and the key of a claim or a volume. */
export function protect(snapshot: Snapshot, key: string): readonly Change[] {
  const [kind, name = ''] = key.split(' ')
  if (kind === 'PersistentVolumeClaim') {
    const claim = get(snapshot, kind, name)
    // A Pod without a node does not start with a claim that is being deleted.
    const hasNode = ({ spec }: Pod): boolean => spec.nodeName !== undefined
    return claim === undefined ? [] : hold(claim, CLAIM_PROTECTION, () => podsOfClaim(snapshot, name).some(hasNode))
  }
  const volume = get(snapshot, 'PersistentVolume', name)
  return volume === undefined ? [] : hold(volume, VOLUME_PROTECTION, () => volume.status?.phase === 'Bound')
}

/** The finalizer is there from the start, and until the object is to go and nobody uses it. */
function hold(
  object: PersistentVolumeClaim | PersistentVolume,
  finalizer: string,
  isUsed: () => boolean,
): readonly Change[] {
  const { finalizers = [], ...metadata } = object.metadata
  const isHeld = finalizers.includes(finalizer)
  const isGoing = metadata.deletionTimestamp !== undefined
  if (isGoing ? !isHeld || isUsed() : isHeld) return []
  const wanted = isGoing ? finalizers.filter((name) => name !== finalizer) : [...finalizers, finalizer]
  const next = { ...metadata, ...(wanted.length > 0 && { finalizers: wanted }) }
  return [{ verb: 'update', object: { ...object, metadata: next } }]
}
