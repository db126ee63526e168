/** Phases of volumes, and what becomes of one whose claim is gone. */
import type { AnyObject } from '../api/kinds.ts'
import { PROVISIONED_BY, type PersistentVolume } from '../api/storage.ts'
import type { Change } from '../model/change.ts'
import { indexBy, type Index } from '../model/incremental.ts'
import { get, objectKey, type Snapshot } from '../model/snapshot.ts'
import { BOUND_BY_CONTROLLER } from '../model/volume-binding.ts'
import type { Controller } from './controller.ts'
import { deletionOf, updateTo } from './helpers/changes.ts'

export const persistentVolumeController: Controller = {
  name: 'persistent-volumes',
  watches: ['PersistentVolume', 'PersistentVolumeClaim'],
  keys: (object: AnyObject, snapshot) =>
    object.kind === 'PersistentVolume'
      ? [object.metadata.name]
      : byClaim.find(snapshot, objectKey(object)).map(({ metadata }) => metadata.name),
  reconcile: reconcileVolume,
}

const byClaim: Index<PersistentVolume> = indexBy(['PersistentVolume'], (volume) => {
  const key = claimKey(volume)
  return key === undefined ? [] : [key]
})

function claimKey({ spec }: PersistentVolume): string | undefined {
  const { namespace, name } = spec?.claimRef ?? {}
  return name === undefined ? undefined : `${namespace ?? ''}/${name}`
}

/** `key`: of a volume. One that is not bound yet is left to the claim. */
export function reconcileVolume(snapshot: Snapshot, key: string): readonly Change[] {
  const volume = get(snapshot, 'PersistentVolume', key)
  if (volume === undefined) return []
  const { uid = '' } = volume.spec?.claimRef ?? {}
  if (uid === '') return toPhase(volume, 'Available')
  const claim = get(snapshot, 'PersistentVolumeClaim', claimKey(volume) ?? '')
  if (claim === undefined || claim.metadata.uid !== uid) return release(volume)
  const { volumeName = '' } = claim.spec ?? {}
  if (volumeName === key) return toPhase(volume, 'Bound')
  if (volumeName === '') return []
  const isMade = volume.metadata.annotations?.[PROVISIONED_BY] !== undefined
  return isMade && volume.spec?.persistentVolumeReclaimPolicy === 'Delete' ? release(volume) : unbind(volume)
}

function toPhase(volume: PersistentVolume, phase: string, message?: string): readonly Change[] {
  if (volume.status?.phase === phase) return []
  return [{ verb: 'update', object: { ...volume, status: { phase, ...(message === undefined ? {} : { message }) } } }]
}

/** What failed to be deleted stays so: somebody has to look. */
function release(volume: PersistentVolume): readonly Change[] {
  if (volume.status?.phase === 'Failed') return []
  const released = toPhase(volume, 'Released')
  if (volume.spec?.persistentVolumeReclaimPolicy !== 'Delete') return released
  const problem = undeletable(volume)
  if (problem !== undefined) return toPhase(volume, 'Failed', problem)
  return volume.metadata.deletionTimestamp === undefined ? [...released, deletionOf(volume)] : released
}

/** Why nobody deletes what the volume stands for, in the words of Kubernetes. */
function undeletable({ metadata: { name, annotations }, spec = {} }: PersistentVolume): string | undefined {
  if (annotations?.[PROVISIONED_BY] !== undefined) return undefined
  const { path } = spec.hostPath ?? {}
  if (path === undefined) {
    return `error getting deleter volume plugin for volume ${JSON.stringify(name)}: no deletable volume plugin matched`
  }
  return /\/tmp\/.+/.test(path) ? undefined : `host_path deleter only supports /tmp/.+ but received provided ${path}`
}

/** The claim has another volume: this one is free again, or waits for it still where its writer says so. */
function unbind(volume: PersistentVolume): readonly Change[] {
  const { [BOUND_BY_CONTROLLER]: chosen, ...annotations } = volume.metadata.annotations ?? {}
  const { claimRef: { uid: _, ...waited } = {}, ...spec } = volume.spec ?? {}
  return updateTo(volume, {
    ...volume,
    metadata: { ...volume.metadata, annotations },
    spec: chosen === undefined ? { ...spec, claimRef: waited } : spec,
    status: { phase: 'Available' },
  })
}
