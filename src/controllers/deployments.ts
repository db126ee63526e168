/** A Deployment's ReplicaSets: one for each template it ever had, the present one scaled up as the others go down. */
import type { Deployment, ReplicaSet, WorkloadStatus } from '../api/apps.ts'
import type { Pod } from '../api/core.ts'
import type { AnyObject } from '../api/kinds.ts'
import type { Condition } from '../api/meta.ts'
import type { Change } from '../model/change.ts'
import { isPodFinished, isPodTerminating } from '../model/endpoints.ts'
import { canonicalJSON, generatedName, safeHash } from '../model/hash.ts'
import { get, objectKey, type Snapshot } from '../model/snapshot.ts'
import type { Controller } from './controller.ts'
import { deletionOf, updateTo } from './helpers/changes.ts'
import { claimReplicaSets, managerKeys } from './helpers/claims.ts'
import { controllerOf, dependentsOf, ownerKeys, ownerReference } from './helpers/owners.ts'
import { planRollout, rolloutOf, type Plan, type ReplicaCount } from './helpers/rollout.ts'

const HASH_LABEL = 'pod-template-hash'
const REVISION_ANNOTATION = 'deployment.kubernetes.io/revision'
const DEFAULT_HISTORY_LIMIT = 10

export const deploymentController: Controller = {
  name: 'deployments',
  watches: ['Deployment', 'ReplicaSet', 'Pod'],
  keys,
  reconcile: reconcileDeployment,
}

function keys(object: AnyObject, snapshot: Snapshot): readonly string[] {
  if (object.kind === 'Deployment') return [objectKey(object)]
  if (object.kind === 'ReplicaSet') return managerKeys(snapshot, object, 'Deployment')
  // A roll-out waits until old Pods are gone.
  if (object.kind !== 'Pod' || !isLeaving(object, snapshot)) return []
  return ownerKeys(object, 'ReplicaSet').flatMap((key) => {
    const replicaSet = get(snapshot, 'ReplicaSet', key)
    return replicaSet === undefined ? [] : ownerKeys(replicaSet, 'Deployment')
  })
}

/** What else happens to a Pod shows in the status of its ReplicaSet. */
function isLeaving(pod: Pod, snapshot: Snapshot): boolean {
  return isPodTerminating(pod) || isPodFinished(pod) || get(snapshot, 'Pod', objectKey(pod)) === undefined
}

/** `key`: of a Deployment. */
export function reconcileDeployment(snapshot: Snapshot, key: string): readonly Change[] {
  const deployment = get(snapshot, 'Deployment', key)
  if (deployment === undefined || deployment.metadata.deletionTimestamp !== undefined) return []
  const claims = claimReplicaSets(snapshot, deployment)
  if (claims.length > 0) return claims
  const owned = dependentsOf(snapshot, deployment).filter((object) => object.kind === 'ReplicaSet')
  const { name, hash } = currentName(snapshot, deployment)
  const current = owned.find((replicaSet) => replicaSet.metadata.name === name)
  const old = owned.filter((replicaSet) => replicaSet !== current).sort((a, b) => revisionOf(a) - revisionOf(b))
  const plan = planRollout(
    rolloutOf(deployment),
    current && countOf(snapshot, current),
    old.map((rs) => countOf(snapshot, rs)),
  )
  const revision = nextRevision(current, old)
  return [
    ...currentChanges(deployment, current, plan.current, { name, hash, revision }),
    ...old.flatMap((replicaSet, i) => updateTo(replicaSet, withReplicas(replicaSet, plan.old[i] ?? 0))),
    ...expired(deployment, old).map(deletionOf),
    ...updateTo(deployment, withStatus(deployment, current, old, plan, revision)),
  ]
}

/** The name for the present template: from its hash, counted on where another owner has that name. */
function currentName(snapshot: Snapshot, deployment: Deployment): { readonly name: string; readonly hash: string } {
  const template = canonicalJSON(deployment.spec.template)
  for (let collisions = 0; ; collisions++) {
    const hash = safeHash(collisions === 0 ? template : `${template} ${collisions}`, 10)
    const name = generatedName(`${deployment.metadata.name}-`, hash)
    const holder = get(snapshot, 'ReplicaSet', objectKey({ metadata: { ...deployment.metadata, name } }))
    if (holder === undefined || controllerOf(holder)?.uid === deployment.metadata.uid) return { name, hash }
  }
}

function countOf(snapshot: Snapshot, replicaSet: ReplicaSet): ReplicaCount {
  const { replicas = 1 } = replicaSet.spec
  const pods = dependentsOf(snapshot, replicaSet).filter((object) => object.kind === 'Pod')
  const active = pods.filter((pod) => !isPodTerminating(pod) && !isPodFinished(pod)).length
  // The status may lag behind the spec.
  return {
    replicas,
    available: Math.min(replicas, replicaSet.status?.availableReplicas ?? 0),
    active,
    pods: pods.length,
  }
}

function revisionOf(replicaSet: ReplicaSet): number {
  return Number(replicaSet.metadata.annotations?.[REVISION_ANNOTATION] ?? 0)
}

/** The present template always has the highest: going back to an earlier one is a new revision. */
function nextRevision(current: ReplicaSet | undefined, old: readonly ReplicaSet[]): number {
  const highest = Math.max(0, ...old.map(revisionOf))
  return current !== undefined && revisionOf(current) > highest ? revisionOf(current) : highest + 1
}

interface Identity {
  readonly name: string
  readonly hash: string
  readonly revision: number
}

function currentChanges(
  deployment: Deployment,
  current: ReplicaSet | undefined,
  replicas: number | undefined,
  identity: Identity,
): readonly Change[] {
  if (replicas === undefined) return []
  if (current === undefined) return [{ verb: 'create', object: buildReplicaSet(deployment, replicas, identity) }]
  const annotations = { ...current.metadata.annotations, [REVISION_ANNOTATION]: String(identity.revision) }
  const scaled = withReplicas(current, replicas)
  return updateTo(current, { ...scaled, metadata: { ...scaled.metadata, annotations } })
}

function withReplicas(replicaSet: ReplicaSet, replicas: number): ReplicaSet {
  if (replicaSet.spec.replicas === replicas) return replicaSet
  return { ...replicaSet, spec: { ...replicaSet.spec, replicas } }
}

function buildReplicaSet(deployment: Deployment, replicas: number, { name, hash, revision }: Identity): ReplicaSet {
  const { metadata, spec } = deployment
  const labels = { ...spec.template.metadata?.labels, [HASH_LABEL]: hash }
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name,
      ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
      labels,
      annotations: { [REVISION_ANNOTATION]: String(revision) },
      ownerReferences: [ownerReference(deployment)],
    },
    spec: {
      replicas,
      selector: { ...spec.selector, matchLabels: { ...spec.selector.matchLabels, [HASH_LABEL]: hash } },
      template: { ...spec.template, metadata: { ...spec.template.metadata, labels } },
    },
  }
}

/** Old ReplicaSets beyond spec.revisionHistoryLimit that have no Pods, the oldest first. */
function expired(deployment: Deployment, old: readonly ReplicaSet[]): readonly ReplicaSet[] {
  const excess = old.length - (deployment.spec.revisionHistoryLimit ?? DEFAULT_HISTORY_LIMIT)
  const empty = old.filter(({ spec: { replicas }, status }) => replicas === 0 && (status?.replicas ?? 0) === 0)
  return empty.slice(0, Math.max(0, excess))
}

function withStatus(
  deployment: Deployment,
  current: ReplicaSet | undefined,
  old: readonly ReplicaSet[],
  plan: Plan,
  revision: number,
): Deployment {
  const { metadata } = deployment
  const made = current !== undefined || plan.current !== undefined
  const annotations = { ...metadata.annotations, [REVISION_ANNOTATION]: String(revision) }
  return {
    ...deployment,
    metadata: made ? { ...metadata, annotations } : metadata,
    status: statusOf(deployment, current, old),
  }
}

function statusOf(deployment: Deployment, current: ReplicaSet | undefined, old: readonly ReplicaSet[]): WorkloadStatus {
  const all = current === undefined ? old : [current, ...old]
  const total = (field: 'replicas' | 'readyReplicas' | 'availableReplicas'): number =>
    all.reduce((sum, { status }) => sum + (status?.[field] ?? 0), 0)
  const status = {
    replicas: total('replicas'),
    updatedReplicas: current?.status?.replicas ?? 0,
    readyReplicas: total('readyReplicas'),
    availableReplicas: total('availableReplicas'),
  }
  const { generation } = deployment.metadata
  return {
    ...deployment.status,
    ...status,
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    conditions: conditionsOf(deployment, status),
  }
}

function conditionsOf(
  deployment: Deployment,
  { replicas, updatedReplicas, availableReplicas }: Readonly<Record<string, number>>,
): readonly Condition[] {
  const { desired, maxUnavailable } = rolloutOf(deployment)
  const isAvailable = (availableReplicas ?? 0) >= desired - maxUnavailable
  const isComplete = replicas === desired && updatedReplicas === desired && availableReplicas === desired
  return [
    {
      type: 'Available',
      status: isAvailable ? 'True' : 'False',
      reason: isAvailable ? 'MinimumReplicasAvailable' : 'MinimumReplicasUnavailable',
    },
    { type: 'Progressing', status: 'True', reason: isComplete ? 'NewReplicaSetAvailable' : 'ReplicaSetUpdated' },
  ]
}
