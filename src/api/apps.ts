/** `apps/v1`, as far as Portolan acts on it. */
import type { PersistentVolumeClaimTemplate, PodTemplateSpec } from './core.ts'
import type { Condition, IntOrString, KubernetesObject, LabelSelector } from './meta.ts'

export interface Deployment extends KubernetesObject {
  readonly apiVersion: 'apps/v1'
  readonly kind: 'Deployment'
  readonly spec: {
    readonly replicas?: number
    readonly selector: LabelSelector
    readonly template: PodTemplateSpec
    readonly strategy?: DeploymentStrategy
    readonly minReadySeconds?: number
    readonly revisionHistoryLimit?: number
    readonly progressDeadlineSeconds?: number
    readonly paused?: boolean
  }
  readonly status?: WorkloadStatus
}

export interface DeploymentStrategy {
  readonly type?: 'RollingUpdate' | 'Recreate'
  readonly rollingUpdate?: { readonly maxSurge?: IntOrString; readonly maxUnavailable?: IntOrString }
}

export interface ReplicaSet extends KubernetesObject {
  readonly apiVersion: 'apps/v1'
  readonly kind: 'ReplicaSet'
  readonly spec: {
    readonly replicas?: number
    readonly selector: LabelSelector
    readonly template?: PodTemplateSpec
    readonly minReadySeconds?: number
  }
  readonly status?: WorkloadStatus
}

export interface WorkloadStatus {
  readonly replicas?: number
  readonly readyReplicas?: number
  readonly availableReplicas?: number
  readonly updatedReplicas?: number
  /** Of a Deployment: asked for and not available. */
  readonly unavailableReplicas?: number
  /** Of a ReplicaSet: with all labels of its template. */
  readonly fullyLabeledReplicas?: number
  readonly observedGeneration?: number
  readonly conditions?: readonly WorkloadCondition[]
}

export interface WorkloadCondition extends Condition {
  readonly lastUpdateTime?: string
}

export interface StatefulSet extends KubernetesObject {
  readonly apiVersion: 'apps/v1'
  readonly kind: 'StatefulSet'
  readonly spec: {
    readonly replicas?: number
    readonly selector: LabelSelector
    readonly template: PodTemplateSpec
    /** The headless Service that gives the Pods their names. */
    readonly serviceName?: string
    readonly podManagementPolicy?: 'OrderedReady' | 'Parallel'
    readonly updateStrategy?: StatefulSetUpdateStrategy
    readonly revisionHistoryLimit?: number
    readonly minReadySeconds?: number
    readonly ordinals?: { readonly start?: number }
    readonly persistentVolumeClaimRetentionPolicy?: {
      readonly whenDeleted?: 'Retain' | 'Delete'
      readonly whenScaled?: 'Retain' | 'Delete'
    }
    readonly volumeClaimTemplates?: readonly PersistentVolumeClaimTemplate[]
  }
  readonly status?: StatefulSetStatus
}

export interface StatefulSetUpdateStrategy {
  readonly type?: 'RollingUpdate' | 'OnDelete'
  /** Pods with an ordinal below `partition` keep the template that they have. */
  readonly rollingUpdate?: { readonly partition?: number; readonly maxUnavailable?: IntOrString }
}

export interface StatefulSetStatus extends WorkloadStatus {
  readonly currentReplicas?: number
  /** Names of ControllerRevisions: of the template before a roll-out, and of the present one. */
  readonly currentRevision?: string
  readonly updateRevision?: string
  readonly collisionCount?: number
}

/** What a StatefulSet or DaemonSet once was: `data` is a patch of its template. */
export interface ControllerRevision extends KubernetesObject {
  readonly apiVersion: 'apps/v1'
  readonly kind: 'ControllerRevision'
  readonly data?: unknown
  readonly revision: number
}

export interface DaemonSet extends KubernetesObject {
  readonly apiVersion: 'apps/v1'
  readonly kind: 'DaemonSet'
  readonly spec: {
    readonly selector: LabelSelector
    readonly template: PodTemplateSpec
    readonly updateStrategy?: DaemonSetUpdateStrategy
    readonly minReadySeconds?: number
    readonly revisionHistoryLimit?: number
  }
  readonly status?: DaemonSetStatus
}

export interface DaemonSetUpdateStrategy {
  readonly type?: 'RollingUpdate' | 'OnDelete'
  readonly rollingUpdate?: { readonly maxSurge?: IntOrString; readonly maxUnavailable?: IntOrString }
}

export interface DaemonSetStatus {
  /** Nodes that should have a Pod and do. */
  readonly currentNumberScheduled?: number
  /** Nodes that have one and should not. */
  readonly numberMisscheduled?: number
  /** Nodes that should have one. */
  readonly desiredNumberScheduled?: number
  readonly numberReady?: number
  readonly numberAvailable?: number
  readonly numberUnavailable?: number
  readonly updatedNumberScheduled?: number
  readonly observedGeneration?: number
}
