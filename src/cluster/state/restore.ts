/** What of stored objects is still true when their network starts again. */
import type { Pod } from '../../api/core.ts'
import type { AnyObject } from '../../api/kinds.ts'
import type { Condition } from '../../api/meta.ts'
import { isPodFinished } from '../../model/endpoints.ts'
import { snapshotOf, type Snapshot } from '../../model/snapshot.ts'
import type { FormerAddresses } from '../pods/network.ts'
import { RUNTIME_VERSION } from '../topology.ts'

/** Between the last resourceVersion on disk and the first new one: no client ever sees one twice. */
const GAP = 1_000_000

/**
 * The snapshot with which the network goes on. `nodes`: those that it has now. Nodes of an earlier start that are no
 * longer there go, and the Pods on them; Pods that ran have to start again, and are not ready until they did.
 */
export function restoredSnapshot(
  objects: readonly AnyObject[],
  lastVersion: number,
  nodes: ReadonlySet<string>,
): Snapshot {
  const gone = new Set(objects.filter((object) => isOurNode(object) && !nodes.has(object.metadata.name)).map(nameOf))
  const kept = objects.flatMap((object): readonly AnyObject[] => {
    if (object.kind === 'Node') return gone.has(object.metadata.name) ? [] : [object]
    if (object.kind !== 'Pod') return [object]
    return gone.has(object.spec.nodeName ?? '') ? [] : [afterRestart(object)]
  })
  const resourceVersion = (Math.floor(lastVersion / GAP) + 1) * GAP
  return { ...snapshotOf(kept), resourceVersion }
}

/** The addresses that a Pod had; by uid, of those that will run again. */
export function formerAddresses(snapshot: Snapshot): ReadonlyMap<string, FormerAddresses> {
  const pods = [...snapshot.objects.Pod.values()].filter((pod) => !isPodFinished(pod) && pod.spec.hostNetwork !== true)
  return new Map(
    pods.flatMap(({ metadata: { uid }, spec: { nodeName }, status: { podIP, podIPs } = {} }) => {
      const addresses = podIPs?.map(({ ip }) => ip) ?? (podIP === undefined ? [] : [podIP])
      return uid && nodeName && addresses.length > 0 ? [[uid, { nodeName, addresses }] as const] : []
    }),
  )
}

const nameOf = ({ metadata }: AnyObject): string => metadata.name

/** Not one that somebody else invented. */
function isOurNode(object: AnyObject): boolean {
  return object.kind === 'Node' && object.status?.nodeInfo?.containerRuntimeVersion === RUNTIME_VERSION
}

function afterRestart(pod: Pod): Pod {
  const { status } = pod
  if (status?.conditions === undefined || isPodFinished(pod)) return pod
  return { ...pod, status: { ...status, conditions: status.conditions.map(notReady) } }
}

function notReady(condition: Condition): Condition {
  if (condition.type !== 'Ready' && condition.type !== 'ContainersReady') return condition
  return { ...condition, status: 'False', reason: 'NetworkRestarted', message: 'the network was started again' }
}
