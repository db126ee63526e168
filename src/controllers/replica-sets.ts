/** As many Pods of a ReplicaSet as it asks for. */
import type { ReplicaSet, WorkloadStatus } from '../api/apps.ts'
import type { Pod, PodTemplateSpec } from '../api/core.ts'
import type { Change } from '../model/change.ts'
import type { ClusterConfig } from '../model/cluster-config.ts'
import { isPodReady } from '../model/endpoints.ts'
import { freeName } from '../model/hash.ts'
import { matchLabels } from '../model/selectors.ts'
import { get, objectKey, type Snapshot } from '../model/snapshot.ts'
import type { Controller } from './controller.ts'
import { deletionOf, updateTo } from './helpers/changes.ts'
import { claimPods, managerKeys } from './helpers/claims.ts'
import { naturalOrder, olderFirst } from './helpers/order.ts'
import { isPodActive, isPodAvailable, nextAvailable, podFromTemplate, podsOf } from './helpers/template-pods.ts'

export const replicaSetController: Controller = {
  name: 'replica-sets',
  watches: ['ReplicaSet', 'Pod'],
  keys: (object, snapshot) =>
    object.kind === 'ReplicaSet' ? [objectKey(object)] : managerKeys(snapshot, object, 'ReplicaSet'),
  reconcile: reconcileReplicaSet,
  wakeAt(snapshot, key, now) {
    const replicaSet = get(snapshot, 'ReplicaSet', key)
    return replicaSet && nextAvailable(podsOf(snapshot, replicaSet), replicaSet.spec.minReadySeconds ?? 0, now)
  },
}

/** `key`: of a ReplicaSet. */
export function reconcileReplicaSet(
  snapshot: Snapshot,
  key: string,
  _config: ClusterConfig,
  now: number,
): readonly Change[] {
  const replicaSet = get(snapshot, 'ReplicaSet', key)
  if (replicaSet === undefined || replicaSet.metadata.deletionTimestamp !== undefined) return []
  const claims = claimPods(snapshot, replicaSet)
  if (claims.length > 0) return claims
  const pods = podsOf(snapshot, replicaSet).filter(isPodActive)
  const { replicas = 1, template } = replicaSet.spec
  const missing = template === undefined ? 0 : replicas - pods.length
  return [
    ...(missing > 0 ? newPods(snapshot, replicaSet, template, missing) : []),
    ...(missing < 0 ? surplus(pods, -missing).map(deletionOf) : []),
    ...updateTo(replicaSet, { ...replicaSet, status: statusOf(replicaSet, pods, now) }),
  ]
}

function newPods(
  snapshot: Snapshot,
  replicaSet: ReplicaSet,
  template: PodTemplateSpec | undefined,
  count: number,
): readonly Change[] {
  if (template === undefined) return []
  const taken = new Set<string>()
  const { metadata } = replicaSet
  const isTaken = (name: string): boolean =>
    taken.has(name) || get(snapshot, 'Pod', objectKey({ metadata: { ...metadata, name } })) !== undefined
  return Array.from({ length: count }, () => {
    const name = freeName(`${metadata.name}-`, objectKey(replicaSet), isTaken)
    taken.add(name)
    return { verb: 'create', object: podFromTemplate(replicaSet, template, name) }
  })
}

/** Who goes first: without a node, then not ready, then the newest. */
function surplus(pods: readonly Pod[], count: number): readonly Pod[] {
  const rank = (pod: Pod): number => (pod.spec.nodeName === undefined ? 0 : isPodReady(pod) ? 2 : 1)
  const sorted = [...pods].sort(
    (a, b) => rank(a) - rank(b) || olderFirst(b, a) || naturalOrder(b.metadata.name, a.metadata.name),
  )
  return sorted.slice(0, count)
}

function statusOf({ metadata, spec, status }: ReplicaSet, pods: readonly Pod[], now: number): WorkloadStatus {
  return {
    ...status,
    replicas: pods.length,
    fullyLabeledReplicas: pods.filter((pod) => matchLabels(spec.template?.metadata?.labels ?? {}, pod.metadata.labels))
      .length,
    readyReplicas: pods.filter(isPodReady).length,
    availableReplicas: pods.filter((pod) => isPodAvailable(pod, spec.minReadySeconds ?? 0, now)).length,
    ...(metadata.generation === undefined ? {} : { observedGeneration: metadata.generation }),
  }
}
