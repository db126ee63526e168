/** `apps/v1`, as far as Portolan acts on it. */
import type { PodTemplateSpec } from './core.ts'
import type { Condition, KubernetesObject, LabelSelector } from './meta.ts'

export interface Deployment extends KubernetesObject {
  readonly apiVersion: 'apps/v1'
  readonly kind: 'Deployment'
  readonly spec: {
    readonly replicas?: number
    readonly selector: LabelSelector
    readonly template: PodTemplateSpec
  }
  readonly status?: WorkloadStatus
}

export interface ReplicaSet extends KubernetesObject {
  readonly apiVersion: 'apps/v1'
  readonly kind: 'ReplicaSet'
  readonly spec: {
    readonly replicas?: number
    readonly selector: LabelSelector
    readonly template?: PodTemplateSpec
  }
  readonly status?: WorkloadStatus
}

export interface WorkloadStatus {
  readonly replicas?: number
  readonly readyReplicas?: number
  readonly availableReplicas?: number
  readonly updatedReplicas?: number
  readonly observedGeneration?: number
  readonly conditions?: readonly Condition[]
}
