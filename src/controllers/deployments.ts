/** A Deployment's ReplicaSets: one for each template it ever had, the present one scaled up as the others go down. */
import type { Deployment, ReplicaSet } from '../api/apps.ts'
import type { Pod } from '../api/core.ts'
import type { AnyObject } from '../api/kinds.ts'
import type { Change } from '../model/change.ts'
import type { ClusterConfig } from '../model/cluster-config.ts'
import { isPodFinished, isPodTerminating } from '../model/endpoints.ts'
import { canonicalJSON, generatedName, safeHash } from '../model/hash.ts'
import { get, objectKey, type Snapshot } from '../model/snapshot.ts'
import type { Controller } from './controller.ts'
import { deletionOf, updateTo } from './helpers/changes.ts'
import { claimReplicaSets, managerKeys } from './helpers/claims.ts'
import { deadlineOf, deploymentStatus, type DeploymentState } from './helpers/deployment-status.ts'
import { controllerOf, dependentsOf, ownerKeys, ownerReference } from './helpers/owners.ts'
import { planRollout, rolloutOf, type ReplicaCount } from './helpers/rollout.ts'

const HASH_LABEL = 'pod-template-hash'
const REVISION_ANNOTATION = 'deployment.kubernetes.io/revision'
const DESIRED_ANNOTATION = 'deployment.kubernetes.io/desired-replicas'
const MAXIMUM_ANNOTATION = 'deployment.kubernetes.io/max-replicas'
const DEFAULT_HISTORY_LIMIT = 10

export const deploymentController: Controller = {
  name: 'deployments',
  watches: ['Deployment', 'ReplicaSet', 'Pod'],
  keys,
  reconcile: reconcileDeployment,
  wakeAt(snapshot, key, now) {
    const deployment = get(snapshot, 'Deployment', key)
    const deadline = deployment && deadlineOf(deployment)
    return deadline === undefined || deadline <= now ? undefined : deadline
  },
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
export function reconcileDeployment(
  snapshot: Snapshot,
  key: string,
  _config: ClusterConfig,
  now: number,
): readonly Change[] {
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
  const isNew = current === undefined && plan.current !== undefined
  const state = { deployment, current, old, name, isNew, now }
  return [
    ...currentChanges(deployment, current, plan.current, { name, hash, revision }),
    ...old.flatMap((replicaSet, i) => {
      const scaled = withReplicas(replicaSet, plan.old[i] ?? 0)
      return updateTo(replicaSet, plan.isScaling ? withScale(scaled, deployment) : scaled)
    }),
    ...expired(deployment, old).map(deletionOf),
    ...updateTo(deployment, withStatus(deployment, state, revision, isNew || current !== undefined)),
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
    ...scaledFor(replicaSet),
  }
}

function scaledFor({ metadata }: ReplicaSet): Pick<ReplicaCount, 'scaledFor'> {
  const [desired, maximum] = [DESIRED_ANNOTATION, MAXIMUM_ANNOTATION].map((name) =>
    Number(metadata.annotations?.[name] ?? Number.NaN),
  )
  if (desired === undefined || maximum === undefined || Number.isNaN(desired) || Number.isNaN(maximum)) return {}
  return { scaledFor: { desired, maximum } }
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
  const annotations = { ...current.metadata.annotations, ...annotationsOf(deployment, identity.revision) }
  const scaled = withMinimum(withReplicas(current, replicas), deployment.spec.minReadySeconds)
  return updateTo(current, { ...scaled, metadata: { ...scaled.metadata, annotations } })
}

function withReplicas(replicaSet: ReplicaSet, replicas: number): ReplicaSet {
  if (replicaSet.spec.replicas === replicas) return replicaSet
  return { ...replicaSet, spec: { ...replicaSet.spec, replicas } }
}

function withMinimum(replicaSet: ReplicaSet, minReadySeconds: number | undefined): ReplicaSet {
  if (replicaSet.spec.minReadySeconds === minReadySeconds) return replicaSet
  const { minReadySeconds: _, ...spec } = replicaSet.spec
  return { ...replicaSet, spec: { ...spec, ...(minReadySeconds === undefined ? {} : { minReadySeconds }) } }
}

/** What is the Deployment's own is not told to its ReplicaSets. */
const OWN_ANNOTATIONS: ReadonlySet<string> = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  REVISION_ANNOTATION,
  'deployment.kubernetes.io/revision-history',
  DESIRED_ANNOTATION,
  MAXIMUM_ANNOTATION,
])

/** What a ReplicaSet was scaled for. */
function scaleAnnotations(deployment: Deployment): Readonly<Record<string, string>> {
  const { desired, maxSurge, isRecreate } = rolloutOf(deployment)
  return {
    [DESIRED_ANNOTATION]: String(desired),
    [MAXIMUM_ANNOTATION]: String(desired + (isRecreate ? 0 : maxSurge)),
  }
}

function withScale(replicaSet: ReplicaSet, deployment: Deployment): ReplicaSet {
  const annotations = { ...replicaSet.metadata.annotations, ...scaleAnnotations(deployment) }
  return { ...replicaSet, metadata: { ...replicaSet.metadata, annotations } }
}

function annotationsOf(deployment: Deployment, revision: number): Readonly<Record<string, string>> {
  const told = Object.entries(deployment.metadata.annotations ?? {}).filter(([name]) => !OWN_ANNOTATIONS.has(name))
  return {
    ...Object.fromEntries(told),
    ...scaleAnnotations(deployment),
    [REVISION_ANNOTATION]: String(revision),
  }
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
      annotations: annotationsOf(deployment, revision),
      ownerReferences: [ownerReference(deployment)],
    },
    spec: {
      replicas,
      ...(spec.minReadySeconds === undefined ? {} : { minReadySeconds: spec.minReadySeconds }),
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

function withStatus(deployment: Deployment, state: DeploymentState, revision: number, isMade: boolean): Deployment {
  const { metadata } = deployment
  const annotations = { ...metadata.annotations, [REVISION_ANNOTATION]: String(revision) }
  return {
    ...deployment,
    metadata: isMade ? { ...metadata, annotations } : metadata,
    status: deploymentStatus(state),
  }
}
