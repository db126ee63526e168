/** What a Deployment says of itself: counts, and whether it is available and gets on. */
import type { Deployment, ReplicaSet, WorkloadCondition, WorkloadStatus } from '../../api/apps.ts'
import { timestamp } from '../../lib/clock.ts'
import { rolloutOf } from './rollout.ts'

export interface DeploymentState {
  readonly deployment: Deployment
  readonly current: ReplicaSet | undefined
  readonly old: readonly ReplicaSet[]
  /** Of the ReplicaSet with the present template, which may be about to be made. */
  readonly name: string
  readonly isNew: boolean
  /** Milliseconds since 1970. */
  readonly now: number
}

export function deploymentStatus(state: DeploymentState): WorkloadStatus {
  const { deployment, current, old } = state
  const all = current === undefined ? old : [current, ...old]
  const total = (field: 'replicas' | 'readyReplicas' | 'availableReplicas'): number =>
    all.reduce((sum, { status }) => sum + (status?.[field] ?? 0), 0)
  const { unavailableReplicas: _, ...before } = deployment.status ?? {}
  const wanted = all.reduce((sum, { spec }) => sum + (spec.replicas ?? 0), 0)
  const missing = Math.max(0, wanted - total('availableReplicas'))
  const { generation } = deployment.metadata
  const status: WorkloadStatus = {
    ...before,
    replicas: total('replicas'),
    updatedReplicas: current?.status?.replicas ?? 0,
    readyReplicas: total('readyReplicas'),
    availableReplicas: total('availableReplicas'),
    ...(missing > 0 ? { unavailableReplicas: missing } : {}),
    ...(generation === undefined ? {} : { observedGeneration: generation }),
  }
  return { ...status, conditions: [availability(state, status), ...progress(state, status)] }
}

type Fact = Pick<WorkloadCondition, 'type' | 'status'> & { readonly reason: string; readonly message: string }

function conditionOf({ status }: Deployment, wanted: string): WorkloadCondition | undefined {
  return status?.conditions?.find(({ type }) => type === wanted)
}

/** The time of the transition stays while the answer does; that of the update is told anew with each word. */
function told({ deployment, now }: DeploymentState, fact: Fact): WorkloadCondition {
  const before = conditionOf(deployment, fact.type)
  const at = timestamp(now)
  const lastTransitionTime = before?.status === fact.status ? (before.lastTransitionTime ?? at) : at
  return { ...fact, lastUpdateTime: at, lastTransitionTime }
}

function availability(state: DeploymentState, { availableReplicas = 0 }: WorkloadStatus): WorkloadCondition {
  const { desired, maxUnavailable } = rolloutOf(state.deployment)
  const isAvailable = availableReplicas >= desired - maxUnavailable
  const before = conditionOf(state.deployment, 'Available')
  if (before?.status === (isAvailable ? 'True' : 'False')) return before
  return told(state, {
    type: 'Available',
    status: isAvailable ? 'True' : 'False',
    reason: isAvailable ? 'MinimumReplicasAvailable' : 'MinimumReplicasUnavailable',
    message: isAvailable ? 'Deployment has minimum availability.' : 'Deployment does not have minimum availability.',
  })
}

function progress(state: DeploymentState, status: WorkloadStatus): readonly WorkloadCondition[] {
  const before = conditionOf(state.deployment, 'Progressing')
  const fact = progressFact(state, status, before)
  const next = fact === undefined ? before : told(state, fact)
  return next === undefined ? [] : [next]
}

/** Undefined: nothing new can be said. */
function progressFact(
  state: DeploymentState,
  status: WorkloadStatus,
  before: WorkloadCondition | undefined,
): Fact | undefined {
  const { deployment, name, isNew, now } = state
  const say = (value: Fact['status'], reason: string, message: string): Fact | undefined =>
    before?.reason === reason && reason !== 'ReplicaSetUpdated'
      ? undefined
      : { type: 'Progressing', status: value, reason, message }
  if (deployment.spec.paused === true) return say('Unknown', 'DeploymentPaused', 'Deployment is paused')
  if (before?.reason === 'DeploymentPaused') return say('Unknown', 'DeploymentResumed', 'Deployment is resumed')
  if (isNew) return say('True', 'NewReplicaSetCreated', `Created new replica set ${JSON.stringify(name)}`)
  const isOver = before?.reason === 'NewReplicaSetAvailable' && status.replicas === status.updatedReplicas
  if (isOver) return undefined
  if (isComplete(deployment, status)) {
    return say('True', 'NewReplicaSetAvailable', `ReplicaSet ${JSON.stringify(name)} has successfully progressed.`)
  }
  if (before === undefined || hasMoved(status, deployment.status ?? {})) {
    return say('True', 'ReplicaSetUpdated', `ReplicaSet ${JSON.stringify(name)} is progressing.`)
  }
  const deadline = deadlineOf(deployment)
  if (deadline === undefined || deadline > now) return undefined
  return say('False', 'ProgressDeadlineExceeded', `ReplicaSet ${JSON.stringify(name)} has timed out progressing.`)
}

function isComplete({ spec }: Deployment, { replicas, updatedReplicas, availableReplicas }: WorkloadStatus): boolean {
  const desired = spec.replicas ?? 1
  return replicas === desired && updatedReplicas === desired && availableReplicas === desired
}

function hasMoved(now: WorkloadStatus, before: WorkloadStatus): boolean {
  const old = ({ replicas = 0, updatedReplicas = 0 }: WorkloadStatus): number => replicas - updatedReplicas
  const fields = ['updatedReplicas', 'readyReplicas', 'availableReplicas'] as const
  return fields.some((field) => (now[field] ?? 0) > (before[field] ?? 0)) || old(now) < old(before)
}

/** Without a word until then, the roll-out counts as stuck. Undefined where none is under way. */
export function deadlineOf({ spec, status }: Deployment): number | undefined {
  const { progressDeadlineSeconds: seconds } = spec
  const condition = status?.conditions?.find(({ type }) => type === 'Progressing')
  const isUnderWay = condition?.status === 'True' && condition.reason !== 'NewReplicaSetAvailable'
  if (seconds === undefined || !isUnderWay || condition.lastUpdateTime === undefined) return undefined
  return Date.parse(condition.lastUpdateTime) + seconds * 1000
}
