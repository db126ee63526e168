/** Binds Pods to nodes: replicas spread, the rest in turn, the same way on every start. */
import type { Node, Pod } from '../api/core.ts'
import type { AnyObject } from '../api/kinds.ts'
import type { Condition } from '../api/meta.ts'
import type { Change } from '../model/change.ts'
import { isPodFinished, isPodTerminating } from '../model/endpoints.ts'
import { indexBy, type Index } from '../model/incremental.ts'
import { matchLabels } from '../model/selectors.ts'
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
    if (node === undefined) return updateTo(pod, withCondition(pod, unschedulable(nodes)))
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
    .filter((node) => isSchedulable(node) && matchLabels(pod.spec.nodeSelector ?? {}, node.metadata.labels))
    .map(({ metadata: { name } }) => {
      const { same, all } = countOnNode(snapshot, set, name)
      return { name, same: same + (added.get(`${name} ${set}`) ?? 0), all: all + (added.get(name) ?? 0) }
    })
  const [best] = candidates.sort((a, b) => a.same - b.same || a.all - b.all)
  return best?.name
}

function isSchedulable({ spec, status, metadata }: Node): boolean {
  const isReady = (status?.conditions ?? []).some(
    (condition) => condition.type === 'Ready' && condition.status === 'True',
  )
  return isReady && spec?.unschedulable !== true && metadata.deletionTimestamp === undefined
}

function unschedulable(nodes: readonly Node[]): Condition {
  const ready = nodes.filter(isSchedulable).length
  const reasons = [
    ready < nodes.length ? `${nodes.length - ready} not ready or unschedulable` : '',
    ready > 0 ? `${ready} did not match the Pod's nodeSelector` : '',
  ]
  const why = reasons.filter((reason) => reason !== '').join(', ')
  return {
    type: 'PodScheduled',
    status: 'False',
    reason: 'Unschedulable',
    message: `0/${nodes.length} nodes are available${why === '' ? '' : `: ${why}`}.`,
  }
}

function withCondition(pod: Pod, condition: Condition): Pod {
  const others = (pod.status?.conditions ?? []).filter(({ type }) => type !== condition.type)
  return { ...pod, status: { ...pod.status, conditions: [...others, condition] } }
}
