/** What is to be done next about the Pods of a StatefulSet. */
import type { ControllerRevision, StatefulSet } from '../../api/apps.ts'
import type { Pod, PodSpec, PodTemplateSpec } from '../../api/core.ts'
import type { Change } from '../../model/change.ts'
import { isPodFinished, isPodReady, isPodTerminating } from '../../model/endpoints.ts'
import { get, objectKey, type Snapshot } from '../../model/snapshot.ts'
import { deletionOf } from './changes.ts'
import { REVISION_LABEL, revisionLabel, templateOf } from './revisions.ts'
import { isPodAvailable, podFromTemplate } from './template-pods.ts'

export interface StatefulPods {
  readonly snapshot: Snapshot
  readonly set: StatefulSet
  /** The set's own. */
  readonly pods: readonly Pod[]
  readonly current: ControllerRevision
  readonly update: ControllerRevision
  readonly now: number
}

/** The number at the end of the Pod's name; undefined where the name is none of the set's. */
export function ordinalOf({ metadata }: StatefulSet, pod: Pod): number | undefined {
  const prefix = `${metadata.name}-`
  const text = pod.metadata.name.startsWith(prefix) ? pod.metadata.name.slice(prefix.length) : ''
  return /^(?:0|[1-9]\d*)$/.test(text) ? Number(text) : undefined
}

/** A Pod at a time where the set is OrderedReady: each waits for those before it, and those to go for those behind. */
export function planStatefulPods(context: StatefulPods): readonly Change[] {
  const { set } = context
  const { start = 0 } = set.spec.ordinals ?? {}
  const end = start + (set.spec.replicas ?? 1)
  const missing = bringUp(context, start, end)
  if (missing.isWaiting) return missing.changes
  const surplus = bringDown(context, start, end)
  if (surplus.isWaiting || set.spec.updateStrategy?.type === 'OnDelete') return [...missing.changes, ...surplus.changes]
  return [...missing.changes, ...surplus.changes, ...replaceOutdated(context, start, end)]
}

interface Step {
  readonly changes: readonly Change[]
  /** What comes after has to wait. */
  readonly isWaiting: boolean
}

function isOrdered({ spec }: StatefulSet): boolean {
  return spec.podManagementPolicy !== 'Parallel'
}

function isHealthy({ set, now }: StatefulPods, pod: Pod): boolean {
  return !isPodTerminating(pod) && isPodAvailable(pod, set.spec.minReadySeconds ?? 0, now)
}

function bringUp(context: StatefulPods, start: number, end: number): Step {
  const { set } = context
  const byOrdinal = new Map(context.pods.map((pod) => [ordinalOf(set, pod), pod]))
  const changes: Change[] = []
  for (let ordinal = start; ordinal < end; ordinal++) {
    const pod = byOrdinal.get(ordinal)
    if (pod === undefined) changes.push(...creation(context, ordinal, start))
    else if (isPodFinished(pod) && !isPodTerminating(pod)) changes.push(deletionOf(pod))
    if (isOrdered(set) && (pod === undefined || !isHealthy(context, pod))) return { changes, isWaiting: true }
  }
  return { changes, isWaiting: false }
}

/** Nothing where a Pod that is not the set's has the name. */
function creation(context: StatefulPods, ordinal: number, start: number): readonly Change[] {
  const pod = buildPod(context, ordinal, start)
  return get(context.snapshot, 'Pod', objectKey(pod)) === undefined ? [{ verb: 'create', object: pod }] : []
}

/** The highest ordinals first. A Pod that is not ready holds the others up, unless it is the first that is not. */
function bringDown(context: StatefulPods, start: number, end: number): Step {
  const { set, pods } = context
  const numbered = pods.map((pod) => ({ pod, ordinal: ordinalOf(set, pod) ?? 0 }))
  const ascending = numbered.toSorted((a, b) => a.ordinal - b.ordinal)
  const firstUnhealthy = ascending.find(({ pod }) => !isHealthy(context, pod))?.pod
  const changes: Change[] = []
  for (const { pod } of ascending.filter(({ ordinal }) => ordinal < start || ordinal >= end).toReversed()) {
    const mustWait = isPodTerminating(pod) || (!isPodReady(pod) && pod !== firstUnhealthy)
    if (isOrdered(set) && mustWait) return { changes, isWaiting: true }
    if (!isPodTerminating(pod)) changes.push(deletionOf(pod))
    if (isOrdered(set)) return { changes, isWaiting: true }
  }
  return { changes, isWaiting: false }
}

/** Deletes the outdated Pod with the highest ordinal, once all above it are healthy again. */
function replaceOutdated(context: StatefulPods, start: number, end: number): readonly Change[] {
  const { set, pods, update } = context
  const { partition = 0 } = set.spec.updateStrategy?.rollingUpdate ?? {}
  const byOrdinal = new Map(pods.map((pod) => [ordinalOf(set, pod), pod]))
  for (let ordinal = end - 1; ordinal >= start + partition; ordinal--) {
    const pod = byOrdinal.get(ordinal)
    if (pod === undefined) return []
    const isOutdated = pod.metadata.labels?.[REVISION_LABEL] !== revisionLabel(update)
    if (isOutdated && !isPodTerminating(pod)) return [deletionOf(pod)]
    if (!isHealthy(context, pod)) return []
  }
  return []
}

function buildPod({ set, current, update }: StatefulPods, ordinal: number, start: number): Pod {
  const { type, rollingUpdate } = set.spec.updateStrategy ?? {}
  const isBelowPartition = type !== 'OnDelete' && ordinal < start + (rollingUpdate?.partition ?? 0)
  const revision = isBelowPartition ? current : update
  const template = isBelowPartition ? (templateOf(current) ?? set.spec.template) : set.spec.template
  const name = `${set.metadata.name}-${ordinal}`
  const labels = {
    ...template.metadata?.labels,
    'apps.kubernetes.io/pod-index': String(ordinal),
    [REVISION_LABEL]: revisionLabel(revision),
    'statefulset.kubernetes.io/pod-name': name,
  }
  const pod = podFromTemplate(set, template, name)
  return { ...pod, metadata: { ...pod.metadata, labels }, spec: withIdentity(set, template, name) }
}

/** The Pod's own hostname, the set's subdomain, and a volume for each of its claims. */
function withIdentity({ spec }: StatefulSet, template: PodTemplateSpec, name: string): PodSpec {
  const claims = (spec.volumeClaimTemplates ?? []).map(({ metadata: { name: claim = '' } }) => ({
    name: claim,
    persistentVolumeClaim: { claimName: `${claim}-${name}` },
  }))
  const others = (template.spec.volumes ?? []).filter((volume) => !claims.some((claim) => claim.name === volume.name))
  const volumes = [...others, ...claims]
  return {
    ...template.spec,
    hostname: name,
    ...(spec.serviceName ? { subdomain: spec.serviceName } : {}),
    ...(volumes.length === 0 ? {} : { volumes }),
  }
}
