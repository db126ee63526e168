/** Binds Pods to nodes: replicas spread, the rest in turn, the same way on every start. */
import type { Node, Pod } from '../api/core.ts'
import type { AnyObject } from '../api/kinds.ts'
import type { Condition } from '../api/meta.ts'
import type { Change } from '../model/change.ts'
import { isPodFinished, isPodTerminating } from '../model/endpoints.ts'
import { indexBy, type Index } from '../model/incremental.ts'
import { matchesNode, untoleratedTaint } from '../model/node-fit.ts'
import { list, type Snapshot } from '../model/snapshot.ts'
import type { Controller } from './controller.ts'
import { updateTo } from './helpers/changes.ts'
import { naturalOrder, olderFirst } from './helpers/order.ts'
import { countOnNode, podSet } from './helpers/pods-on-node.ts'

/** One key for all Pods without a node, so that Pods that wait together are placed with a view to each other. */
const KEY = 'unbound'

export const schedulerController: Controller = {
  name: 'scheduler',
  watches: ['Pod', 'Node'],
  keys: (object: AnyObject) => (object.kind === 'Pod' && !isUnbound(object) ? [] : [KEY]),
  reconcile: bindPods,
}

/** Binds all Pods without a node, the oldest first; says on the Pod why it cannot. */
export function bindPods(snapshot: Snapshot): readonly Change[] {
  const nodes = [...list(snapshot, 'Node')].sort((a, b) => naturalOrder(a.metadata.name, b.metadata.name))
  const added = new Map<string, number>()
  return [...unbound.find(snapshot, KEY)].sort(olderFirst).flatMap((pod) => {
    const node = chooseNode(snapshot, nodes, pod, added)
    if (node === undefined) return updateTo(pod, withCondition(pod, unschedulable(pod, nodes)))
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
): string | undefined {
  const set = podSet(pod)
  const candidates = nodes
    .filter((node) => obstacle(pod, node) === undefined)
    .map(({ metadata: { name } }) => {
      const { same, all } = countOnNode(snapshot, set, name)
      return { name, same: same + (added.get(`${name} ${set}`) ?? 0), all: all + (added.get(name) ?? 0) }
    })
  const [best] = candidates.sort((a, b) => a.same - b.same || a.all - b.all)
  return best?.name
}

/** Why the node cannot take the Pod, in the scheduler's words; undefined where it can. */
function obstacle({ spec }: Pod, node: Node): string | undefined {
  const taint = untoleratedTaint(spec, node, ['NoSchedule', 'NoExecute'])
  if (!isReady(node) || node.metadata.deletionTimestamp !== undefined) return 'node(s) were not ready'
  if (taint?.key === 'node.kubernetes.io/unschedulable') return 'node(s) were unschedulable'
  if (taint !== undefined) return `node(s) had untolerated taint {${taint.key}: ${taint.value ?? ''}}`
  return matchesNode(spec, node) ? undefined : "node(s) didn't match Pod's node affinity/selector"
}

function isReady({ status }: Node): boolean {
  return (status?.conditions ?? []).some(({ type, status: value }) => type === 'Ready' && value === 'True')
}

function unschedulable(pod: Pod, nodes: readonly Node[]): Condition {
  const counts = new Map<string, number>()
  for (const reason of nodes.flatMap((node) => obstacle(pod, node) ?? [])) {
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
