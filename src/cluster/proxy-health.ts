/** Whether a node's proxy does its work, as kube-proxy says it on /healthz and /livez. */
import type { IPFamily } from '../api/core.ts'
import type { Node } from '../api/core.ts'

export interface ProxyHealth {
  /** A change is waiting to be written. */
  queued(family: IPFamily, now: number): void
  /** Everything that was known is written. */
  written(family: IPFamily, now: number): void
  isHealthy(now: number): boolean
  /** `node`: undefined where there is none. */
  healthz(node: Node | undefined, now: number): HealthAnswer
  livez(now: number): HealthAnswer
}

export interface HealthAnswer {
  readonly status: 200 | 503
  readonly body: string
}

/** Milliseconds that a change may wait: twice kube-proxy's syncPeriod. */
const LONGEST_WAIT = 60_000
/** The cluster's autoscaler marks nodes that will go. */
const LEAVING_TAINT = 'ToBeDeletedByClusterAutoscaler'

interface FamilyState {
  waitingSince: number | undefined
  lastUpdated: number
}

export function createProxyHealth(now: number): ProxyHealth {
  const families = new Map<IPFamily, FamilyState>()
  const stateOf = (family: IPFamily): FamilyState => {
    const state = families.get(family) ?? { waitingSince: undefined, lastUpdated: now }
    families.set(family, state)
    return state
  }
  const isCurrent = ({ waitingSince }: FamilyState, at: number): boolean =>
    waitingSince === undefined || at - waitingSince <= LONGEST_WAIT
  const isHealthy = (at: number): boolean => [...families.values()].every((state) => isCurrent(state, at))
  const answer = (at: number, eligible: boolean | undefined): HealthAnswer => {
    const healthy = isHealthy(at)
    const last = [...families.values()].map(({ lastUpdated }) => lastUpdated)
    const status = [...families].map(([family, state]) => [
      family,
      { lastUpdated: iso(state.lastUpdated), healthy: isCurrent(state, at) },
    ])
    return {
      status: healthy && eligible !== false ? 200 : 503,
      body: JSON.stringify({
        lastUpdated: iso(Math.max(now, ...last)),
        currentTime: iso(at),
        ...(eligible === undefined ? {} : { nodeEligible: eligible }),
        healthy,
        status: Object.fromEntries(status),
      }),
    }
  }
  return {
    queued(family, at) {
      stateOf(family).waitingSince ??= at
    },
    written(family, at) {
      const state = stateOf(family)
      state.waitingSince = undefined
      state.lastUpdated = at
    },
    isHealthy,
    healthz: (node, at) => answer(at, isEligible(node)),
    livez: (at) => answer(at, undefined),
  }
}

function isEligible(node: Node | undefined): boolean {
  if (node === undefined || node.metadata.deletionTimestamp !== undefined) return false
  return node.spec?.taints?.some(({ key }) => key === LEAVING_TAINT) !== true
}

function iso(milliseconds: number): string {
  return new Date(milliseconds).toISOString()
}
