/** Binds Pods to nodes: replicas spread, the rest in turn, the same way on every start. */
import type { Node, Pod } from '../api/core.ts'
import type { AnyObject } from '../api/kinds.ts'
import type { Condition } from '../api/meta.ts'
import type { Change } from '../model/change.ts'
import { isPodFinished, isPodTerminating } from '../model/endpoints.ts'
import { claimsHostPorts, conflictInHostPorts } from '../model/host-port-claims.ts'
import { indexBy, type Index } from '../model/incremental.ts'
import { matchesNode, untoleratedTaint } from '../model/node-fit.ts'
import { list, type Snapshot } from '../model/snapshot.ts'
import type { Controller } from './controller.ts'
import { updateTo } from './helpers/changes.ts'
import { naturalOrder, olderFirst } from './helpers/order.ts'
import { countOnNode, podSet, podsOnNode } from './helpers/pods-on-node.ts'

/** One key for all Pods without a node, so that Pods that wait together are placed with a view to each other. */
const KEY = 'unbound'

export const schedulerController: Controller = {
  name: 'scheduler',
  watches: ['Pod', 'Node'],
  keys: (object: AnyObject) =>
    object.kind === 'Pod' && !isUnbound(object) && !claimsHostPorts(object.spec) ? [] : [KEY],
  reconcile: bindPods,
}

/** Binds all Pods without a node, the oldest first; says on the Pod why it cannot. */
export function bindPods(snapshot: Snapshot): readonly Change[] {
  const nodes = [...list(snapshot, 'Node')].sort((a, b) => naturalOrder(a.metadata.name, b.metadata.name))
  const added = new Map<string, number>()
  const placed: Pod[] = []
  const isFree = (pod: Pod, node: Node): boolean => hasFreePorts(snapshot, placed, pod, node)
  return [...unbound.find(snapshot, KEY)].sort(olderFirst).flatMap((pod) => {
    const node = chooseNode(snapshot, nodes, pod, added, isFree)
    if (node === undefined) return updateTo(pod, withCondition(pod, unschedulable(pod, nodes, isFree)))
    placed.push({ ...pod, spec: { ...pod.spec, nodeName: node } })
    for (const key of [node, `${node} ${podSet(pod)}`]) added.set(key, (added.get(key) ?? 0) + 1)
    const bound = withCondition(pod, { type: 'PodScheduled', status: 'True' })
    return [{ verb: 'update', object: { ...bound, spec: { ...bound.spec, nodeName: node } } }]
  })
}

const unbound: Index<Pod> = indexBy(['Pod'], (pod) => (isUnbound(pod) ? [KEY] : []))

function isUnbound(pod: Pod): boolean {
  return pod.spec.nodeName === undefined && !isPodFinished(pod) && !isPodTerminating(pod)
}

/** Fewest Pods of the same set, then fewest Pods, then the lowest name. `added`: what this round has placed already. */
function chooseNode(
  snapshot: Snapshot,
  nodes: readonly Node[],
  pod: Pod,
  added: ReadonlyMap<string, number>,
  isFree: IsFree,
): string | undefined {
  const set = podSet(pod)
  const candidates = nodes
    .filter((node) => obstacle(pod, node, isFree) === undefined)
    .map(({ metadata: { name } }) => {
      const { same, all } = countOnNode(snapshot, set, name)
      return { name, same: same + (added.get(`${name} ${set}`) ?? 0), all: all + (added.get(name) ?? 0) }
    })
  const [best] = candidates.sort((a, b) => a.same - b.same || a.all - b.all)
  return best?.name
}

/** Why the node cannot take the Pod, in the scheduler's words; undefined where it can. */
function obstacle(pod: Pod, node: Node, isFree: IsFree): string | undefined {
  const { spec } = pod
  const taint = untoleratedTaint(spec, node, ['NoSchedule', 'NoExecute'])
  if (!isReady(node) || node.metadata.deletionTimestamp !== undefined) return 'node(s) were not ready'
  if (taint?.key === 'node.kubernetes.io/unschedulable') return 'node(s) were unschedulable'
  if (taint !== undefined) return `node(s) had untolerated taint {${taint.key}: ${taint.value ?? ''}}`
  if (!matchesNode(spec, node)) return "node(s) didn't match Pod's node affinity/selector"
  return isFree(pod, node) ? undefined : "node(s) didn't have free ports for the requested pod ports"
}

/** Whether the node's ports that the Pod wants are its to take. */
type IsFree = (pod: Pod, node: Node) => boolean

/** A Pod that is ending has its ports until it is gone. `placed`: Pods of this round. */
function hasFreePorts(snapshot: Snapshot, placed: readonly Pod[], pod: Pod, { metadata: { name } }: Node): boolean {
  if (!claimsHostPorts(pod.spec)) return true
  const others = [...podsOnNode(snapshot, name), ...placed.filter(({ spec }) => spec.nodeName === name)]
  return !others.some((other) => !isPodFinished(other) && conflictInHostPorts(pod.spec, other.spec))
}

function isReady({ status }: Node): boolean {
  return (status?.conditions ?? []).some(({ type, status: value }) => type === 'Ready' && value === 'True')
}

function unschedulable(pod: Pod, nodes: readonly Node[], isFree: IsFree): Condition {
  const counts = new Map<string, number>()
  for (const reason of nodes.flatMap((node) => obstacle(pod, node, isFree) ?? [])) {
    counts.set(reason, (counts.get(reason) ?? 0) + 1)
  }
  const why = [...counts].map(([reason, count]) => `${count} ${reason}`).sort()
  return {
    type: 'PodScheduled',
    status: 'False',
    reason: 'Unschedulable',
    message: `0/${nodes.length} nodes are available${why.length === 0 ? '' : `: ${why.join(', ')}`}.`,
  }
}

function withCondition(pod: Pod, condition: Condition): Pod {
  const others = (pod.status?.conditions ?? []).filter(({ type }) => type !== condition.type)
  return { ...pod, status: { ...pod.status, conditions: [...others, condition] } }
}
