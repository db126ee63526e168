/** What a Pod's own status says; empty for what only makes Pods. */
import { listAt, textAt } from '../check/json.ts'
import type { Workload } from '../check/workload.ts'

export interface PodFacts {
  readonly ip?: string
  readonly node?: string
  readonly ready: boolean
  readonly finished: boolean
  readonly terminating: boolean
  /** Why it is not ready, where it says so. */
  readonly reason?: string
}

export function podFacts({ kind, object: { value }, podSpec }: Workload): PodFacts {
  if (kind !== 'Pod') return { ready: true, finished: false, terminating: false }
  const ip = textAt(value, 'status', 'podIP')
  const node = textAt(podSpec, 'nodeName')
  const phase = textAt(value, 'status', 'phase')
  const ready = listAt(value, 'status', 'conditions').some(
    (condition) => textAt(condition, 'type') === 'Ready' && textAt(condition, 'status') === 'True',
  )
  const waiting = listAt(value, 'status', 'containerStatuses').flatMap(
    (status) => textAt(status, 'state', 'waiting', 'reason') ?? textAt(status, 'state', 'terminated', 'reason') ?? [],
  )
  const reason = waiting[0] ?? phase
  return {
    // A manifest has no status: what it makes is taken for well.
    ready: phase === undefined || ready,
    finished: phase === 'Succeeded' || phase === 'Failed',
    terminating: textAt(value, 'metadata', 'deletionTimestamp') !== undefined,
    ...(ip !== undefined && ip !== '' && { ip }),
    ...(node !== undefined && node !== '' && { node }),
    ...(reason !== undefined && { reason }),
  }
}
