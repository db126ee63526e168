/** How many of the Pods behind a PodDisruptionBudget may be evicted now. */
import type { Pod } from '../api/core.ts'
import type { AnyObject } from '../api/kinds.ts'
import type { PodDisruptionBudget, PodDisruptionBudgetStatus } from '../api/policy.ts'
import { isPodReady, isPodTerminating } from './endpoints.ts'
import { matchLabelSelector } from './selectors.ts'
import { get, listIn, type Snapshot } from './snapshot.ts'

/** Of the Pod's namespace, those whose selector it has. */
export function budgetsOf(snapshot: Snapshot, pod: Pod): readonly PodDisruptionBudget[] {
  const { namespace = '', labels } = pod.metadata
  const all = listIn(snapshot, 'PodDisruptionBudget', namespace)
  return all.filter(({ spec }) => matchLabelSelector(spec?.selector, labels))
}

/** As the disruption controller of Kubernetes counts: shares are of what the Pods' owners want, and rounded up. */
export function disruptionStatus(
  snapshot: Snapshot,
  { metadata, spec = {} }: PodDisruptionBudget,
): PodDisruptionBudgetStatus {
  const { namespace = '', generation } = metadata
  const pods = listIn(snapshot, 'Pod', namespace).filter(
    (pod) =>
      matchLabelSelector(spec.selector, pod.metadata.labels) &&
      !isPodTerminating(pod) &&
      pod.status?.phase !== 'Succeeded' &&
      pod.status?.phase !== 'Failed',
  )
  const { minAvailable, maxUnavailable } = spec
  const isCount = typeof minAvailable === 'number'
  const expectedPods = isCount ? pods.length : wantedPods(snapshot, pods)
  const desiredHealthy =
    maxUnavailable === undefined
      ? share(minAvailable ?? 0, expectedPods)
      : Math.max(0, expectedPods - share(maxUnavailable, expectedPods))
  const currentHealthy = pods.filter((pod) => isPodReady(pod)).length
  return {
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    disruptionsAllowed: expectedPods > 0 ? Math.max(0, currentHealthy - desiredHealthy) : 0,
    currentHealthy,
    desiredHealthy,
    expectedPods,
  }
}

function share(value: number | string, of: number): number {
  return typeof value === 'number' ? value : Math.ceil((Number.parseInt(value, 10) / 100) * of)
}

/** What the owners of these Pods want in all; a Pod without an owner that counts is one. */
function wantedPods(snapshot: Snapshot, pods: readonly Pod[]): number {
  const owners = new Map<string, number>()
  for (const { metadata } of pods) {
    const { namespace = '', name, ownerReferences = [] } = metadata
    const owner = ownerReferences.find(({ controller }) => controller === true)
    const object = owner && ownerObject(snapshot, owner.kind, `${namespace}/${owner.name}`)
    const replicas = object !== undefined && 'spec' in object ? replicasOf(object.spec) : undefined
    owners.set(replicas === undefined ? `pod ${name}` : `owner ${owner?.uid}`, replicas ?? 1)
  }
  return [...owners.values()].reduce((sum, count) => sum + count, 0)
}

function ownerObject(snapshot: Snapshot, kind: string, key: string): AnyObject | undefined {
  return kind === 'ReplicaSet' || kind === 'StatefulSet' ? get(snapshot, kind, key) : undefined
}

function replicasOf(spec: object | undefined): number | undefined {
  if (spec === undefined || !('replicas' in spec)) return undefined
  return typeof spec.replicas === 'number' ? spec.replicas : undefined
}
