/** What a Pod mounts for a claim: the folder that stands for its volume, or a path of the host. */
import { join } from 'node:path'
import { PROVISIONER, type PersistentVolume } from '../../api/storage.ts'
import type { Volume } from '../../api/volumes.ts'
import { get, type Snapshot } from '../../model/snapshot.ts'

/** `folder`: relative to that of all claims. With a hostPath it is what stands for a path that the host has not. */
export type ClaimSource =
  | { readonly folder: string; readonly hostPath?: NonNullable<Volume['hostPath']> }
  | { readonly absent: string }
  | { readonly problem: string }

/** `key`: of the claim. */
export function claimSource(snapshot: Snapshot, key: string): ClaimSource {
  const claim = get(snapshot, 'PersistentVolumeClaim', key)
  // A Pod alone, without the claim's manifest, has a folder as well.
  if (claim === undefined) return { folder: key }
  const volume = get(snapshot, 'PersistentVolume', claim.spec?.volumeName ?? '')
  if (volume === undefined || claim.status?.phase !== 'Bound')
    return { problem: `error processing PVC ${key}: PVC is not bound` }
  const folder = volumeFolder(volume)
  const { spec = {} } = volume
  if (folder === undefined) return { absent: sourceOf(volume) }
  const hostPath = spec.hostPath ?? (spec.local && { path: spec.local.path })
  return { folder, ...(hostPath && { hostPath }) }
}

/** Relative to the folder of all claims: a volume's own; undefined where it has none. */
export function volumeFolder({ metadata, spec = {} }: PersistentVolume): string | undefined {
  if (spec.hostPath !== undefined || spec.local !== undefined) return join('.volumes', metadata.name)
  const { driver, volumeHandle = '' } = spec.csi ?? {}
  // Whoever writes a volume chooses the handle: it must not lead out of the folder.
  const isInside = /^[^/]+\/[^/]+$/.test(volumeHandle) && !volumeHandle.split('/').some((part) => part.startsWith('.'))
  return driver === PROVISIONER && isInside ? volumeHandle : undefined
}

const NO_SOURCE =
  /^(capacity|accessModes|persistentVolumeReclaimPolicy|storageClassName|volumeMode|claimRef|mountOptions|nodeAffinity|volumeAttributesClassName)$/

function sourceOf({ spec = {} }: PersistentVolume): string {
  return Object.keys(spec).find((field) => !NO_SOURCE.test(field)) ?? 'a volume without a source'
}
