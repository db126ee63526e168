/** `batch/v1`, as far as Portolan acts on it. */
import type { ObjectReference, PodTemplateSpec } from './core.ts'
import type { Condition, KubernetesObject, LabelSelector } from './meta.ts'

export interface Job extends KubernetesObject {
  readonly apiVersion: 'batch/v1'
  readonly kind: 'Job'
  readonly spec: JobSpec
  readonly status?: JobStatus
}

export interface JobSpec {
  readonly parallelism?: number
  /** How many Pods have to succeed; absent: one of those that run at once. */
  readonly completions?: number
  readonly completionMode?: 'NonIndexed' | 'Indexed'
  /** How many failures are made up for. */
  readonly backoffLimit?: number
  readonly activeDeadlineSeconds?: number
  readonly ttlSecondsAfterFinished?: number
  readonly suspend?: boolean
  /** Made by the API server unless `manualSelector`. */
  readonly selector?: LabelSelector
  readonly manualSelector?: boolean
  readonly template: PodTemplateSpec
  readonly podReplacementPolicy?: 'TerminatingOrFailed' | 'Failed'
  /** How many failures of one index are made up for. */
  readonly backoffLimitPerIndex?: number
  readonly maxFailedIndexes?: number
  readonly podFailurePolicy?: PodFailurePolicy
  readonly successPolicy?: SuccessPolicy
}

export interface PodFailurePolicy {
  /** The first that matches decides. */
  readonly rules?: readonly PodFailurePolicyRule[]
}

export type PodFailurePolicyAction = 'FailJob' | 'FailIndex' | 'Ignore' | 'Count'

export interface PodFailurePolicyRule {
  readonly action?: PodFailurePolicyAction
  readonly onExitCodes?: PodFailurePolicyOnExitCodesRequirement
  readonly onPodConditions?: readonly PodFailurePolicyOnPodConditionsPattern[]
}

export interface PodFailurePolicyOnExitCodesRequirement {
  /** Absent: any container, also of those that run first. */
  readonly containerName?: string
  readonly operator?: 'In' | 'NotIn'
  readonly values?: readonly number[]
}

export interface PodFailurePolicyOnPodConditionsPattern {
  readonly type?: string
  readonly status?: Condition['status']
}

export interface SuccessPolicy {
  /** The first that is met ends the Job. */
  readonly rules?: readonly SuccessPolicyRule[]
}

export interface SuccessPolicyRule {
  /** `0,2-4`. */
  readonly succeededIndexes?: string
  /** Of `succeededIndexes` where they are given. */
  readonly succeededCount?: number
}

export interface JobStatus {
  readonly conditions?: readonly JobCondition[]
  readonly startTime?: string
  readonly completionTime?: string
  readonly active?: number
  readonly ready?: number
  readonly terminating?: number
  readonly succeeded?: number
  readonly failed?: number
  /** `0,2-4`. */
  readonly completedIndexes?: string
  /** There, also empty, with `backoffLimitPerIndex`. */
  readonly failedIndexes?: string
  readonly uncountedTerminatedPods?: object
}

export interface JobCondition extends Condition {
  readonly lastProbeTime?: string
}

export interface CronJob extends KubernetesObject {
  readonly apiVersion: 'batch/v1'
  readonly kind: 'CronJob'
  readonly spec: {
    readonly schedule: string
    /** A name of the IANA data base; UTC where absent. */
    readonly timeZone?: string
    readonly startingDeadlineSeconds?: number
    readonly concurrencyPolicy?: 'Allow' | 'Forbid' | 'Replace'
    readonly suspend?: boolean
    readonly successfulJobsHistoryLimit?: number
    readonly failedJobsHistoryLimit?: number
    readonly jobTemplate: JobTemplateSpec
  }
  readonly status?: CronJobStatus
}

export interface JobTemplateSpec {
  readonly metadata?: PodTemplateSpec['metadata']
  readonly spec: JobSpec
}

export interface CronJobStatus {
  readonly active?: readonly ObjectReference[]
  readonly lastScheduleTime?: string
  readonly lastSuccessfulTime?: string
}
