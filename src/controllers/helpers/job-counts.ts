/** How far a Job is, by its status and those of its Pods that it has not counted. */
import type { Job } from '../../api/batch.ts'
import type { Pod } from '../../api/core.ts'
import { parseIndexes } from '../../api/job-indexes.ts'
import { isPodFinished, isPodTerminating } from '../../model/endpoints.ts'
import { isCounted } from './job-failure-policy.ts'
import { failedIndexesOf, heldPods, type HeldPods } from './job-index-failures.ts'
import { hasFailed, hasSucceeded, indexOf, isTracked } from './job-tracking.ts'
import { isPodActive } from './template-pods.ts'

export interface JobCounts {
  readonly active: readonly Pod[]
  readonly terminating: readonly Pod[]
  /** Ended since they were last counted. */
  readonly fresh: readonly Pod[]
  /** Of those, and of Pods that are ending: the ones that are to be counted when their successors are there. */
  readonly held: HeldPods
  readonly succeeded: number
  readonly failed: number
  /** Of containers that are started again in their Pod. */
  readonly restarts: number
  readonly completedIndexes: readonly number[]
  readonly failedIndexes: readonly number[]
}

export function countPods(job: Job, pods: readonly Pod[]): JobCounts {
  const fresh = pods.filter((pod) => isPodFinished(pod) && isTracked(pod))
  const { completions = 0, completionMode } = job.spec
  const done = parseIndexes(job.status?.completedIndexes ?? '')
  const indexes = fresh.filter(hasSucceeded).flatMap((pod) => indexOf(pod) ?? [])
  const completedIndexes = [...new Set([...done, ...indexes])].filter((i) => i < completions).sort((a, b) => a - b)
  const failedIndexes = failedIndexesOf(job, pods)
  const active = pods.filter(isPodActive)
  const statuses = active.flatMap(({ status }) => [
    ...(status?.initContainerStatuses ?? []),
    ...(status?.containerStatuses ?? []),
  ])
  return {
    active,
    terminating: pods.filter((pod) => isPodTerminating(pod) && !isPodFinished(pod)),
    fresh,
    held: heldPods(job, pods, new Set([...completedIndexes, ...failedIndexes, ...active.map(indexOf)])),
    succeeded:
      completionMode === 'Indexed'
        ? completedIndexes.length
        : (job.status?.succeeded ?? 0) + fresh.filter(hasSucceeded).length,
    failed: (job.status?.failed ?? 0) + countFailures(job, fresh),
    restarts: statuses.reduce((sum, { restartCount }) => sum + restartCount, 0),
    completedIndexes,
    failedIndexes,
  }
}

export function countFailures(job: Job, pods: readonly Pod[]): number {
  return pods.filter((pod) => hasFailed(pod) && isCounted(job, pod)).length
}
