/** Whether a Job is over, and how. */
import type { Job } from '../../api/batch.ts'
import type { Pod } from '../../api/core.ts'
import type { JobCounts } from './job-counts.ts'
import { matchPodFailurePolicy } from './job-failure-policy.ts'
import { metSuccessRule } from './job-success-policy.ts'
import { hasFailed } from './job-tracking.ts'

export interface Verdict {
  readonly isSuccess: boolean
  readonly reason: string
  readonly message: string
}

type ConditionType = 'Complete' | 'Failed' | 'Suspended' | 'SuccessCriteriaMet' | 'FailureTarget'

export function jobCondition({ status }: Job, wanted: ConditionType): boolean {
  return status?.conditions?.some(({ type, status: value }) => type === wanted && value === 'True') ?? false
}

export function isJobFinished(job: Job): boolean {
  return jobCondition(job, 'Complete') || jobCondition(job, 'Failed')
}

/** Milliseconds since 1970. */
export function finishedAt({ status }: Job): number | undefined {
  const end = status?.conditions?.find(
    ({ type, status: value }) => value === 'True' && (type === 'Complete' || type === 'Failed'),
  )
  return end?.lastTransitionTime === undefined ? undefined : Date.parse(end.lastTransitionTime)
}

/** A verdict stays, also while the last Pods are ending. `pods`: all of the Job, which `counts` counts. */
export function verdictOf(job: Job, pods: readonly Pod[], counts: JobCounts, now: number): Verdict | undefined {
  return (
    earlierVerdict(job) ??
    policyFailureOf(job, pods) ??
    failureOf(job, counts, now) ??
    indexFailureOf(job, counts) ??
    policySuccessOf(job, counts) ??
    successOf(job, counts)
  )
}

function earlierVerdict({ status }: Job): Verdict | undefined {
  for (const { type, reason = '', message = '' } of status?.conditions ?? []) {
    if (type === 'SuccessCriteriaMet' || type === 'FailureTarget') {
      return { isSuccess: type === 'SuccessCriteriaMet', reason, message }
    }
  }
  return undefined
}

function failure(reason: string, message: string): Verdict {
  return { isSuccess: false, reason, message }
}

/** Also of Pods that were counted before. */
function policyFailureOf(job: Job, pods: readonly Pod[]): Verdict | undefined {
  for (const pod of pods.filter(hasFailed)) {
    const match = matchPodFailurePolicy(job, pod)
    if (match?.action === 'FailJob') return failure('PodFailurePolicy', match.message)
  }
  return undefined
}

function failureOf({ spec, status }: Job, { failed, restarts }: JobCounts, now: number): Verdict | undefined {
  const { backoffLimit = 6, activeDeadlineSeconds, suspend = false, template } = spec
  const hasRestarted = template.spec.restartPolicy === 'OnFailure' && restarts > 0 && restarts >= backoffLimit
  if (failed > backoffLimit || hasRestarted) {
    return failure('BackoffLimitExceeded', 'Job has reached the specified backoff limit')
  }
  const { startTime } = status ?? {}
  if (activeDeadlineSeconds === undefined || startTime === undefined || suspend) return undefined
  if (now < Date.parse(startTime) + activeDeadlineSeconds * 1000) return undefined
  return failure('DeadlineExceeded', 'Job was active longer than specified deadline')
}

function indexFailureOf({ spec }: Job, { failedIndexes, completedIndexes }: JobCounts): Verdict | undefined {
  const { completions = 0, maxFailedIndexes } = spec
  if (maxFailedIndexes !== undefined && failedIndexes.length > maxFailedIndexes) {
    const message = 'Job has exceeded the specified maximal number of failed indexes'
    return failure('MaxFailedIndexesExceeded', message)
  }
  const isDone = failedIndexes.length + completedIndexes.length >= completions
  return failedIndexes.length > 0 && isDone ? failure('FailedIndexes', 'Job has failed indexes') : undefined
}

function policySuccessOf(job: Job, { completedIndexes }: JobCounts): Verdict | undefined {
  const rule = metSuccessRule(job, completedIndexes)
  return rule === undefined
    ? undefined
    : { isSuccess: true, reason: 'SuccessPolicy', message: `Matched rules at index ${rule}` }
}

function successOf({ spec }: Job, { succeeded, active, terminating }: JobCounts): Verdict | undefined {
  const { completions } = spec
  const isComplete =
    completions === undefined
      ? succeeded > 0 && active.length === 0 && terminating.length === 0
      : succeeded >= completions
  return isComplete
    ? { isSuccess: true, reason: 'CompletionsReached', message: 'Reached expected number of succeeded pods' }
    : undefined
}
