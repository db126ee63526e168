/** The Pods that a Job makes. */
import type { Job } from '../../api/batch.ts'
import type { EnvVar, Pod, PodTemplateSpec } from '../../api/core.ts'
import type { Change } from '../../model/change.ts'
import { freeName } from '../../model/hash.ts'
import { get, objectKey, type Snapshot } from '../../model/snapshot.ts'
import { failureAnnotations, type HeldPods } from './job-index-failures.ts'
import { INDEX, TRACKING } from './job-tracking.ts'
import { podFromTemplate } from './template-pods.ts'

export interface NewPods {
  readonly snapshot: Snapshot
  readonly job: Job
  /** One for each Pod; undefined where the Job is not Indexed. */
  readonly indexes: readonly (number | undefined)[]
  readonly held: HeldPods
}

export function newJobPods({ snapshot, job, indexes, held }: NewPods): readonly Change[] {
  const taken = new Set<string>()
  const isTaken = (name: string): boolean =>
    taken.has(name) || get(snapshot, 'Pod', objectKey({ metadata: { ...job.metadata, name } })) !== undefined
  return indexes.map((index) => {
    const prefix = index === undefined ? `${job.metadata.name}-` : `${job.metadata.name}-${index}-`
    const name = freeName(prefix, `${job.metadata.uid} ${index ?? ''}`, isTaken)
    taken.add(name)
    const pod = buildPod(job, name, prefix, index)
    return { verb: 'create', object: index === undefined ? pod : withFailures(pod, job, held.get(index)) }
  })
}

function buildPod(job: Job, name: string, generateName: string, index: number | undefined): Pod {
  const template = index === undefined ? job.spec.template : withIndex(job.spec.template, job.metadata.name, index)
  const pod = podFromTemplate(job, template, name)
  return { ...pod, metadata: { ...pod.metadata, generateName, finalizers: [TRACKING] } }
}

function withFailures(pod: Pod, job: Job, predecessor: Pod | undefined): Pod {
  const annotations = { ...pod.metadata.annotations, ...failureAnnotations(job, predecessor) }
  return { ...pod, metadata: { ...pod.metadata, annotations } }
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
