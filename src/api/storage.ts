/** Volumes of the network, as far as Portolan reads them. */
import type { ObjectReference } from './core.ts'
import type { ObjectMeta } from './meta.ts'

/** A claim with this finalizer stays until no Pod uses it. */
export const CLAIM_PROTECTION: string = 'kubernetes.io/pvc-protection'
/** A volume with this finalizer stays while it is bound. */
export const VOLUME_PROTECTION: string = 'kubernetes.io/pv-protection'

/** Quantities by resource: `{ storage: '1Gi' }`. */
type Quantities = Readonly<Record<string, string | number>>

export interface StorageClass {
  readonly apiVersion: 'storage.k8s.io/v1'
  readonly kind: 'StorageClass'
  readonly metadata: ObjectMeta
  readonly provisioner: string
  readonly reclaimPolicy?: string
  readonly volumeBindingMode?: string
  readonly allowVolumeExpansion?: boolean
}

export interface PersistentVolume {
  readonly apiVersion: 'v1'
  readonly kind: 'PersistentVolume'
  readonly metadata: ObjectMeta
  readonly spec?: {
    readonly capacity?: Quantities
    readonly accessModes?: readonly string[]
    readonly persistentVolumeReclaimPolicy?: string
    readonly storageClassName?: string
    readonly volumeMode?: string
    readonly claimRef?: ObjectReference
    readonly csi?: { readonly driver: string; readonly volumeHandle: string }
  }
  readonly status?: { readonly phase?: string; readonly reason?: string }
}

export interface PersistentVolumeClaim {
  readonly apiVersion: 'v1'
  readonly kind: 'PersistentVolumeClaim'
  readonly metadata: ObjectMeta
  readonly spec?: PersistentVolumeClaimSpec
  readonly status?: {
    readonly phase?: string
    readonly accessModes?: readonly string[]
    readonly capacity?: Quantities
  }
}

export interface PersistentVolumeClaimSpec {
  readonly accessModes?: readonly string[]
  readonly resources?: { readonly requests?: Quantities }
  readonly storageClassName?: string
  readonly volumeName?: string
  readonly volumeMode?: string
}
