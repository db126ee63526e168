/** How many replicas the ReplicaSets of a Deployment should have next. */
import type { Deployment } from '../../api/apps.ts'
import type { IntOrString } from '../../api/meta.ts'

export interface ReplicaCount {
  /** As asked for in its spec. */
  readonly replicas: number
  /** Of those, how many are available. */
  readonly available: number
  /** How many Pods it has that are not terminating: its spec may be ahead of them. */
  readonly active: number
  /** How many Pods it still has, terminating ones included. */
  readonly pods: number
  /** What the Deployment wanted when it was last scaled, and how many Pods there could be then; from its annotations. */
  readonly scaledFor?: { readonly desired: number; readonly maximum: number }
}

export interface Rollout {
  readonly desired: number
  /** How many Pods there may be above `desired`. */
  readonly maxSurge: number
  /** How many of `desired` may be missing meanwhile. */
  readonly maxUnavailable: number
  readonly isRecreate: boolean
  /** No new template is rolled out meanwhile. */
  readonly isPaused: boolean
}

export interface Plan {
  /** Replicas of the ReplicaSet with the present template; undefined while it is not to be made yet. */
  readonly current: number | undefined
  /** Replicas of the others, in their order. */
  readonly old: readonly number[]
  /** The Deployment wants another number than before: all are told what they were scaled for. */
  readonly isScaling?: boolean
}

/** The Deployment's strategy as numbers: surge is rounded up, unavailable down, and never are both 0. */
export function rolloutOf({ spec }: Deployment): Rollout {
  const desired = spec.replicas ?? 1
  const { maxSurge = '25%', maxUnavailable = '25%' } = spec.strategy?.rollingUpdate ?? {}
  const surge = scaled(maxSurge, desired, Math.ceil)
  const unavailable = scaled(maxUnavailable, desired, Math.floor)
  return {
    desired,
    maxSurge: surge,
    maxUnavailable: surge === 0 && unavailable === 0 ? 1 : Math.min(unavailable, desired),
    isRecreate: spec.strategy?.type === 'Recreate',
    isPaused: spec.paused === true,
  }
}

/** A number as it is, a percentage of `total`. */
export function scaled(value: IntOrString, total: number, round: (value: number) => number): number {
  if (typeof value === 'number') return value
  const percent = Number(/^(\d+)%$/.exec(value)?.[1] ?? 0)
  return round((total * percent) / 100)
}

/** One step: up first, then down as far as enough stay available. `current` is undefined before the first step. */
export function planRollout(rollout: Rollout, current: ReplicaCount | undefined, old: readonly ReplicaCount[]): Plan {
  const unchanged = old.map(({ replicas }) => replicas)
  if (!rollout.isRecreate && isScaled(rollout, current, old)) return planScaling(rollout, current, old)
  if (rollout.isPaused) return { current: current?.replicas, old: unchanged }
  if (rollout.isRecreate) return planRecreate(rollout, current, old)
  const now = current?.replicas ?? 0
  const pods = [...(current === undefined ? [] : [current]), ...old].map((count) =>
    Math.max(count.replicas, count.active),
  )
  const room = rollout.desired + rollout.maxSurge - sum(pods)
  if (now > rollout.desired) return { current: rollout.desired, old: unchanged }
  if (now < rollout.desired && room > 0) return { current: Math.min(rollout.desired, now + room), old: unchanged }
  return { current: now, old: scaleDown(rollout, current, old) }
}

/** Somebody changed the number of replicas since the ReplicaSets that have any were scaled. */
function isScaled({ desired }: Rollout, current: ReplicaCount | undefined, old: readonly ReplicaCount[]): boolean {
  const all = current === undefined ? old : [...old, current]
  return all.some(({ replicas, scaledFor }) => replicas > 0 && scaledFor !== undefined && scaledFor.desired !== desired)
}

/**
 * As the deployment controller of Kubernetes scales: the one ReplicaSet that has Pods gets all; in the middle of a roll-out
 * each gets its share of what comes or goes, so that a bad template does not get all of it. The largest one gets what is
 * left from rounding.
 */
function planScaling(rollout: Rollout, current: ReplicaCount | undefined, old: readonly ReplicaCount[]): Plan {
  const { desired, maxSurge } = rollout
  const all = current === undefined ? [...old] : [...old, current]
  const active = all.filter(({ replicas }) => replicas > 0)
  const planned = new Map(all.map((count) => [count, count.replicas]))
  if (active.length === 1) planned.set(active[0] as ReplicaCount, desired)
  else if (current !== undefined && current.available === desired && current.replicas === desired) {
    for (const count of old) planned.set(count, 0)
  } else {
    const toAdd = (desired > 0 ? desired + maxSurge : 0) - sum(active.map(({ replicas }) => replicas))
    for (const [count, replicas] of proportional(rollout, active, toAdd)) planned.set(count, replicas)
  }
  const of = (count: ReplicaCount): number => planned.get(count) ?? count.replicas
  return { current: current && of(current), old: old.map(of), isScaling: true }
}

/** `active`: the oldest first. */
function proportional(
  rollout: Rollout,
  active: readonly ReplicaCount[],
  toAdd: number,
): ReadonlyMap<ReplicaCount, number> {
  const age = new Map(active.map((count, i) => [count, i]))
  const younger = (a: ReplicaCount, b: ReplicaCount): number => (age.get(b) ?? 0) - (age.get(a) ?? 0)
  const ordered = active.toSorted((a, b) => b.replicas - a.replicas || (toAdd > 0 ? younger(a, b) : younger(b, a)))
  let left = toAdd
  const planned = new Map<ReplicaCount, number>()
  for (const count of ordered) {
    const fraction = fractionOf(rollout, count)
    const share = toAdd > 0 ? Math.min(fraction, left) : Math.max(fraction, left)
    left -= share
    planned.set(count, count.replicas + share)
  }
  const [largest] = ordered
  if (largest !== undefined) planned.set(largest, Math.max(0, (planned.get(largest) ?? 0) + left))
  return planned
}

/** How many more or fewer keep its share of all Pods. */
function fractionOf({ desired, maxSurge }: Rollout, { replicas, scaledFor }: ReplicaCount): number {
  if (desired === 0) return -replicas
  const before = scaledFor?.maximum ?? 0
  return before === 0 ? 0 : Math.round((replicas * (desired + maxSurge)) / before) - replicas
}

function planRecreate({ desired }: Rollout, current: ReplicaCount | undefined, old: readonly ReplicaCount[]): Plan {
  const isOver = old.every(({ pods, replicas }) => pods === 0 && replicas === 0)
  return { current: isOver ? desired : current?.replicas, old: old.map(() => 0) }
}

/** Unavailable replicas go first: they serve nobody. */
function scaleDown(
  { desired, maxUnavailable }: Rollout,
  current: ReplicaCount | undefined,
  old: readonly ReplicaCount[],
): readonly number[] {
  const minAvailable = desired - maxUnavailable
  const { replicas, available } = current ?? { replicas: 0, available: 0 }
  const total = replicas + sum(old.map((count) => count.replicas))
  let budget = Math.max(0, total - minAvailable - (replicas - available))
  let spare = Math.max(0, available + sum(old.map((count) => count.available)) - minAvailable)
  const healthy = old.map((count) => {
    const dropped = Math.min(budget, count.replicas - count.available)
    budget -= dropped
    return count.replicas - dropped
  })
  return healthy.map((count, i) => {
    const dropped = Math.min(budget, spare, count, old[i]?.available ?? 0)
    budget -= dropped
    spare -= dropped
    return count - dropped
  })
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
