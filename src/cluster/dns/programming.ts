/** How long changes take until they are served (SIG Scalability's DNS programming latency), counted as CoreDNS does. */
import type { EndpointSlice } from '../../api/discovery.ts'
import { createHistogram, exponentialBounds, histogram, type MetricFamily } from '../../lib/prometheus.ts'
import { serviceKeyOf } from '../../model/endpoints.ts'
import { changesOf } from '../../model/incremental.ts'
import type { Snapshot } from '../../model/snapshot.ts'

export interface DnsProgramming {
  /** What is in `after` is answered from now on. */
  served(before: Snapshot, after: Snapshot): void
  /** The same of one slice. */
  servedSlice(slice: EndpointSlice, snapshot: Snapshot): void
  families(): readonly MetricFamily[]
}

const TRIGGER_TIME = 'endpoints.kubernetes.io/last-change-trigger-time'
/** CoreDNS': from 1 ms, doubling, to 9 minutes. */
const BOUNDS = exponentialBounds(0.001, 2, 20)

/** `now` in milliseconds since the epoch. What was changed before the start says nothing about this program. */
export function createDnsProgramming(now: () => number): DnsProgramming {
  const startedAt = now()
  const headless = createHistogram(BOUNDS)
  let count = 0
  const servedSlice: DnsProgramming['servedSlice'] = (slice, { objects }) => {
    const changedAt = Date.parse(slice.metadata.annotations?.[TRIGGER_TIME] ?? '')
    if (!(changedAt >= startedAt)) return
    // An address of a Service is answered whatever its endpoints are. Who writes the annotation has followed a selector.
    if (objects.Service.get(serviceKeyOf(slice) ?? '')?.spec.clusterIP !== 'None') return
    headless.observe(Math.max(0, now() - changedAt) / 1000)
    count++
  }
  return {
    servedSlice,
    served(before, after) {
      for (const { after: slice } of changesOf(before, after, 'EndpointSlice')) {
        if (slice !== undefined) servedSlice(slice, after)
      }
    },
    families() {
      const kind = { service_kind: 'headless_with_selector' }
      return [
        histogram(
          'coredns_kubernetes_dns_programming_duration_seconds',
          'Time from the change of a Pod or Service, as its controller saw it, until it was served',
          count === 0 ? [] : [[kind, headless]],
        ),
      ]
    },
  }
}
