/**
 * backoffLimitPerIndex: each index of a Job has failures of its own. They are counted from Pod to Pod, in annotations: the
 * Pod that failed last is held until its successor is there.
 */
import type { Job } from '../../api/batch.ts'
import type { Pod } from '../../api/core.ts'
import { parseIndexes } from '../../api/job-indexes.ts'
import { isCounted, matchPodFailurePolicy } from './job-failure-policy.ts'
import { indexOf, isLost, isTracked } from './job-tracking.ts'

const COUNTED = 'batch.kubernetes.io/job-index-failure-count'
const IGNORED = 'batch.kubernetes.io/job-index-ignored-failure-count'

export function hasLimitPerIndex({ spec }: Job): boolean {
  return spec.completionMode === 'Indexed' && spec.backoffLimitPerIndex !== undefined
}

/** The indexes that are given up, in order. `pods`: all of the Job. */
export function failedIndexesOf(job: Job, pods: readonly Pod[]): readonly number[] {
  if (!hasLimitPerIndex(job)) return []
  const { completions = 0 } = job.spec
  const given = pods.filter((pod) => isTracked(pod) && isGivenUp(job, pod)).flatMap((pod) => indexOf(pod) ?? [])
  const all = new Set([...parseIndexes(job.status?.failedIndexes ?? ''), ...given])
  return [...all].filter((index) => index < completions).sort((a, b) => a - b)
}

function isGivenUp(job: Job, pod: Pod): boolean {
  if (!isLost(job, pod)) return false
  const { backoffLimitPerIndex = 0 } = job.spec
  const action = matchPodFailurePolicy(job, pod)?.action
  return action === 'FailIndex' || (action !== 'Ignore' && numberIn(pod, COUNTED) >= backoffLimitPerIndex)
}

/** The Pods that wait for their successor, by index. `settled`: the indexes that need none. */
export function heldPods(job: Job, pods: readonly Pod[], settled: ReadonlySet<number | undefined>): HeldPods {
  const held = new Map<number, Pod>()
  if (!hasLimitPerIndex(job)) return held
  for (const pod of pods) {
    const index = indexOf(pod)
    if (index === undefined || settled.has(index) || !isTracked(pod) || !isLost(job, pod)) continue
    const other = held.get(index)
    if (other === undefined || failuresBefore(other) <= failuresBefore(pod)) held.set(index, pod)
  }
  return held
}

export type HeldPods = ReadonlyMap<number, Pod>

/** How many Pods of its index failed before this one, those among them that do not count. */
export function failuresBefore(pod: Pod): number {
  return numberIn(pod, COUNTED) + numberIn(pod, IGNORED)
}

/** What the successor of `pod` knows of the failures before it. */
export function failureAnnotations(job: Job, pod: Pod | undefined): Readonly<Record<string, string>> {
  if (!hasLimitPerIndex(job)) return {}
  if (pod === undefined) return { [COUNTED]: '0' }
  const counts = isCounted(job, pod)
  const ignored = numberIn(pod, IGNORED) + (counts ? 0 : 1)
  return {
    [COUNTED]: String(numberIn(pod, COUNTED) + (counts ? 1 : 0)),
    ...(ignored > 0 ? { [IGNORED]: String(ignored) } : {}),
  }
}

/** 0 where the annotation is missing, or somebody made nonsense of it. */
function numberIn({ metadata }: Pod, annotation: string): number {
  const text = metadata.annotations?.[annotation] ?? ''
  return /^\d{1,9}$/.test(text) ? Number(text) : 0
}
