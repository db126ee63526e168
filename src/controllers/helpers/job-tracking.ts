/** How a Job knows its Pods: the mark of those that it has not counted, their indexes, and how they have ended. */
import type { Job } from '../../api/batch.ts'
import type { Pod } from '../../api/core.ts'
import { isPodTerminating } from '../../model/endpoints.ts'

/** On Pods that their Job has not counted yet: none of them vanishes before. */
export const TRACKING = 'batch.kubernetes.io/job-tracking'
export const INDEX = 'batch.kubernetes.io/job-completion-index'

export function isTracked({ metadata }: Pod): boolean {
  return metadata.finalizers?.includes(TRACKING) ?? false
}

/** The Pod without the mark: it may go. */
export function untracked(pod: Pod): Pod {
  const { finalizers = [], ...metadata } = pod.metadata
  const others = finalizers.filter((name) => name !== TRACKING)
  return { ...pod, metadata: { ...metadata, ...(others.length === 0 ? {} : { finalizers: others }) } }
}

export function indexOf({ metadata }: Pod): number | undefined {
  const text = metadata.annotations?.[INDEX]
  return text === undefined ? undefined : Number(text)
}

export function hasSucceeded({ status }: Pod): boolean {
  return status?.phase === 'Succeeded'
}

export function hasFailed({ status }: Pod): boolean {
  return status?.phase === 'Failed'
}

/** Failed, or ending where its successor does not wait for the end. */
export function isLost({ spec }: Job, pod: Pod): boolean {
  return hasFailed(pod) || (spec.podReplacementPolicy !== 'Failed' && isPodTerminating(pod) && !hasSucceeded(pod))
}
