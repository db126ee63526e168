/** Volumes of a Pod, as far as Portolan acts on them. */
import type { EnvVarSource } from './core.ts'

/** The volume by which a Pod's programs find the API server is called so, with five characters more. */
export const API_ACCESS_VOLUME: string = 'kube-api-access-'

/** Kinds that are not here are kept, and said on the Pod. */
export interface Volume {
  readonly name: string
  readonly emptyDir?: { readonly medium?: string; readonly sizeLimit?: string | number }
  readonly hostPath?: { readonly path: string; readonly type?: string }
  readonly configMap?: KeysProjection & { readonly defaultMode?: number }
  readonly persistentVolumeClaim?: { readonly claimName: string; readonly readOnly?: boolean }
  readonly secret?: Omit<KeysProjection, 'name'> & { readonly secretName?: string; readonly defaultMode?: number }
  readonly projected?: { readonly sources?: readonly VolumeProjection[]; readonly defaultMode?: number }
  readonly downwardAPI?: DownwardProjection & { readonly defaultMode?: number }
}

/** Of a ConfigMap or a Secret; without `items` all of it. */
export interface KeysProjection {
  readonly name?: string
  readonly items?: readonly KeyToPath[]
  readonly optional?: boolean
}

export interface KeyToPath {
  readonly key: string
  readonly path: string
  readonly mode?: number
}

export interface DownwardProjection {
  readonly items?: readonly (Pick<EnvVarSource, 'fieldRef' | 'resourceFieldRef'> & {
    readonly path: string
    readonly mode?: number
  })[]
}

/** One of these. */
export interface VolumeProjection {
  readonly configMap?: KeysProjection
  readonly secret?: KeysProjection
  readonly downwardAPI?: DownwardProjection
  readonly serviceAccountToken?: {
    readonly path: string
    readonly audience?: string
    readonly expirationSeconds?: number
  }
  readonly clusterTrustBundle?: { readonly path: string }
}

export interface VolumeMount {
  readonly name: string
  readonly mountPath: string
  readonly readOnly?: boolean
  readonly subPath?: string
  readonly subPathExpr?: string
}
