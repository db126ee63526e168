/** Whether a Job is over, and how. */
import type { Job } from '../../api/batch.ts'
import type { JobCounts } from './job-pods.ts'

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

/** A verdict stays, also while the last Pods are ending. */
export function verdictOf(job: Job, counts: JobCounts, now: number): Verdict | undefined {
  return earlierVerdict(job) ?? failureOf(job, counts, now) ?? successOf(job, counts)
}

function earlierVerdict({ status }: Job): Verdict | undefined {
  for (const { type, reason = '', message = '' } of status?.conditions ?? []) {
    if (type === 'SuccessCriteriaMet' || type === 'FailureTarget') {
      return { isSuccess: type === 'SuccessCriteriaMet', reason, message }
    }
  }
  return undefined
}

function failureOf({ spec, status }: Job, { failed, restarts }: JobCounts, now: number): Verdict | undefined {
  const { backoffLimit = 6, activeDeadlineSeconds, suspend = false, template } = spec
  const hasRestarted = template.spec.restartPolicy === 'OnFailure' && restarts > 0 && restarts >= backoffLimit
  if (failed > backoffLimit || hasRestarted) {
    return {
      isSuccess: false,
      reason: 'BackoffLimitExceeded',
      message: 'Job has reached the specified backoff limit',
    }
  }
  const { startTime } = status ?? {}
  if (activeDeadlineSeconds === undefined || startTime === undefined || suspend) return undefined
  if (now < Date.parse(startTime) + activeDeadlineSeconds * 1000) return undefined
  return {
    isSuccess: false,
    reason: 'DeadlineExceeded',
    message: 'Job was active longer than specified deadline',
  }
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
