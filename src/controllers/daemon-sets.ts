/** A Pod of a DaemonSet on every node that may take one. */
import type { ControllerRevision, DaemonSet, DaemonSetStatus } from '../api/apps.ts'
import type { Node, Pod } from '../api/core.ts'
import type { AnyObject } from '../api/kinds.ts'
import type { Change } from '../model/change.ts'
import type { ClusterConfig } from '../model/cluster-config.ts'
import { isPodReady, isPodTerminating } from '../model/endpoints.ts'
import { get, list, objectKey, type Snapshot } from '../model/snapshot.ts'
import type { Controller } from './controller.ts'
import { updateTo } from './helpers/changes.ts'
import { claimPods, managerKeys } from './helpers/claims.ts'
import { nodeOf, planDaemonPods, shouldRunOn } from './helpers/daemon-pods.ts'
import { naturalOrder } from './helpers/order.ts'
import { ownerKeys } from './helpers/owners.ts'
import { expiredRevisions, REVISION_LABEL, revisionLabel, revisionsOf, updateRevision } from './helpers/revisions.ts'
import { isPodAvailable, nextAvailable, podsOf } from './helpers/template-pods.ts'

const DEFAULT_HISTORY_LIMIT = 10

export const daemonSetController: Controller = {
  name: 'daemon-sets',
  watches: ['DaemonSet', 'ControllerRevision', 'Pod', 'Node'],
  keys,
  reconcile: reconcileDaemonSet,
  wakeAt(snapshot, key, now) {
    const set = get(snapshot, 'DaemonSet', key)
    return set && nextAvailable(podsOf(snapshot, set), set.spec.minReadySeconds ?? 0, now)
  },
}

function keys(object: AnyObject, snapshot: Snapshot): readonly string[] {
  if (object.kind === 'DaemonSet') return [objectKey(object)]
  if (object.kind === 'Node') return list(snapshot, 'DaemonSet').map(objectKey)
  return object.kind === 'Pod' ? managerKeys(snapshot, object, 'DaemonSet') : ownerKeys(object, 'DaemonSet')
}

/** `key`: of a DaemonSet. */
export function reconcileDaemonSet(
  snapshot: Snapshot,
  key: string,
  _config: ClusterConfig,
  now: number,
): readonly Change[] {
  const set = get(snapshot, 'DaemonSet', key)
  if (set === undefined || set.metadata.deletionTimestamp !== undefined) return []
  const claims = claimPods(snapshot, set)
  if (claims.length > 0) return claims
  const nodes = [...list(snapshot, 'Node')].sort((a, b) => naturalOrder(a.metadata.name, b.metadata.name))
  const pods = podsOf(snapshot, set)
  const revisions = revisionsOf(snapshot, set)
  const { update, changes } = updateRevision(snapshot, set, revisions)
  const live = new Set([revisionLabel(update), ...pods.map((pod) => pod.metadata.labels?.[REVISION_LABEL] ?? '')])
  return [
    ...changes,
    ...planDaemonPods({ snapshot, set, nodes, pods, revision: revisionLabel(update), now }),
    ...expiredRevisions(revisions, live, set.spec.revisionHistoryLimit ?? DEFAULT_HISTORY_LIMIT),
    ...updateTo(set, { ...set, status: statusOf(set, nodes, pods, update, now) }),
  ]
}

function statusOf(
  set: DaemonSet,
  nodes: readonly Node[],
  pods: readonly Pod[],
  update: ControllerRevision,
  now: number,
): DaemonSetStatus {
  const on = (node: Node): readonly Pod[] => pods.filter((pod) => nodeOf(pod) === node.metadata.name)
  const wanted = nodes.filter((node) => shouldRunOn(set, node))
  const running = wanted.filter((node) => on(node).length > 0)
  const withPod = (condition: (pod: Pod) => boolean): number =>
    running.filter((node) => on(node).some((pod) => !isPodTerminating(pod) && condition(pod))).length
  const available = withPod((pod) => isPodAvailable(pod, set.spec.minReadySeconds ?? 0, now))
  const { generation } = set.metadata
  return {
    currentNumberScheduled: running.length,
    numberMisscheduled: nodes.filter((node) => !shouldRunOn(set, node) && on(node).length > 0).length,
    desiredNumberScheduled: wanted.length,
    numberReady: withPod(isPodReady),
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    updatedNumberScheduled: withPod((pod) => pod.metadata.labels?.[REVISION_LABEL] === revisionLabel(update)),
    ...(available === 0 ? {} : { numberAvailable: available }),
    ...(available === wanted.length ? {} : { numberUnavailable: wanted.length - available }),
  }
}
