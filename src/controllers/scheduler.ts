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
import { placementScores } from './helpers/placement-score.ts'
import { createPodCensus } from './helpers/pod-census.ts'
import { asksOfPods, keepsAway, placementObstacle, type Surroundings } from './helpers/pod-placement.ts'
import { createPodWishes, hasWishes } from './helpers/pod-wishes.ts'
import { countOnNode, podSet, podsOnNode } from './helpers/pods-on-node.ts'

/** One key for all Pods without a node, so that Pods that wait together are placed with a view to each other. */
const KEY = 'unbound'

export const schedulerController: Controller = {
  name: 'scheduler',
  watches: ['Pod', 'Node', 'Namespace'],
  keys: (object: AnyObject, snapshot) => (matters(object, snapshot) ? [KEY] : []),
  reconcile: bindPods,
}

/** A Pod with a node wakes only those that ask for Pods around them, and those that it keeps away. */
function matters(object: AnyObject, snapshot: Snapshot): boolean {
  if (object.kind === 'Node') return true
  if (object.kind !== 'Pod') return byNeed.size(snapshot, ASKING) > 0
  if (isUnbound(object) || claimsHostPorts(object.spec)) return true
  return byNeed.size(snapshot, keepsAway(object) ? KEY : ASKING) > 0
}

/** Binds all Pods without a node, the oldest first; says on the Pod why it cannot. */
export function bindPods(snapshot: Snapshot): readonly Change[] {
  const nodes = [...list(snapshot, 'Node')].sort((a, b) => naturalOrder(a.metadata.name, b.metadata.name))
  const added = new Map<string, number>()
  const placed: Pod[] = []
  const census = createPodCensus(snapshot)
  const keepers = [...byNeed.find(snapshot, KEEPING)]
  const wishes = createPodWishes(snapshot, nodes, byNeed.find(snapshot, WISHING))
  const around: Surroundings = { snapshot, nodes, census, keepers, wishes }
  return [...byNeed.find(snapshot, KEY)].sort(olderFirst).flatMap((pod) => {
    if (isGated(pod)) return updateTo(pod, withCondition(pod, GATED))
    const among = placementObstacle(around, pod)
    const obstacles = nodes.map((node) => obstacle(pod, node, placed, snapshot) ?? among?.(node))
    const node = chooseNode(around, pod, added, obstacles)
    if (node === undefined) return updateTo(pod, withCondition(pod, unschedulable(obstacles)))
    const there = { ...pod, spec: { ...pod.spec, nodeName: node } }
    placed.push(there)
    if (keepsAway(pod)) keepers.push(there)
    census.add(there)
    wishes.add(there)
    for (const key of [node, `${node} ${podSet(pod)}`]) added.set(key, (added.get(key) ?? 0) + 1)
    const bound = withCondition(pod, { type: 'PodScheduled', status: 'True' })
    return [{ verb: 'update', object: { ...bound, spec: { ...bound.spec, nodeName: node } } }]
  })
}

/** Those of them that ask for Pods around them; the Pods with a node that keep others away; those that have wishes. */
const [ASKING, KEEPING, WISHING] = ['asking', 'keeping', 'wishing']

const byNeed: Index<Pod> = indexBy(['Pod'], (pod) => {
  if (pod.spec.nodeName !== undefined) {
    if (pod.spec.affinity === undefined || isPodFinished(pod)) return []
    return [...(keepsAway(pod) ? [KEEPING] : []), ...(hasWishes(pod) ? [WISHING] : [])]
  }
  if (!isUnbound(pod)) return []
  return asksOfPods(pod) && !isGated(pod) ? [KEY, ASKING] : [KEY]
})

function isUnbound(pod: Pod): boolean {
  return pod.spec.nodeName === undefined && !isPodFinished(pod) && !isPodTerminating(pod)
}

/** KEP-3521. */
function isGated({ spec }: Pod): boolean {
  return (spec.schedulingGates ?? []).length > 0
}

/**
 * What the Pod likes best, then fewest Pods of the same set, then fewest Pods, then the lowest name. `added`: what this
 * round has placed already; `obstacles`: of each node, where it has one.
 */
function chooseNode(
  around: Surroundings,
  pod: Pod,
  added: ReadonlyMap<string, number>,
  obstacles: readonly (string | undefined)[],
): string | undefined {
  const set = podSet(pod)
  const fitting = around.nodes.filter((_node, i) => obstacles[i] === undefined)
  const scores = placementScores(around, pod, fitting)
  const candidates = fitting.map(({ metadata: { name } }, i) => {
    const { same, all } = countOnNode(around.snapshot, set, name)
    return {
      name,
      score: scores?.[i] ?? 0,
      same: same + (added.get(`${name} ${set}`) ?? 0),
      all: all + (added.get(name) ?? 0),
    }
  })
  const [best] = candidates.sort((a, b) => b.score - a.score || a.same - b.same || a.all - b.all)
  return best?.name
}

/** Why the node cannot take the Pod, in the scheduler's words; undefined where it can. */
function obstacle(pod: Pod, node: Node, placed: readonly Pod[], snapshot: Snapshot): string | undefined {
  const { spec } = pod
  const taint = untoleratedTaint(spec, node, ['NoSchedule', 'NoExecute'])
  if (!isReady(node) || node.metadata.deletionTimestamp !== undefined) return 'node(s) were not ready'
  if (taint?.key === 'node.kubernetes.io/unschedulable') return 'node(s) were unschedulable'
  if (taint !== undefined) return `node(s) had untolerated taint {${taint.key}: ${taint.value ?? ''}}`
  if (!matchesNode(spec, node)) return "node(s) didn't match Pod's node affinity/selector"
  if (hasFreePorts(snapshot, placed, pod, node)) return undefined
  return "node(s) didn't have free ports for the requested pod ports"
}

/** Whether the node's ports that the Pod wants are its to take. A Pod that is ending has its ports until it is gone. `placed`: Pods of this round. */
function hasFreePorts(snapshot: Snapshot, placed: readonly Pod[], pod: Pod, { metadata: { name } }: Node): boolean {
  if (!claimsHostPorts(pod.spec)) return true
  const others = [...podsOnNode(snapshot, name), ...placed.filter(({ spec }) => spec.nodeName === name)]
  return !others.some((other) => !isPodFinished(other) && conflictInHostPorts(pod.spec, other.spec))
}

function isReady({ status }: Node): boolean {
  return (status?.conditions ?? []).some(({ type, status: value }) => type === 'Ready' && value === 'True')
}

const GATED: Condition = {
  type: 'PodScheduled',
  status: 'False',
  reason: 'SchedulingGated',
  message: 'Scheduling is blocked due to non-empty scheduling gates',
}

/** `obstacles`: one of each node. */
function unschedulable(obstacles: readonly (string | undefined)[]): Condition {
  const counts = new Map<string, number>()
  for (const reason of obstacles) if (reason !== undefined) counts.set(reason, (counts.get(reason) ?? 0) + 1)
  const why = [...counts].map(([reason, count]) => `${count} ${reason}`).sort()
  return {
    type: 'PodScheduled',
    status: 'False',
    reason: 'Unschedulable',
    message: `0/${obstacles.length} nodes are available${why.length === 0 ? '' : `: ${why.join(', ')}`}.`,
  }
}

function withCondition(pod: Pod, condition: Condition): Pod {
  const others = (pod.status?.conditions ?? []).filter(({ type }) => type !== condition.type)
  return { ...pod, status: { ...pod.status, conditions: [...others, condition] } }
}
