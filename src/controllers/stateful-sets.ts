/** The Pods of a StatefulSet: `web-0`, `web-1` and so on, each with its own name, started and stopped in order. */
import type { ControllerRevision, StatefulSet, StatefulSetStatus } from '../api/apps.ts'
import type { Pod } from '../api/core.ts'
import type { AnyObject } from '../api/kinds.ts'
import type { Change } from '../model/change.ts'
import type { ClusterConfig } from '../model/cluster-config.ts'
import { isPodReady, isPodTerminating } from '../model/endpoints.ts'
import { get, objectKey, type Snapshot } from '../model/snapshot.ts'
import type { Controller } from './controller.ts'
import { updateTo } from './helpers/changes.ts'
import { claimPods } from './helpers/claims.ts'
import { ownerKeys } from './helpers/owners.ts'
import { expiredRevisions, REVISION_LABEL, revisionLabel, revisionsOf, updateRevision } from './helpers/revisions.ts'
import { ordinalOf, planStatefulPods } from './helpers/stateful-pods.ts'
import { statefulClaims } from './helpers/stateful-claims.ts'
import { isPodAvailable, nextAvailable, podsOf } from './helpers/template-pods.ts'

const DEFAULT_HISTORY_LIMIT = 10

export const statefulSetController: Controller = {
  name: 'stateful-sets',
  watches: ['StatefulSet', 'ControllerRevision', 'Pod'],
  keys,
  reconcile: reconcileStatefulSet,
  wakeAt(snapshot, key, now) {
    const set = get(snapshot, 'StatefulSet', key)
    return set && nextAvailable(podsOf(snapshot, set), set.spec.minReadySeconds ?? 0, now)
  },
}

/** A Pod that somebody else made may hold a name that a StatefulSet waits for. */
function keys(object: AnyObject, snapshot: Snapshot): readonly string[] {
  if (object.kind === 'StatefulSet') return [objectKey(object)]
  const owners = ownerKeys(object, 'StatefulSet')
  if (object.kind !== 'Pod' || owners.length > 0) return owners
  const name = object.metadata.name.replace(/-\d+$/, '')
  const key = objectKey({ metadata: { ...object.metadata, name } })
  return get(snapshot, 'StatefulSet', key) === undefined ? [] : [key]
}

/** `key`: of a StatefulSet. */
export function reconcileStatefulSet(
  snapshot: Snapshot,
  key: string,
  _config: ClusterConfig,
  now: number,
): readonly Change[] {
  const set = get(snapshot, 'StatefulSet', key)
  if (set === undefined || set.metadata.deletionTimestamp !== undefined) return []
  const claims = claimPods(snapshot, set, (pod) => ordinalOf(set, pod) !== undefined)
  if (claims.length > 0) return claims
  const pods = podsOf(snapshot, set).filter((pod) => ordinalOf(set, pod) !== undefined)
  const revisions = revisionsOf(snapshot, set)
  const { update, changes } = updateRevision(snapshot, set, revisions)
  const current = revisions.find(({ metadata }) => metadata.name === set.status?.currentRevision) ?? update
  const status = statusOf(set, pods, current, update, now)
  const live = new Set([current, update].map(revisionLabel))
  for (const pod of pods) live.add(pod.metadata.labels?.[REVISION_LABEL] ?? '')
  return [
    ...changes,
    ...statefulClaims(snapshot, set, pods, (pod) => isWithin(set, pod)),
    ...planStatefulPods({ snapshot, set, pods, current, update, now }),
    ...expiredRevisions(revisions, live, set.spec.revisionHistoryLimit ?? DEFAULT_HISTORY_LIMIT),
    ...updateTo(set, { ...set, status }),
  ]
}

function isWithin(set: StatefulSet, pod: Pod): boolean {
  const start = set.spec.ordinals?.start ?? 0
  const ordinal = ordinalOf(set, pod) ?? -1
  return ordinal >= start && ordinal < start + (set.spec.replicas ?? 1)
}

function statusOf(
  { metadata, spec, status }: StatefulSet,
  pods: readonly Pod[],
  current: ControllerRevision,
  update: ControllerRevision,
  now: number,
): StatefulSetStatus {
  const at = (revision: ControllerRevision): number =>
    pods.filter((pod) => !isPodTerminating(pod) && pod.metadata.labels?.[REVISION_LABEL] === revisionLabel(revision))
      .length
  const ready = pods.filter((pod) => isPodReady(pod)).length
  const updated = at(update)
  const isRolling = spec.updateStrategy?.type !== 'OnDelete'
  const isComplete = isRolling && updated === pods.length && ready === pods.length && updated === (spec.replicas ?? 1)
  return {
    ...status,
    ...(metadata.generation === undefined ? {} : { observedGeneration: metadata.generation }),
    replicas: pods.length,
    readyReplicas: ready,
    availableReplicas: pods.filter((pod) => isPodAvailable(pod, spec.minReadySeconds ?? 0, now)).length,
    currentReplicas: isComplete ? updated : at(current),
    updatedReplicas: updated,
    currentRevision: isComplete ? update.metadata.name : current.metadata.name,
    updateRevision: update.metadata.name,
    collisionCount: status?.collisionCount ?? 0,
  }
}
