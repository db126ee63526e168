/** The Pods of a Job: which have ended and how, which are to be made next. */
import type { Job } from '../../api/batch.ts'
import type { EnvVar, Pod, PodTemplateSpec } from '../../api/core.ts'
import { parseIndexes } from '../../api/job-indexes.ts'
import type { Change } from '../../model/change.ts'
import { isPodFinished, isPodTerminating } from '../../model/endpoints.ts'
import { freeName } from '../../model/hash.ts'
import { get, objectKey, type Snapshot } from '../../model/snapshot.ts'
import { isPodActive, podFromTemplate } from './template-pods.ts'

/** On Pods that their Job has not counted yet: none of them vanishes before. */
export const TRACKING = 'batch.kubernetes.io/job-tracking'
const INDEX = 'batch.kubernetes.io/job-completion-index'
const [FIRST_DELAY, LONGEST_DELAY] = [10_000, 600_000]

export function isTracked({ metadata }: Pod): boolean {
  return metadata.finalizers?.includes(TRACKING) ?? false
}

/** The Pod without the mark: it may go. */
export function untracked(pod: Pod): Pod {
  const { finalizers = [], ...metadata } = pod.metadata
  const others = finalizers.filter((name) => name !== TRACKING)
  return { ...pod, metadata: { ...metadata, ...(others.length === 0 ? {} : { finalizers: others }) } }
}

function hasSucceeded({ status }: Pod): boolean {
  return status?.phase === 'Succeeded'
}

function hasFailed({ status }: Pod): boolean {
  return status?.phase === 'Failed'
}

export function indexOf({ metadata }: Pod): number | undefined {
  const text = metadata.annotations?.[INDEX]
  return text === undefined ? undefined : Number(text)
}

export interface JobCounts {
  readonly active: readonly Pod[]
  readonly terminating: readonly Pod[]
  /** Ended since they were last counted. */
  readonly fresh: readonly Pod[]
  readonly succeeded: number
  readonly failed: number
  /** Of containers that are started again in their Pod. */
  readonly restarts: number
  readonly completedIndexes: readonly number[]
}

export function countPods(job: Job, pods: readonly Pod[]): JobCounts {
  const fresh = pods.filter((pod) => isPodFinished(pod) && isTracked(pod))
  const { completions = 0, completionMode } = job.spec
  const done = parseIndexes(job.status?.completedIndexes ?? '')
  const indexes = fresh.filter(hasSucceeded).flatMap((pod) => indexOf(pod) ?? [])
  const completedIndexes = [...new Set([...done, ...indexes])].filter((i) => i < completions).sort((a, b) => a - b)
  const active = pods.filter(isPodActive)
  // Those that were ended because their Job was suspended did not fail.
  const wasSuspended = (pod: Pod): boolean => job.spec.suspend === true && isPodTerminating(pod)
  const statuses = active.flatMap(({ status }) => [
    ...(status?.initContainerStatuses ?? []),
    ...(status?.containerStatuses ?? []),
  ])
  return {
    active,
    terminating: pods.filter((pod) => isPodTerminating(pod) && !isPodFinished(pod)),
    fresh,
    succeeded:
      completionMode === 'Indexed'
        ? completedIndexes.length
        : (job.status?.succeeded ?? 0) + fresh.filter(hasSucceeded).length,
    failed: (job.status?.failed ?? 0) + fresh.filter((pod) => hasFailed(pod) && !wasSuspended(pod)).length,
    restarts: statuses.reduce((sum, { restartCount }) => sum + restartCount, 0),
    completedIndexes,
  }
}

/** When the next Pod may be made after failures in a row: 10 s after the first, then twice as long, 10 min at most. */
export function retryAt(pods: readonly Pod[]): number {
  const ended = (pod: Pod): number => Math.max(0, ...endsOf(pod))
  const lastSuccess = Math.max(0, ...pods.filter(hasSucceeded).map(ended))
  const failures = pods.filter((pod) => hasFailed(pod) && !isPodTerminating(pod))
  const times = failures.map(ended).filter((time) => time > lastSuccess)
  if (times.length === 0) return 0
  return Math.max(...times) + Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** (times.length - 1))
}

function endsOf({ status }: Pod): readonly number[] {
  return (status?.containerStatuses ?? []).flatMap(({ state }) => {
    const at = state.terminated?.finishedAt
    return at === undefined ? [] : [Date.parse(at)]
  })
}

export interface NewPods {
  readonly snapshot: Snapshot
  readonly job: Job
  readonly count: number
  /** Of an Indexed Job: indexes that nobody works on and nobody has done. */
  readonly indexes: readonly number[]
}

export function newJobPods({ snapshot, job, count, indexes }: NewPods): readonly Change[] {
  const taken = new Set<string>()
  const isTaken = (name: string): boolean =>
    taken.has(name) || get(snapshot, 'Pod', objectKey({ metadata: { ...job.metadata, name } })) !== undefined
  const isIndexed = job.spec.completionMode === 'Indexed'
  return Array.from({ length: count }, (_, i) => {
    const index = isIndexed ? indexes[i] : undefined
    const prefix = index === undefined ? `${job.metadata.name}-` : `${job.metadata.name}-${index}-`
    const name = freeName(prefix, `${job.metadata.uid} ${index ?? ''}`, isTaken)
    taken.add(name)
    return { verb: 'create', object: buildPod(job, name, prefix, index) }
  })
}

function buildPod(job: Job, name: string, generateName: string, index: number | undefined): Pod {
  const template = index === undefined ? job.spec.template : withIndex(job.spec.template, job.metadata.name, index)
  const pod = podFromTemplate(job, template, name)
  return { ...pod, metadata: { ...pod.metadata, generateName, finalizers: [TRACKING] } }
}

/** The index as annotation, label, hostname and JOB_COMPLETION_INDEX. */
function withIndex({ metadata, spec }: PodTemplateSpec, job: string, index: number): PodTemplateSpec {
  const mark = { [INDEX]: String(index) }
  const variable: EnvVar = {
    name: 'JOB_COMPLETION_INDEX',
    valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: `metadata.labels['${INDEX}']` } },
  }
  const withVariable = <T extends PodTemplateSpec['spec']['containers'][number]>(container: T): T => ({
    ...container,
    env: [...(container.env ?? []).filter((env) => env.name !== variable.name), variable],
  })
  return {
    metadata: {
      ...metadata,
      labels: { ...metadata?.labels, ...mark },
      annotations: { ...metadata?.annotations, ...mark },
    },
    spec: {
      ...spec,
      hostname: spec.hostname ?? `${job}-${index}`,
      containers: spec.containers.map(withVariable),
      ...(spec.initContainers === undefined ? {} : { initContainers: spec.initContainers.map(withVariable) }),
    },
  }
}
