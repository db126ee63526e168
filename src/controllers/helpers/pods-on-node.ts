import type { Pod } from '../../api/core.ts'
import { isPodFinished, isPodTerminating } from '../../model/endpoints.ts'
import { canonicalJSON } from '../../model/hash.ts'
import { indexBy, type Index } from '../../model/incremental.ts'
import type { Snapshot } from '../../model/snapshot.ts'
import { controllerOf } from './owners.ts'

/** All Pods bound to a node, in order of namespace and name. */
export function podsOnNode(snapshot: Snapshot, node: string): readonly Pod[] {
  return byNode.find(snapshot, node)
}

/** How many Pods run on a node and will stay: of one set, and in all. */
export function countOnNode(
  snapshot: Snapshot,
  set: string,
  node: string,
): { readonly same: number; readonly all: number } {
  return { same: staying.size(snapshot, `${node} ${set}`), all: staying.size(snapshot, node) }
}

/** What replicas have in common: their owner, else their namespace and labels. */
export function podSet(pod: Pod): string {
  return controllerOf(pod)?.uid ?? `${pod.metadata.namespace} ${canonicalJSON(pod.metadata.labels ?? {})}`
}

const byNode: Index<Pod> = indexBy(['Pod'], (pod) => (pod.spec.nodeName === undefined ? [] : [pod.spec.nodeName]))

const staying: Index<Pod> = indexBy(['Pod'], (pod) => {
  const { nodeName } = pod.spec
  if (nodeName === undefined || isPodFinished(pod) || isPodTerminating(pod)) return []
  return [nodeName, `${nodeName} ${podSet(pod)}`]
})
