/** As many Pods of a ReplicaSet as it asks for. */
import type { ReplicaSet, WorkloadStatus } from '../api/apps.ts'
import type { Pod, PodTemplateSpec } from '../api/core.ts'
import type { Change } from '../model/change.ts'
import { isPodFinished, isPodReady, isPodTerminating } from '../model/endpoints.ts'
import { freeName } from '../model/hash.ts'
import { get, objectKey, type Snapshot } from '../model/snapshot.ts'
import type { Controller } from './controller.ts'
import { deletionOf, updateTo } from './helpers/changes.ts'
import { naturalOrder, olderFirst } from './helpers/order.ts'
import { dependentsOf, ownerKeys, ownerReference } from './helpers/owners.ts'

export const replicaSetController: Controller = {
  name: 'replica-sets',
  watches: ['ReplicaSet', 'Pod'],
  keys: (object) => (object.kind === 'ReplicaSet' ? [objectKey(object)] : ownerKeys(object, 'ReplicaSet')),
  reconcile: reconcileReplicaSet,
}

/** `key`: of a ReplicaSet. */
export function reconcileReplicaSet(snapshot: Snapshot, key: string): readonly Change[] {
  const replicaSet = get(snapshot, 'ReplicaSet', key)
  if (replicaSet === undefined || replicaSet.metadata.deletionTimestamp !== undefined) return []
  const pods = dependentsOf(snapshot, replicaSet)
    .filter((object) => object.kind === 'Pod')
    .filter((pod) => !isPodTerminating(pod) && !isPodFinished(pod))
  const { replicas = 1, template } = replicaSet.spec
  const missing = template === undefined ? 0 : replicas - pods.length
  return [
    ...(missing > 0 ? newPods(snapshot, replicaSet, template, missing) : []),
    ...(missing < 0 ? surplus(pods, -missing).map(deletionOf) : []),
    ...updateTo(replicaSet, { ...replicaSet, status: statusOf(replicaSet, pods) }),
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
    return { verb: 'create', object: buildPod(replicaSet, template, name) }
  })
}

function buildPod(replicaSet: ReplicaSet, template: PodTemplateSpec, name: string): Pod {
  const { namespace } = replicaSet.metadata
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...template.metadata,
      name,
      generateName: `${replicaSet.metadata.name}-`,
      ...(namespace === undefined ? {} : { namespace }),
      ownerReferences: [ownerReference(replicaSet)],
    },
    spec: template.spec,
  }
}

/** Who goes first: without a node, then not ready, then the newest. */
function surplus(pods: readonly Pod[], count: number): readonly Pod[] {
  const rank = (pod: Pod): number => (pod.spec.nodeName === undefined ? 0 : isPodReady(pod) ? 2 : 1)
  const sorted = [...pods].sort(
    (a, b) => rank(a) - rank(b) || olderFirst(b, a) || naturalOrder(b.metadata.name, a.metadata.name),
  )
  return sorted.slice(0, count)
}

function statusOf({ metadata, status }: ReplicaSet, pods: readonly Pod[]): WorkloadStatus {
  const ready = pods.filter(isPodReady).length
  return {
    ...status,
    replicas: pods.length,
    readyReplicas: ready,
    availableReplicas: ready,
    ...(metadata.generation === undefined ? {} : { observedGeneration: metadata.generation }),
  }
}
