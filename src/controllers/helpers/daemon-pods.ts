/** What is to be done next about the Pods of a DaemonSet. */
import type { DaemonSet } from '../../api/apps.ts'
import type { Node, Pod, PodSpec, Toleration } from '../../api/core.ts'
import type { Change } from '../../model/change.ts'
import { isPodTerminating } from '../../model/endpoints.ts'
import { freeName } from '../../model/hash.ts'
import { matchesNode, untoleratedTaint } from '../../model/node-fit.ts'
import { get, objectKey, type Snapshot } from '../../model/snapshot.ts'
import { deletionOf } from './changes.ts'
import { olderFirst } from './order.ts'
import { REVISION_LABEL } from './revisions.ts'
import { scaled } from './rollout.ts'
import { isPodActive, isPodAvailable, podFromTemplate } from './template-pods.ts'

export interface DaemonPods {
  readonly snapshot: Snapshot
  readonly set: DaemonSet
  readonly nodes: readonly Node[]
  /** The set's own. */
  readonly pods: readonly Pod[]
  /** The value of REVISION_LABEL for the present template. */
  readonly revision: string
  readonly now: number
}

const exists = (key: string, effect: string): Toleration => ({ key, operator: 'Exists', effect })

/** A node in trouble still runs its daemons. */
const DAEMON_TOLERATIONS: readonly Toleration[] = [
  exists('node.kubernetes.io/not-ready', 'NoExecute'),
  exists('node.kubernetes.io/unreachable', 'NoExecute'),
  exists('node.kubernetes.io/disk-pressure', 'NoSchedule'),
  exists('node.kubernetes.io/memory-pressure', 'NoSchedule'),
  exists('node.kubernetes.io/pid-pressure', 'NoSchedule'),
  exists('node.kubernetes.io/unschedulable', 'NoSchedule'),
]

function daemonSpec({ spec }: DaemonSet): PodSpec {
  const { spec: pod } = spec.template
  const network = pod.hostNetwork === true ? [exists('node.kubernetes.io/network-unavailable', 'NoSchedule')] : []
  return { ...pod, tolerations: [...(pod.tolerations ?? []), ...DAEMON_TOLERATIONS, ...network] }
}

export function shouldRunOn(set: DaemonSet, node: Node): boolean {
  const spec = daemonSpec(set)
  return matchesNode(spec, node) && untoleratedTaint(spec, node, ['NoSchedule', 'NoExecute']) === undefined
}

/** A taint that came later drives a running Pod away only where its effect is NoExecute. */
export function mayStayOn(set: DaemonSet, node: Node): boolean {
  const spec = daemonSpec(set)
  return matchesNode(spec, node) && untoleratedTaint(spec, node, ['NoExecute']) === undefined
}

/** The node that the Pod runs on, or was made for. */
export function nodeOf({ spec }: Pod): string | undefined {
  const [term] = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? []
  return spec.nodeName ?? term?.matchFields?.find(({ key }) => key === 'metadata.name')?.values?.[0]
}

/** What a node has: Pods of the present template, and of earlier ones. */
interface Place {
  readonly node: Node
  readonly current: readonly Pod[]
  readonly outdated: readonly Pod[]
}

export function planDaemonPods(context: DaemonPods): readonly Change[] {
  const { set, nodes, pods, revision } = context
  const names = new Set(nodes.map(({ metadata }) => metadata.name))
  const changes: Change[] = pods
    .filter((pod) => !isPodTerminating(pod) && !names.has(nodeOf(pod) ?? ''))
    .map(deletionOf)
  const places: Place[] = []
  for (const node of nodes) {
    const here = pods.filter((pod) => nodeOf(pod) === node.metadata.name && !isPodTerminating(pod))
    const isLeaving = pods.some((pod) => nodeOf(pod) === node.metadata.name && isPodTerminating(pod))
    if (!mayStayOn(set, node)) changes.push(...here.map(deletionOf))
    else if (here.length > 0) {
      const active = here.filter(isPodActive).toSorted(olderFirst)
      changes.push(...here.filter((pod) => !active.includes(pod)).map(deletionOf))
      const isCurrent = (pod: Pod): boolean => pod.metadata.labels?.[REVISION_LABEL] === revision
      places.push({ node, current: active.filter(isCurrent), outdated: active.filter((pod) => !isCurrent(pod)) })
    } else if (shouldRunOn(set, node)) {
      // It counts among those that are missing.
      places.push({ node, current: [], outdated: [] })
      if (!isLeaving) changes.push(...creation(context, node))
    }
  }
  return [...changes, ...places.flatMap(surplus), ...replaceOutdated(context, places)]
}

/** More than one of the same template: the oldest stays. */
function surplus({ current, outdated }: Place): readonly Change[] {
  return [...current.slice(1), ...outdated.slice(1)].map(deletionOf)
}

function replaceOutdated(context: DaemonPods, places: readonly Place[]): readonly Change[] {
  const { set, nodes } = context
  const { type, rollingUpdate } = set.spec.updateStrategy ?? {}
  if (type === 'OnDelete') return []
  const desired = nodes.filter((node) => shouldRunOn(set, node)).length
  const surge = scaled(rollingUpdate?.maxSurge ?? 0, desired, Math.ceil)
  const unavailable = scaled(rollingUpdate?.maxUnavailable ?? 1, desired, Math.ceil)
  return surge > 0 ? surgeOver(context, places, surge) : takeDown(context, places, Math.max(1, unavailable))
}

function isAvailable({ set, now }: DaemonPods, pod: Pod | undefined): boolean {
  return pod !== undefined && isPodAvailable(pod, set.spec.minReadySeconds ?? 0, now)
}

/** Outdated Pods that are down anyway go at once, others as many as may be missing. */
function takeDown(context: DaemonPods, places: readonly Place[], maxUnavailable: number): readonly Change[] {
  const up = places.filter(({ current, outdated }) => isAvailable(context, current[0] ?? outdated[0]))
  let left = maxUnavailable - (places.length - up.length)
  return places.flatMap(({ current, outdated: [outdated] }) => {
    if (current.length > 0 || outdated === undefined) return []
    if (isAvailable(context, outdated) && left-- <= 0) return []
    return [deletionOf(outdated)]
  })
}

/** The new Pod comes first, and the old one goes when the new one is available. */
function surgeOver(context: DaemonPods, places: readonly Place[], maxSurge: number): readonly Change[] {
  let left = maxSurge - places.filter(({ current, outdated }) => current.length > 0 && outdated.length > 0).length
  return places.flatMap(({ node, current: [current], outdated: [outdated] }) => {
    if (outdated === undefined) return []
    if (current !== undefined) {
      return isAvailable(context, current) || !isAvailable(context, outdated) ? [deletionOf(outdated)] : []
    }
    return isAvailable(context, outdated) && left-- <= 0 ? [] : creation(context, node)
  })
}

function creation({ snapshot, set, revision }: DaemonPods, node: Node): readonly Change[] {
  const { metadata, spec } = set
  const isTaken = (name: string): boolean =>
    get(snapshot, 'Pod', objectKey({ metadata: { ...metadata, name } })) !== undefined
  const name = freeName(`${metadata.name}-`, `${objectKey(set)} ${node.metadata.name} ${revision}`, isTaken)
  const pod = podFromTemplate(set, spec.template, name)
  const labels = { ...pod.metadata.labels, [REVISION_LABEL]: revision }
  return [
    { verb: 'create', object: { ...pod, metadata: { ...pod.metadata, labels }, spec: boundTo(daemonSpec(set), node) } },
  ]
}

/** The scheduler brings it to this node and no other. */
function boundTo(spec: PodSpec, { metadata }: Node): PodSpec {
  const field = { key: 'metadata.name', operator: 'In', values: [metadata.name] } as const
  const { nodeSelectorTerms: given = [{}] } =
    spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? {}
  const nodeSelectorTerms = given.map((term) => ({ ...term, matchFields: [field] }))
  const nodeAffinity = {
    ...spec.affinity?.nodeAffinity,
    requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms },
  }
  return { ...spec, affinity: { ...spec.affinity, nodeAffinity } }
}
