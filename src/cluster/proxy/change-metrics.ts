/** What changes of objects say to the metrics of a node's proxy. */
import type { IPFamily } from '../../api/core.ts'
import { changesOf } from '../../model/incremental.ts'
import type { Snapshot } from '../../model/snapshot.ts'
import type { ProxyHealth } from './health.ts'
import type { ProxyMetrics } from './metrics.ts'

const TRIGGER_TIME = 'endpoints.kubernetes.io/last-change-trigger-time'

export interface ChangeCounter {
  /** Before the rules are written. */
  before(snapshot: Snapshot, families: Iterable<IPFamily>): void
  /** After. */
  after(families: Iterable<IPFamily>): void
}

/** `startedAt`: milliseconds since 1970. What was there before says nothing about how long its way to the kernel was. */
export function countChanges(
  metrics: ProxyMetrics,
  health: ProxyHealth,
  seen: Snapshot,
  startedAt: number,
): ChangeCounter {
  let [last, current] = [seen, seen]
  return {
    before(snapshot, families) {
      current = snapshot
      const services = changesOf(last, snapshot, 'Service').length
      const endpoints = changesOf(last, snapshot, 'EndpointSlice').length
      if (services + endpoints === 0) return
      metrics.queued(families, { services, endpoints }, Date.now())
    },
    after(families) {
      measureProgramming(metrics, last, current, startedAt)
      last = current
      // Also where there was nothing to write.
      for (const family of families) if (!health.isWaiting(family)) metrics.written(family)
    },
  }
}

function measureProgramming(metrics: ProxyMetrics, before: Snapshot, after: Snapshot, startedAt: number): void {
  for (const { after: slice } of changesOf(before, after, 'EndpointSlice')) {
    const changedAt = Date.parse(slice?.metadata.annotations?.[TRIGGER_TIME] ?? '')
    if (slice === undefined || slice.addressType === 'FQDN' || !(changedAt >= startedAt)) continue
    metrics.programmed(slice.addressType, (Date.now() - changedAt) / 1000)
  }
}
