/** What a node's proxy counts, under kube-proxy's names where the meaning is the same. */
import type { IPFamily } from '../../api/core.ts'
import type { TrafficPolicy } from '../../api/core.ts'
import {
  counter,
  createHistogram,
  exponentialBounds,
  gauge,
  histogram,
  type Histogram,
  type Labels,
  type MetricFamily,
  type Row,
} from '../../lib/prometheus.ts'
import type { ServicePortInfo } from '../../model/resolve-services.ts'

export interface ProxyMetrics {
  /** Seconds that a pass took, and whether it was made of everything there is. */
  pass(family: IPFamily, seconds: number, isFull: boolean, now: number): void
  /** Changes that are to be written in these families. */
  queued(
    families: Iterable<IPFamily>,
    changes: { readonly services: number; readonly endpoints: number },
    now: number,
  ): void
  /** What was queued is in the kernel. */
  written(family: IPFamily): void
  failed(family: IPFamily): void
  /** What is stale could not be removed. */
  unclean(family: IPFamily): void
  /** Flows of connection tracking were looked through, and some deleted. */
  cleaned(family: IPFamily, seconds: number, deleted: number): void
  /** Seconds from the change of an endpoint, as its controller saw it, to the kernel. */
  programmed(family: IPFamily, seconds: number): void
  answered(endpoint: 'healthz' | 'livez', status: number): void
  families(withoutLocal: WithoutLocal): readonly MetricFamily[]
}

/** Services that have endpoints, but none where their policy wants one. */
export type WithoutLocal = Readonly<Record<IPFamily, Readonly<Record<'internal' | 'external', number>>>>

/** Of the objects themselves, whatever their IP families. */
interface ChangeCounts {
  services: number
  endpoints: number
  /** Of these those that are not in the kernel yet. */
  pendingServices: number
  pendingEndpoints: number
  readonly waiting: Set<IPFamily>
}

interface FamilyCounts {
  readonly passes: Histogram
  readonly full: Histogram
  readonly partial: Histogram
  readonly programming: Histogram
  lastPass: number
  lastQueued: number
  readonly cleaning: Histogram
  failures: number
  cleanupFailures: number
  deletedFlows: number
}

/** As kube-proxy's: from 1 ms, doubling. */
const BOUNDS = exponentialBounds(0.001, 2, 15)
/** kube-proxy's of network programming: up to 5 minutes. */
const PROGRAMMING_BOUNDS = [
  0.25,
  0.5,
  ...Array.from({ length: 59 }, (_, i) => 1 + i),
  ...Array.from({ length: 12 }, (_, i) => 60 + 5 * i),
  ...Array.from({ length: 7 }, (_, i) => 120 + 30 * i),
]

export function createProxyMetrics(): ProxyMetrics {
  const byFamily = new Map<IPFamily, FamilyCounts>()
  const changed: ChangeCounts = {
    services: 0,
    endpoints: 0,
    pendingServices: 0,
    pendingEndpoints: 0,
    waiting: new Set(),
  }
  const answers: Answers = { healthz: new Map(), livez: new Map() }
  const of = (family: IPFamily): FamilyCounts => {
    const counts = byFamily.get(family) ?? newCounts()
    byFamily.set(family, counts)
    return counts
  }
  return {
    pass(family, seconds, isFull, now) {
      const counts = of(family)
      counts.passes.observe(seconds)
      counts[isFull ? 'full' : 'partial'].observe(seconds)
      counts.lastPass = now / 1000
    },
    queued(families, { services, endpoints }, now) {
      changed.services += services
      changed.endpoints += endpoints
      changed.pendingServices += services
      changed.pendingEndpoints += endpoints
      for (const family of families) {
        changed.waiting.add(family)
        of(family).lastQueued = now / 1000
      }
    },
    written(family) {
      changed.waiting.delete(family)
      if (changed.waiting.size > 0) return
      changed.pendingServices = 0
      changed.pendingEndpoints = 0
    },
    failed: (family) => void of(family).failures++,
    unclean: (family) => void of(family).cleanupFailures++,
    cleaned(family, seconds, deleted) {
      const counts = of(family)
      counts.cleaning.observe(seconds)
      counts.deletedFlows += deleted
    },
    programmed: (family, seconds) => of(family).programming.observe(seconds),
    answered: (endpoint, status) => void answers[endpoint].set(status, (answers[endpoint].get(status) ?? 0) + 1),
    families: (withoutLocal) => [
      ...familyMetrics(byFamily),
      ...changeMetrics(changed),
      withoutLocalMetric(withoutLocal),
      ...answerMetrics(answers),
    ],
  }
}

function newCounts(): FamilyCounts {
  return {
    passes: createHistogram(BOUNDS),
    full: createHistogram(BOUNDS),
    partial: createHistogram(BOUNDS),
    programming: createHistogram(PROGRAMMING_BOUNDS),
    lastPass: 0,
    lastQueued: 0,
    cleaning: createHistogram(BOUNDS),
    failures: 0,
    cleanupFailures: 0,
    deletedFlows: 0,
  }
}

const SYNC = 'kubeproxy_sync_proxy_rules'

const HISTOGRAMS: readonly (readonly [name: string, help: string, read: (counts: FamilyCounts) => Histogram])[] = [
  [`${SYNC}_duration_seconds`, 'Seconds of a pass that writes rules.', ({ passes }) => passes],
  ['kubeproxy_sync_full_proxy_rules_duration_seconds', 'Seconds of a pass over everything.', ({ full }) => full],
  [
    'kubeproxy_sync_partial_proxy_rules_duration_seconds',
    'Seconds of a pass over what changed.',
    ({ partial }) => partial,
  ],
  [
    'kubeproxy_network_programming_duration_seconds',
    'Seconds from the change of an endpoint to the kernel.',
    ({ programming }) => programming,
  ],
  [
    'kubeproxy_conntrack_reconciler_sync_duration_seconds',
    'Seconds of a look through the UDP flows.',
    ({ cleaning }) => cleaning,
  ],
]

type NumberMetric = readonly [
  type: typeof counter | typeof gauge,
  name: string,
  help: string,
  read: (counts: FamilyCounts) => number,
]

const NUMBERS: readonly NumberMetric[] = [
  [gauge, `${SYNC}_last_timestamp_seconds`, 'When the last pass ended.', ({ lastPass }) => lastPass],
  [gauge, `${SYNC}_last_queued_timestamp_seconds`, 'When the last change came.', ({ lastQueued }) => lastQueued],
  [counter, `${SYNC}_nftables_sync_failures_total`, 'Passes that the kernel refused.', ({ failures }) => failures],
  [
    counter,
    `${SYNC}_nftables_cleanup_failures_total`,
    'Removals of what is stale that the kernel refused.',
    ({ cleanupFailures }) => cleanupFailures,
  ],
  [
    counter,
    'kubeproxy_conntrack_reconciler_deleted_entries_total',
    'UDP flows that were ended because their endpoint is gone.',
    ({ deletedFlows }) => deletedFlows,
  ],
]

function familyMetrics(byFamily: ReadonlyMap<IPFamily, FamilyCounts>): readonly MetricFamily[] {
  const rows = <Value>(read: (counts: FamilyCounts) => Value): readonly Row<Value>[] =>
    [...byFamily].map(([family, counts]): Row<Value> => [labels(family), read(counts)])
  return [
    ...HISTOGRAMS.map(([name, help, read]) => histogram(name, help, rows(read))),
    ...NUMBERS.map(([type, name, help, read]) => type(name, help, rows(read))),
  ]
}

function changeMetrics(counts: ChangeCounts): readonly MetricFamily[] {
  const one = (count: number): readonly Row<number>[] => [[{}, count]]
  return [
    counter(`${SYNC}_service_changes_total`, 'Changes of Services.', one(counts.services)),
    counter(`${SYNC}_endpoint_changes_total`, 'Changes of EndpointSlices.', one(counts.endpoints)),
    gauge(
      `${SYNC}_service_changes_pending`,
      'Changes of Services that are not in the kernel yet.',
      one(counts.pendingServices),
    ),
    gauge(
      `${SYNC}_endpoint_changes_pending`,
      'Changes of EndpointSlices that are not in the kernel yet.',
      one(counts.pendingEndpoints),
    ),
  ]
}

function withoutLocalMetric(withoutLocal: WithoutLocal): MetricFamily {
  const rows = Object.entries(withoutLocal).flatMap(([ip_family, counts]) =>
    Object.entries(counts).map(([traffic_policy, count]): Row<number> => [{ ip_family, traffic_policy }, count]),
  )
  const help = 'Services with a Local traffic policy whose endpoints are all on other nodes.'
  return gauge(`${SYNC}_no_local_endpoints_total`, help, rows)
}

type Answers = Readonly<Record<'healthz' | 'livez', Map<number, number>>>

function answerMetrics(answers: Answers): readonly MetricFamily[] {
  return Object.entries(answers).map(([endpoint, byStatus]) =>
    counter(
      `kubeproxy_proxy_${endpoint}_total`,
      `Answers of /${endpoint}.`,
      [...byStatus].map(([code, count]) => [{ code: String(code) }, count]),
    ),
  )
}

function labels(family: IPFamily): Labels {
  return { ip_family: family }
}

/** Services with a Local policy that have endpoints, but none on the node. */
export function withoutLocalEndpoints(services: Iterable<readonly ServicePortInfo[]>, node: string): WithoutLocal {
  const count = { IPv4: { internal: 0, external: 0 }, IPv6: { internal: 0, external: 0 } }
  for (const infos of services) {
    for (const family of ['IPv4', 'IPv6'] as const) {
      const lacks = (policyOf: (info: ServicePortInfo) => TrafficPolicy | undefined): boolean =>
        infos.some((info) => info.family === family && policyOf(info) === 'Local' && isElsewhere(info, node))
      if (lacks(({ internalTrafficPolicy }) => internalTrafficPolicy)) count[family].internal++
      if (lacks((info) => (isExternal(info) ? info.externalTrafficPolicy : undefined))) count[family].external++
    }
  }
  return count
}

function isElsewhere({ endpoints }: ServicePortInfo, node: string): boolean {
  const usable = endpoints.filter(({ ready, serving, terminating }) => ready || (serving && terminating))
  return usable.length > 0 && !usable.some(({ nodeName }) => nodeName === node)
}

function isExternal({ nodePort, externalIPs, loadBalancerVIPs }: ServicePortInfo): boolean {
  return nodePort > 0 || externalIPs.length > 0 || loadBalancerVIPs.length > 0
}
