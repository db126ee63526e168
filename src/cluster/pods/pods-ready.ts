import type { ContainerStatus, Pod } from '../../api/core.ts'
import { isJobFinished, jobCondition } from '../../controllers/helpers/job-conditions.ts'
import { ownerKeys } from '../../controllers/helpers/owners.ts'
import { PROBED } from '../../kubelet/pod-status.ts'
import { get, list, type Snapshot } from '../../model/snapshot.ts'
import type { Store } from '../../store/store.ts'

/** Resolves when every Pod is ready or has done its work, and none is still to come. */
export function podsReady(store: Store): Promise<void> {
  return whenever(
    store,
    (snapshot) => list(snapshot, 'Pod').every((pod) => isDone(pod, snapshot)) && !isGrowing(snapshot),
  )
}

/**
 * Resolves when nothing is to be expected of any Pod in the next moments: it is ready, it has ended, or what it waits for
 * does not come by itself. After `patience` milliseconds in any case.
 */
export function podsSettled(store: Store, patience: number): Promise<void> {
  return whenever(
    store,
    (snapshot) => {
      const pods = list(snapshot, 'Pod')
      const isEveryDone = pods.every((pod) => isDone(pod, snapshot))
      return pods.every((pod) => isSettled(pod, snapshot)) && !(isEveryDone && isGrowing(snapshot))
    },
    patience,
  )
}

/** Whether there will be a further Pod as soon as those that are there have done their part. */
function isGrowing(snapshot: Snapshot): boolean {
  const isWaiting = list(snapshot, 'StatefulSet').some(
    ({ metadata, spec, status }) =>
      metadata.deletionTimestamp === undefined && (status?.readyReplicas ?? 0) < (spec.replicas ?? 1),
  )
  return isWaiting || list(snapshot, 'Job').some((job) => !isJobFinished(job) && job.spec.suspend !== true)
}

/** Looks once for all that happens in one tick: a network of a thousand Pods writes some thousand times. */
function whenever(store: Store, condition: (snapshot: Snapshot) => boolean, patience?: number): Promise<void> {
  return new Promise((resolve) => {
    let isQueued = false
    const look = (): void => {
      isQueued = false
      if (condition(store.snapshot())) done()
    }
    const unwatch = store.watch(() => {
      if (isQueued) return
      isQueued = true
      setImmediate(look)
    })
    const done = (): void => {
      unwatch()
      clearTimeout(timer)
      resolve()
    }
    const timer = patience === undefined ? undefined : setTimeout(done, patience)
    look()
  })
}

/** A Pod that failed was made up for where its Job is complete. */
function isDone(pod: Pod, snapshot: Snapshot): boolean {
  const { metadata, status } = pod
  if (metadata.deletionTimestamp !== undefined) return false
  if (status?.phase === 'Succeeded' || hasCondition(status, 'Ready', 'True')) return true
  const [job] = status?.phase === 'Failed' ? ownerKeys(pod, 'Job') : []
  const owner = job === undefined ? undefined : get(snapshot, 'Job', job)
  return owner !== undefined && jobCondition(owner, 'Complete')
}

function isSettled(pod: Pod, snapshot: Snapshot): boolean {
  if (pod.metadata.deletionTimestamp !== undefined) return false
  const { status } = pod
  if (isLateProbed(pod) || hasCondition(status, PROBED, 'False', 'Unhealthy')) return true
  if (isDone(pod, snapshot) || status?.phase === 'Failed' || hasCondition(status, 'PodScheduled', 'False')) return true
  return [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])].some(isStuck)
}

/** Seconds. */
const LATE = 3

/** Waiting reasons of a container that is on its way. */
const ON_ITS_WAY: ReadonlySet<string> = new Set(['ContainerCreating', 'PodInitializing'])

function isStuck({ state }: ContainerStatus): boolean {
  const { reason = '', message } = state.waiting ?? {}
  return state.waiting !== undefined && (message !== undefined || !ON_ITS_WAY.has(reason))
}

/** Its readiness is not asked for in the next moments. */
function isLateProbed({ spec, status }: Pod): boolean {
  return spec.containers.some(({ name, startupProbe, readinessProbe }) => {
    const seconds = (startupProbe ?? readinessProbe)?.initialDelaySeconds ?? 0
    const { ready, state } = status?.containerStatuses?.find((container) => container.name === name) ?? {}
    return seconds >= LATE && ready === false && state?.running !== undefined
  })
}

function hasCondition(status: Pod['status'], wanted: string, value: 'True' | 'False', why?: string): boolean {
  return (
    status?.conditions?.some(
      ({ type, status, reason }) => type === wanted && status === value && (why === undefined || reason === why),
    ) ?? false
  )
}
