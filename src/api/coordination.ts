/** `coordination.k8s.io/v1`: who holds what, and since when. */
import type { KubernetesObject } from './meta.ts'

export interface Lease extends KubernetesObject {
  readonly apiVersion: 'coordination.k8s.io/v1'
  readonly kind: 'Lease'
  readonly spec?: {
    readonly holderIdentity?: string
    readonly leaseDurationSeconds?: number
    readonly acquireTime?: string
    readonly renewTime?: string
    readonly leaseTransitions?: number
  }
}
