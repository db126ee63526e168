/** Runs the Pods of a Job until enough of them have succeeded, or too many have failed. */
import type { Job, JobCondition, JobStatus } from '../api/batch.ts'
import type { Pod } from '../api/core.ts'
import { formatIndexes } from '../api/job-indexes.ts'
import type { AnyObject } from '../api/kinds.ts'
import { timestamp } from '../lib/clock.ts'
import type { Change } from '../model/change.ts'
import type { ClusterConfig } from '../model/cluster-config.ts'
import { isPodFinished, isPodReady } from '../model/endpoints.ts'
import { get, objectKey, type Snapshot } from '../model/snapshot.ts'
import type { Controller } from './controller.ts'
import { deletionOf, updateTo } from './helpers/changes.ts'
import { retryAt, retryIndexAt } from './helpers/job-backoff.ts'
import { finishedAt, isJobFinished, jobCondition, verdictOf, type Verdict } from './helpers/job-conditions.ts'
import { countFailures, countPods, type JobCounts } from './helpers/job-counts.ts'
import { isCounted } from './helpers/job-failure-policy.ts'
import { hasLimitPerIndex } from './helpers/job-index-failures.ts'
import { newJobPods } from './helpers/job-pods.ts'
import { indexOf, isLost, isTracked, untracked } from './helpers/job-tracking.ts'
import { controllerOf, ownerKeys } from './helpers/owners.ts'
import { podsOf } from './helpers/template-pods.ts'

export const jobController: Controller = {
  name: 'jobs',
  watches: ['Job', 'Pod'],
  keys,
  reconcile: reconcileJob,
  wakeAt,
}

const ORPHAN = 'orphan '

/** A Pod whose Job is gone has a key of its own: nobody counts it any more. */
function keys(object: AnyObject, snapshot: Snapshot): readonly string[] {
  if (object.kind === 'Job') {
    const isGone = get(snapshot, 'Job', objectKey(object))?.metadata.uid !== object.metadata.uid
    return isGone ? podsOf(snapshot, object).map((pod) => `${ORPHAN}${objectKey(pod)}`) : [objectKey(object)]
  }
  if (object.kind !== 'Pod') return []
  const owners = ownerKeys(object, 'Job')
  return owners.map((key) =>
    get(snapshot, 'Job', key)?.metadata.uid === controllerOf(object)?.uid ? key : `${ORPHAN}${objectKey(object)}`,
  )
}

/** `key`: of a Job, or `orphan ` and the key of a Pod. */
export function reconcileJob(snapshot: Snapshot, key: string, _config: ClusterConfig, now: number): readonly Change[] {
  if (key.startsWith(ORPHAN)) return releaseOrphan(snapshot, key.slice(ORPHAN.length))
  const job = get(snapshot, 'Job', key)
  if (job === undefined) return []
  const pods = podsOf(snapshot, job)
  if (isJobFinished(job) || job.metadata.deletionTimestamp !== undefined) return wrapUp(job, pods, now)
  const counts = countPods(job, pods)
  const verdict = verdictOf(job, pods, counts, now)
  const plan = planPods(snapshot, job, pods, counts, verdict, now)
  const status = statusOf(job, counts, failedOf(job, pods, counts, verdict), verdict, now)
  return [...releasedOf(pods, counts, verdict).flatMap(release), ...plan, ...updateTo(job, { ...job, status })]
}

/** Who is counted now. With a verdict it is everybody: how the rest ends does not matter any more. */
function releasedOf(pods: readonly Pod[], counts: JobCounts, verdict: Verdict | undefined): readonly Pod[] {
  if (verdict !== undefined) return pods
  const held = new Set(counts.held.values())
  return counts.fresh.filter((pod) => !held.has(pod))
}

function failedOf(job: Job, pods: readonly Pod[], counts: JobCounts, verdict: Verdict | undefined): number {
  if (verdict === undefined) return counts.failed - countFailures(job, [...counts.held.values()])
  const cutShort = pods.filter(
    (pod) => isTracked(pod) && !isPodFinished(pod) && (!verdict.isSuccess || isLost(job, pod)) && isCounted(job, pod),
  )
  return counts.failed + cutShort.length
}

function release(pod: Pod): readonly Change[] {
  return isTracked(pod) ? [{ verb: 'update', object: untracked(pod) }] : []
}

/** Ended by its Job, which does not count it. */
function dismiss(pod: Pod): readonly Change[] {
  return [...release(pod), deletionOf(pod)]
}

function releaseOrphan(snapshot: Snapshot, key: string): readonly Change[] {
  const pod = get(snapshot, 'Pod', key)
  return pod === undefined ? [] : release(pod)
}

/** What is left of a Job that is over: its Pods are free to go, and it goes itself when its time has come. */
function wrapUp(job: Job, pods: readonly Pod[], now: number): readonly Change[] {
  const expiry = expiryOf(job)
  const isExpired = expiry !== undefined && expiry <= now && job.metadata.deletionTimestamp === undefined
  return [...pods.flatMap(release), ...(isExpired ? [deletionOf(job)] : [])]
}

function expiryOf(job: Job): number | undefined {
  const { ttlSecondsAfterFinished: seconds } = job.spec
  const end = finishedAt(job)
  return seconds === undefined || end === undefined ? undefined : end + seconds * 1000
}

function wakeAt(snapshot: Snapshot, key: string, now: number): number | undefined {
  const job = get(snapshot, 'Job', key)
  if (job === undefined) return undefined
  if (isJobFinished(job)) return expiryOf(job)
  const { startTime } = job.status ?? {}
  const { activeDeadlineSeconds } = job.spec
  const pods = podsOf(snapshot, job)
  const moments = [
    ...(hasLimitPerIndex(job) ? [...countPods(job, pods).held.values()].map(retryIndexAt) : [retryAt(pods)]),
    ...(startTime === undefined || activeDeadlineSeconds === undefined
      ? []
      : [Date.parse(startTime) + activeDeadlineSeconds * 1000]),
  ].filter((moment) => moment > now)
  return moments.length === 0 ? undefined : Math.min(...moments)
}

function planPods(
  snapshot: Snapshot,
  job: Job,
  pods: readonly Pod[],
  counts: JobCounts,
  verdict: Verdict | undefined,
  now: number,
): readonly Change[] {
  const { suspend = false, parallelism = 1, podReplacementPolicy, completionMode } = job.spec
  if (verdict !== undefined) return counts.active.map(deletionOf)
  if (suspend) return counts.active.flatMap(dismiss)
  const ending = podReplacementPolicy === 'Failed' ? counts.terminating : []
  const wanted = Math.max(0, Math.min(parallelism, remainingOf(job, counts)))
  if (wanted < counts.active.length) return counts.active.slice(wanted).flatMap(dismiss)
  const missing = wanted - counts.active.length - ending.length
  if (missing <= 0 || (!hasLimitPerIndex(job) && retryAt(pods) > now)) return []
  const { held } = counts
  const indexes =
    completionMode === 'Indexed'
      ? openIndexes(job, counts, ending)
          .slice(0, missing)
          .filter((index) => retryIndexAt(held.get(index)) <= now)
      : Array.from({ length: missing }, () => undefined)
  return newJobPods({ snapshot, job, indexes, held })
}

/** How many more Pods could do something. A Job without completions ends with the first success. */
function remainingOf({ spec }: Job, { succeeded, active, failedIndexes }: JobCounts): number {
  if (spec.completions === undefined) return succeeded > 0 ? active.length : (spec.parallelism ?? 1)
  return spec.completions - succeeded - failedIndexes.length
}

/** Those that nobody works on, has done or has given up. `ending`: Pods whose end is waited for. */
function openIndexes({ spec }: Job, counts: JobCounts, ending: readonly Pod[]): readonly number[] {
  const { completedIndexes, failedIndexes, active } = counts
  const busy = new Set([...completedIndexes, ...failedIndexes, ...active.map(indexOf), ...ending.map(indexOf)])
  return Array.from({ length: spec.completions ?? 0 }, (_, i) => i).filter((index) => !busy.has(index))
}

function statusOf(job: Job, counts: JobCounts, failed: number, verdict: Verdict | undefined, now: number): JobStatus {
  const { suspend = false, completionMode } = job.spec
  const { startTime: started, ...before } = job.status ?? {}
  const at = timestamp(now)
  const startTime = suspend ? undefined : (started ?? at)
  // Those that are active now are about to be deleted where the Job is over.
  const isOver = verdict !== undefined && counts.active.length === 0 && counts.terminating.length === 0
  const conditions = conditionsOf(job, verdict, isOver, at)
  return {
    ...before,
    ...(startTime === undefined ? {} : { startTime }),
    ...(conditions.length === 0 ? {} : { conditions }),
    active: counts.active.length,
    ready: counts.active.filter(isPodReady).length,
    terminating: counts.terminating.length,
    ...(counts.succeeded > 0 ? { succeeded: counts.succeeded } : {}),
    ...(failed > 0 ? { failed } : {}),
    ...(completionMode === 'Indexed' && counts.completedIndexes.length > 0
      ? { completedIndexes: formatIndexes(counts.completedIndexes) }
      : {}),
    ...(hasLimitPerIndex(job) ? { failedIndexes: formatIndexes(counts.failedIndexes) } : {}),
    ...(isOver && verdict.isSuccess ? { completionTime: at } : {}),
    uncountedTerminatedPods: {},
  }
}

function conditionsOf(job: Job, verdict: Verdict | undefined, isOver: boolean, at: string): readonly JobCondition[] {
  let { conditions = [] } = job.status ?? {}
  const { suspend = false } = job.spec
  const isSuspended = jobCondition(job, 'Suspended')
  const add = (type: string, status: 'True' | 'False', reason: string, message: string): void => {
    const others = conditions.filter((condition) => condition.type !== type)
    conditions = [...others, { type, status, reason, message, lastProbeTime: at, lastTransitionTime: at }]
  }
  if (suspend && !isSuspended) add('Suspended', 'True', 'JobSuspended', 'Job suspended')
  if (!suspend && isSuspended) add('Suspended', 'False', 'JobResumed', 'Job resumed')
  if (verdict === undefined) return conditions
  const { isSuccess, reason, message } = verdict
  const [first, last] = isSuccess
    ? (['SuccessCriteriaMet', 'Complete'] as const)
    : (['FailureTarget', 'Failed'] as const)
  if (!jobCondition(job, first)) add(first, 'True', reason, message)
  if (isOver) add(last, 'True', reason, message)
  return conditions
}
