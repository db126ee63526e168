/** What claims and volumes tell: why a claim waits, or that it lost its volume; why a volume could not be deleted. */
import type { AnyObject } from '../../../api/kinds.ts'
import type { PersistentVolumeClaim } from '../../../api/storage.ts'
import type { Snapshot } from '../../../model/snapshot.ts'
import { judgeClaim, type ClaimNotice } from '../../../model/volume-binding.ts'
import { referenceTo, type EventDraft } from './draft.ts'

const component = 'persistentvolume-controller'

/** `snapshot`: with the object in it. `previous`: as in deriveEvents. */
export function volumeEvents(
  snapshot: Snapshot,
  object: AnyObject,
  previous: AnyObject | undefined,
): readonly EventDraft[] {
  if (object.metadata.deletionTimestamp !== undefined) return []
  if (object.kind === 'PersistentVolumeClaim') {
    const before = previous?.kind === 'PersistentVolumeClaim' ? previous : undefined
    return claimEvents(snapshot, object, before).map((notice) => ({
      ...notice,
      component,
      object: referenceTo(object),
    }))
  }
  if (object.kind !== 'PersistentVolume') return []
  const { phase, message = '' } = object.status ?? {}
  const wasFailed = previous?.kind === 'PersistentVolume' && previous.status?.phase === 'Failed'
  if (phase !== 'Failed' || wasFailed) return []
  return [{ type: 'Warning', reason: 'VolumeFailedDelete', message, component, object: referenceTo(object) }]
}

function claimEvents(
  snapshot: Snapshot,
  claim: PersistentVolumeClaim,
  previous: PersistentVolumeClaim | undefined,
): readonly ClaimNotice[] {
  const verdict = judgeClaim(snapshot, claim)
  if (!('notice' in verdict) || verdict.notice === undefined) return []
  const { notice } = verdict
  if (verdict.lost === true) return claim.status?.phase === 'Lost' && previous?.status?.phase !== 'Lost' ? [notice] : []
  const before = previous === undefined ? undefined : judgeClaim(snapshot, previous)
  const wasSaid = before !== undefined && 'notice' in before && before.notice?.message === notice.message
  return wasSaid ? [] : [notice]
}
