/** Volumes of the network, as far as Portolan reads them. */
import type { NodeSelectorTerm, ObjectReference } from './core.ts'
import type { LabelSelector, ObjectMeta } from './meta.ts'

/** A claim with this finalizer stays until no Pod uses it. */
export const CLAIM_PROTECTION: string = 'kubernetes.io/pvc-protection'
/** A volume with this finalizer stays while it is bound. */
export const VOLUME_PROTECTION: string = 'kubernetes.io/pv-protection'

/** The StorageClass of the network itself: claims that name none get it. */
export const DEFAULT_STORAGE_CLASS: string = 'standard'
/** Who makes the volumes, as a CSI driver would be called. */
export const PROVISIONER: string = 'portolan.dev/folder'
/** On volumes that were made for a claim: by whom. */
export const PROVISIONED_BY: string = 'pv.kubernetes.io/provisioned-by'

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
    readonly hostPath?: { readonly path: string; readonly type?: string }
    readonly local?: { readonly path: string }
    readonly nodeAffinity?: { readonly required?: { readonly nodeSelectorTerms: readonly NodeSelectorTerm[] } }
  }
  readonly status?: { readonly phase?: string; readonly reason?: string; readonly message?: string }
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
  readonly selector?: LabelSelector
  readonly storageClassName?: string
  readonly volumeName?: string
  readonly volumeMode?: string
}
