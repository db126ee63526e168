/** Whether a node's proxy does its work, as kube-proxy says it on /healthz and /livez. */
import type { IPFamily } from '../../api/core.ts'
import type { Node } from '../../api/core.ts'

export interface ProxyHealth {
  /** A change is waiting to be written. */
  queued(family: IPFamily): void
  /** Everything that was known is written. */
  written(family: IPFamily): void
  isWaiting(family: IPFamily): boolean
  isHealthy(): boolean
  /** `node`: undefined where there is none. */
  healthz(node: Node | undefined): HealthAnswer
  livez(): HealthAnswer
}

/** Milliseconds. Waiting is measured by what no setting of the clock changes. */
export interface ProxyTime {
  /** Since 1970. */
  readonly wall: () => number
  /** Since some moment. */
  readonly elapsed: () => number
}

export const SYSTEM_TIME: ProxyTime = { wall: () => Date.now(), elapsed: () => performance.now() }

export interface HealthAnswer {
  readonly status: 200 | 503
  readonly body: string
}

/** Milliseconds that a change may wait where nothing else is said: twice kube-proxy's syncPeriod. */
const LONGEST_WAIT = 60_000
/** The cluster's autoscaler marks nodes that will go. */
const LEAVING_TAINT = 'ToBeDeletedByClusterAutoscaler'

interface FamilyState {
  waitingSince: number | undefined
  lastUpdated: number
}

export function createProxyHealth(
  { wall, elapsed }: ProxyTime = SYSTEM_TIME,
  longestWait: number = LONGEST_WAIT,
): ProxyHealth {
  const startedAt = wall()
  const families = new Map<IPFamily, FamilyState>()
  const stateOf = (family: IPFamily): FamilyState => {
    const state = families.get(family) ?? { waitingSince: undefined, lastUpdated: startedAt }
    families.set(family, state)
    return state
  }
  const isCurrent = ({ waitingSince }: FamilyState): boolean =>
    waitingSince === undefined || elapsed() - waitingSince <= longestWait
  const isHealthy = (): boolean => [...families.values()].every(isCurrent)
  const answer = (eligible: boolean | undefined): HealthAnswer => {
    const healthy = isHealthy()
    const last = [...families.values()].map(({ lastUpdated }) => lastUpdated)
    const status = [...families].map(([family, state]) => [
      family,
      { lastUpdated: iso(state.lastUpdated), healthy: isCurrent(state) },
    ])
    return {
      status: healthy && eligible !== false ? 200 : 503,
      body: JSON.stringify({
        lastUpdated: iso(Math.max(startedAt, ...last)),
        currentTime: iso(wall()),
        ...(eligible === undefined ? {} : { nodeEligible: eligible }),
        healthy,
        status: Object.fromEntries(status),
      }),
    }
  }
  return {
    queued(family) {
      stateOf(family).waitingSince ??= elapsed()
    },
    written(family) {
      const state = stateOf(family)
      state.waitingSince = undefined
      state.lastUpdated = wall()
    },
    isWaiting: (family) => families.get(family)?.waitingSince !== undefined,
    isHealthy,
    healthz: (node) => answer(isEligible(node)),
    livez: () => answer(undefined),
  }
}

function isEligible(node: Node | undefined): boolean {
  if (node === undefined || node.metadata.deletionTimestamp !== undefined) return false
  return node.spec?.taints?.some(({ key }) => key === LEAVING_TAINT) !== true
}

function iso(milliseconds: number): string {
  return new Date(milliseconds).toISOString()
}
