/** A volume for each claim: a folder of the network, made by the kubelet where a Pod mounts it first. */
import type { AnyObject } from '../api/kinds.ts'
import type { PersistentVolume, PersistentVolumeClaim } from '../api/storage.ts'
import type { Change } from '../model/change.ts'
import { get, objectKey, type Snapshot } from '../model/snapshot.ts'
import type { Controller } from './controller.ts'
import { deletionOf, updateTo } from './helpers/changes.ts'

/** The StorageClass that a claim gets which names none. */
export const DEFAULT_STORAGE_CLASS: string = 'standard'
/** Who makes the volumes, as a CSI driver would be called. */
export const PROVISIONER: string = 'portolan.dev/folder'

export const persistentVolumeClaimController: Controller = {
  name: 'persistent-volume-claims',
  watches: ['PersistentVolumeClaim', 'PersistentVolume'],
  keys: (object: AnyObject) => {
    if (object.kind === 'PersistentVolumeClaim') return [objectKey(object)]
    const claim = object.kind === 'PersistentVolume' ? object.spec?.claimRef : undefined
    return claim?.name === undefined ? [] : [`${claim.namespace ?? ''}/${claim.name}`]
  },
  reconcile: reconcileClaim,
}

/** `key`: of a claim. The volume of one that is gone goes too. */
export function reconcileClaim(snapshot: Snapshot, key: string): readonly Change[] {
  const claim = get(snapshot, 'PersistentVolumeClaim', key)
  const gone = [...snapshot.objects.PersistentVolume.values()].filter(
    (volume) => isMade(volume) && claimKey(volume) === key && volume.spec?.claimRef?.uid !== claim?.metadata.uid,
  )
  return [...gone.flatMap(reclaim), ...(claim === undefined ? [] : bind(snapshot, claim))]
}

function bind(snapshot: Snapshot, claim: PersistentVolumeClaim): readonly Change[] {
  const { metadata, spec = {}, status } = claim
  if (metadata.deletionTimestamp !== undefined) return []
  // An empty class asks for a volume that somebody made by hand: nobody binds those here.
  if (spec.storageClassName === '') return updateTo(claim, { ...claim, status: { ...status, phase: 'Pending' } })
  const name = `pvc-${metadata.uid}`
  const wanted = volumeOf(claim, name)
  const volume = get(snapshot, 'PersistentVolume', name)
  const { accessModes, capacity } = wanted.spec ?? {}
  const bound: PersistentVolumeClaim = {
    ...claim,
    spec: { ...spec, volumeName: name },
    status: { ...status, phase: 'Bound', ...(accessModes && { accessModes }), ...(capacity && { capacity }) },
  }
  return [...provide(volume, wanted), ...updateTo(claim, bound)]
}

/** What is bound is protected: it is released first. */
function reclaim(volume: PersistentVolume): readonly Change[] {
  const released = updateTo(volume, { ...volume, status: { ...volume.status, phase: 'Released' } })
  return volume.metadata.deletionTimestamp === undefined ? [...released, deletionOf(volume)] : released
}

/** A new object has no status of its own: the volume is bound once it is there. */
function provide(volume: PersistentVolume | undefined, wanted: PersistentVolume): readonly Change[] {
  if (volume === undefined) return [{ verb: 'create', object: wanted }]
  return updateTo(volume, { ...volume, status: { ...volume.status, phase: 'Bound' } })
}

function volumeOf({ metadata, spec = {} }: PersistentVolumeClaim, name: string): PersistentVolume {
  const { namespace = '', name: claim, uid } = metadata
  const { storage } = spec.resources?.requests ?? {}
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name, annotations: { 'pv.kubernetes.io/provisioned-by': PROVISIONER } },
    spec: {
      ...(storage === undefined ? {} : { capacity: { storage } }),
      ...(spec.accessModes === undefined ? {} : { accessModes: spec.accessModes }),
      persistentVolumeReclaimPolicy: 'Delete',
      storageClassName: spec.storageClassName ?? DEFAULT_STORAGE_CLASS,
      volumeMode: spec.volumeMode ?? 'Filesystem',
      csi: { driver: PROVISIONER, volumeHandle: `${namespace}/${claim}` },
      claimRef: {
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        namespace,
        name: claim,
        ...(uid === undefined ? {} : { uid }),
      },
    },
  }
}

function isMade({ metadata }: PersistentVolume): boolean {
  return metadata.annotations?.['pv.kubernetes.io/provisioned-by'] === PROVISIONER
}

function claimKey({ spec }: PersistentVolume): string {
  const { namespace = '', name = '' } = spec?.claimRef ?? {}
  return `${namespace}/${name}`
}
