/** A volume for each claim: one that somebody made by hand, or a folder of the network. */
import type { AnyObject } from '../api/kinds.ts'
import {
  PROVISIONED_BY,
  PROVISIONER,
  type PersistentVolume,
  type PersistentVolumeClaim,
  type StorageClass,
} from '../api/storage.ts'
import type { Change } from '../model/change.ts'
import { indexBy, type Index } from '../model/incremental.ts'
import { get, list, objectKey, type Snapshot } from '../model/snapshot.ts'
import { BIND_COMPLETED, BOUND_BY_CONTROLLER, isReservedFor, judgeClaim } from '../model/volume-binding.ts'
import { claimKeysOf } from '../model/volume-claims.ts'
import type { Controller } from './controller.ts'
import { updateTo } from './helpers/changes.ts'

export const persistentVolumeClaimController: Controller = {
  name: 'persistent-volume-claims',
  watches: ['PersistentVolumeClaim', 'PersistentVolume', 'StorageClass', 'Pod'],
  keys: (object: AnyObject, snapshot) => {
    if (object.kind === 'PersistentVolumeClaim') return [objectKey(object)]
    if (object.kind === 'Pod') return claimKeysOf(object)
    const claim = object.kind === 'PersistentVolume' ? object.spec?.claimRef : undefined
    // Whoever waits may want a volume that is free.
    return claim?.name === undefined ? waitingClaims(snapshot) : [`${claim.namespace ?? ''}/${claim.name}`]
  },
  reconcile: reconcileClaim,
}

const WAITING = 'waiting'

const byNeed: Index<PersistentVolumeClaim> = indexBy(['PersistentVolumeClaim'], ({ metadata }) =>
  metadata.annotations?.[BIND_COMPLETED] === undefined ? [WAITING] : [],
)

const waitingClaims = (snapshot: Snapshot): readonly string[] => byNeed.find(snapshot, WAITING).map(objectKey)

/** `key`: of a claim. */
export function reconcileClaim(snapshot: Snapshot, key: string): readonly Change[] {
  const claim = get(snapshot, 'PersistentVolumeClaim', key)
  if (claim === undefined || claim.metadata.deletionTimestamp !== undefined) return []
  const verdict = judgeClaim(snapshot, claim)
  if ('bind' in verdict) return [...bindVolume(verdict.bind, claim), ...bindClaim(claim, verdict.bind)]
  if ('provision' in verdict) {
    const volume = volumeOf(snapshot, claim, verdict.provision)
    return [{ verb: 'create', object: volume }, ...bindClaim(claim, volume)]
  }
  if ('assign' in verdict) return updateTo(claim, verdict.assign)
  return updateTo(claim, { ...claim, status: { phase: verdict.lost === true ? 'Lost' : 'Pending' } })
}

function bindVolume(volume: PersistentVolume, claim: PersistentVolumeClaim): readonly Change[] {
  const { metadata, spec = {}, status } = volume
  const chosen = isReservedFor(volume, claim) ? {} : { [BOUND_BY_CONTROLLER]: 'yes' }
  return updateTo(volume, {
    ...volume,
    metadata: withAnnotations(metadata, chosen),
    spec: { ...spec, claimRef: { ...spec.claimRef, ...referenceTo(claim) } },
    status: { ...status, phase: 'Bound' },
  })
}

function bindClaim(claim: PersistentVolumeClaim, { metadata: { name }, spec }: PersistentVolume): readonly Change[] {
  const { accessModes, capacity } = spec ?? {}
  const chosen = claim.spec?.volumeName === name ? {} : { [BOUND_BY_CONTROLLER]: 'yes' }
  return updateTo(claim, {
    ...claim,
    metadata: withAnnotations(claim.metadata, { [BIND_COMPLETED]: 'yes', ...chosen }),
    spec: { ...claim.spec, volumeName: name },
    status: { ...claim.status, phase: 'Bound', ...(accessModes && { accessModes }), ...(capacity && { capacity }) },
  })
}

function withAnnotations(
  metadata: AnyObject['metadata'],
  added: Readonly<Record<string, string>>,
): AnyObject['metadata'] {
  if (Object.keys(added).length === 0) return metadata
  return { ...metadata, annotations: { ...metadata.annotations, ...added } }
}

function volumeOf(
  snapshot: Snapshot,
  { metadata, spec = {} }: PersistentVolumeClaim,
  { metadata: { name: className }, provisioner, reclaimPolicy = 'Delete' }: StorageClass,
): PersistentVolume {
  const { namespace = '', name, uid = '' } = metadata
  const { storage } = spec.resources?.requests ?? {}
  const handle = `${namespace}/${name}`
  // The folder of an earlier claim of this name may still be somebody's.
  const isTaken = list(snapshot, 'PersistentVolume').some((volume) => volume.spec?.csi?.volumeHandle === handle)
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: `pvc-${uid}`, annotations: { [PROVISIONED_BY]: provisioner } },
    spec: {
      ...(storage === undefined ? {} : { capacity: { storage } }),
      ...(spec.accessModes === undefined ? {} : { accessModes: spec.accessModes }),
      persistentVolumeReclaimPolicy: reclaimPolicy,
      storageClassName: className,
      volumeMode: spec.volumeMode ?? 'Filesystem',
      csi: { driver: PROVISIONER, volumeHandle: isTaken ? `${handle}.${uid}` : handle },
      claimRef: referenceTo({ apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata }),
    },
  }
}

function referenceTo({ metadata }: PersistentVolumeClaim): NonNullable<PersistentVolume['spec']>['claimRef'] & object {
  const { namespace = '', name, uid } = metadata
  return { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, name, ...(uid === undefined ? {} : { uid }) }
}
