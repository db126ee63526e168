/** What a DNS server counts, under CoreDNS' names where the meaning is the same. */
import { TYPE } from '../../dns/records.ts'
import { counter, gauge, type Labels, type MetricFamily, type Row, type Sample } from '../../lib/prometheus.ts'
import type { ForwardCounts } from './forwarder.ts'
import type { UpstreamCounts } from './forwarding.ts'
import type { AnswerTimes } from './upstream-times.ts'

export interface DnsMetrics {
  /** A reply, the first `size` bytes of `reply`, to a query of `requestSize` bytes. */
  replied(type: number, reply: Uint8Array, size: number, requestSize: number, overTcp: boolean): void
  /** So many replies were there after so many seconds. */
  took(replies: number, seconds: number): void
  families(labels: Labels): readonly MetricFamily[]
}

/** Numbers per bucket; what is above the last bound is in one more. */
interface Buckets {
  readonly bounds: readonly number[]
  readonly counts: Float64Array
  sum: number
}

type Counted = Pick<AnswerTimes, 'bounds' | 'sum'> & { readonly counts: Iterable<number> }

/** As CoreDNS': from 0.25 ms, doubling; and finer ones below, where most answers are. */
const SECONDS = [0.000_016, 0.000_063, ...Array.from({ length: 16 }, (_, i) => 0.000_25 * 2 ** i)]
const BYTES = [0, 100, 200, 300, 400, 511, 1023, 2047, 4095, 8291, 16e3, 32e3, 48e3, 64e3]
const TYPES = 256
const TYPE_NAMES: ReadonlyMap<number, string> = new Map(Object.entries(TYPE).map(([name, code]) => [code, name]))
const RCODES = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED']
const PROTOCOLS = ['udp', 'tcp'] as const

function createBuckets(bounds: readonly number[]): Buckets {
  return { bounds, counts: new Float64Array(bounds.length + 1), sum: 0 }
}

function add(buckets: Buckets, value: number, times = 1): void {
  const { bounds, counts } = buckets
  let at = 0
  while (at < bounds.length && value > (bounds[at] ?? 0)) at++
  counts[at] = (counts[at] ?? 0) + times
  buckets.sum += value * times
}

function samples({ bounds, counts, sum }: Counted, labels: Labels): readonly Sample[] {
  let total = 0
  const buckets = [...counts].map((count, i): Sample => {
    total += count
    const bound = bounds[i]
    return { suffix: '_bucket', labels: { ...labels, le: bound === undefined ? '+Inf' : String(bound) }, value: total }
  })
  return [...buckets, { suffix: '_sum', labels, value: sum }, { suffix: '_count', labels, value: total }]
}

function count(counts: Float64Array, at: number): void {
  counts[at] = (counts[at] ?? 0) + 1
}

/** `other` for types that have no name here. */
function requestRows(requests: readonly Float64Array[], labels: Labels): readonly Row<number>[] {
  return requests.flatMap((counts, i) => {
    const byName = new Map<string, number>()
    for (const [code, value] of counts.entries()) {
      const name = TYPE_NAMES.get(code) ?? 'other'
      if (value > 0) byName.set(name, (byName.get(name) ?? 0) + value)
    }
    return [...byName].map(([type, value]): Row<number> => [{ ...labels, proto: PROTOCOLS[i] ?? '', type }, value])
  })
}

export function createDnsMetrics(): DnsMetrics {
  const requests = PROTOCOLS.map(() => new Float64Array(TYPES))
  const rcodes = new Float64Array(16)
  const duration = createBuckets(SECONDS)
  const requestSizes = PROTOCOLS.map(() => createBuckets(BYTES))
  const replySizes = PROTOCOLS.map(() => createBuckets(BYTES))
  const sized = (sizes: readonly Buckets[], labels: Labels): readonly Sample[] =>
    sizes.flatMap((buckets, i) => samples(buckets, { ...labels, proto: PROTOCOLS[i] ?? '' }))
  return {
    replied(type, reply, size, requestSize, overTcp) {
      const protocol = overTcp ? 1 : 0
      const [counts, request, answer] = [requests[protocol], requestSizes[protocol], replySizes[protocol]]
      if (counts === undefined || request === undefined || answer === undefined) return
      count(counts, type < TYPES ? type : 0)
      count(rcodes, (reply[3] ?? 0) & 15)
      add(request, requestSize)
      add(answer, size)
    },
    took: (replies, seconds) => add(duration, seconds, replies),
    families(given) {
      const labels = { ...given, zone: '.', view: '' }
      const replies = [...rcodes].map((value, i): Row<number> => [{ ...labels, rcode: RCODES[i] ?? String(i) }, value])
      const histogram = (name: string, help: string, of: readonly Sample[]): MetricFamily => ({
        name: `coredns_dns_${name}`,
        help,
        type: 'histogram',
        samples: of,
      })
      return [
        counter('coredns_dns_requests_total', 'DNS requests that were answered', requestRows(requests, labels)),
        counter(
          'coredns_dns_responses_total',
          'DNS responses by rcode',
          replies.filter(([, value]) => value > 0),
        ),
        histogram(
          'request_duration_seconds',
          'Time until answers to names of the cluster, and cached ones, were there',
          samples(duration, labels),
        ),
        histogram('request_size_bytes', 'Size of requests', sized(requestSizes, labels)),
        histogram('response_size_bytes', 'Size of responses', sized(replySizes, labels)),
      ]
    },
  }
}

/** Of the cache before the upstream servers. */
export function forwardFamilies(
  counts: ForwardCounts,
  sizes: { readonly success: number; readonly denial: number },
  server: Labels,
): readonly MetricFamily[] {
  const labels = { ...server, zones: '.', view: '' }
  const { success, denial } = counts.hits
  const total = success + denial + counts.misses
  const typed = (values: typeof sizes): readonly Row<number>[] =>
    Object.entries(values).map(([type, value]) => [{ ...labels, type }, value])
  return [
    counter('coredns_cache_requests_total', "Names that are not the cluster's, asked for", [[labels, total]]),
    counter('coredns_cache_hits_total', 'Of these, answered by the cache', typed(counts.hits)),
    counter('coredns_cache_misses_total', 'Of these, asked upstream', [[labels, counts.misses]]),
    counter('coredns_cache_prefetch_total', 'Answers fetched anew before they ended', [[labels, counts.prefetches]]),
    gauge('coredns_cache_entries', 'Answers held', typed(sizes)),
  ]
}

/** Of the servers upstream; `counts` is undefined where there are none. The same server may stand for several domains. */
export function upstreamFamilies(counts: UpstreamCounts | undefined, server: Labels): readonly MetricFamily[] {
  const { down = 0, refused = 0, failedProbes = [], times = [] } = counts ?? {}
  const of = (to: string): Labels => ({ ...server, proxy_name: 'forward', to })
  const probes = new Map<string, number>()
  for (const { server: to, count: failed } of failedProbes) probes.set(to, (probes.get(to) ?? 0) + failed)
  const rows = [...probes].map(([to, failed]): Row<number> => [of(to), failed])
  return [
    gauge('portolan_dns_upstream_down', 'Upstream servers that do not answer', [[server, down]]),
    counter('coredns_forward_max_concurrent_rejects_total', 'Queries refused because too many were under way', [
      [server, refused],
    ]),
    counter('coredns_proxy_healthcheck_failures_total', 'Probes of upstream servers that failed', rows),
    {
      name: 'coredns_proxy_request_duration_seconds',
      help: 'Time until upstream servers answered',
      type: 'histogram',
      samples: times.flatMap(({ server: to, rcode, bounds, counts: each, sum }) =>
        samples({ bounds, counts: each, sum }, { ...of(to), rcode: RCODES[rcode] ?? String(rcode) }),
      ),
    },
  ]
}

/** Of the watches of an API server, which tells something each minute. */
export function watchFamily(ages: readonly (readonly [kind: string, seconds: number])[]): MetricFamily {
  const rows = ages.map(([kind, seconds]): Row<number> => [{ kind }, seconds])
  return gauge('portolan_dns_watch_age_seconds', 'Seconds since the API server has told something of the kind', rows)
}
