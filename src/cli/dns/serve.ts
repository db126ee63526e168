import { isIPv6 } from 'node:net'
import type { DnsSource } from '../../cluster/dns/source.ts'
import {
  createDnsMetrics,
  forwardFamilies,
  upstreamFamilies,
  watchFamily,
  type DnsMetrics,
} from '../../cluster/dns/metrics.ts'
import { startDnsMonitor, type DnsMonitorOptions } from '../../cluster/dns/monitor.ts'
import { openForwarding, type OpenForwarding } from '../../cluster/dns/forwarding.ts'
import { createDnsProgramming } from '../../cluster/dns/programming.ts'
import { createQueryFeed, type QueryFeed } from '../../cluster/dns/query-feed.ts'
import { startStandaloneDns, type StandaloneDns, type StandaloneDnsOptions } from '../../cluster/dns/standalone.ts'
import { processMetrics } from '../../host/process-metrics.ts'
import { queryText } from '../../explain/report/query.ts'
import type { Labels, MetricFamily } from '../../lib/prometheus.ts'
import { deferred } from '../../lib/deferred.ts'
import { MachineError, UsageError, type Context } from '../context.ts'
import { contents } from './object-files.ts'
import { forwardingOptions } from './forwarding-options.ts'
import {
  lameduckSeconds,
  listenAddresses,
  loggedPods,
  monitorAddress,
  requireOneSource,
  zoneOptions,
  type DnsCommandOptions,
} from './options.ts'

/**
 * Reads the options (a UsageError for what cannot be), and gives a function that serves what a source holds, wherever that
 * comes from, until a signal comes; its value is the exit code.
 */
export function prepareDns(options: DnsCommandOptions, context: Context): (source: DnsSource) => Promise<number> {
  requireOneSource(options)
  const config = zoneOptions(options)
  const listen = listenAddresses(options)
  const monitor = monitorAddress(options)
  const only = loggedPods(options)
  const { upstream, stubDomain, hosts } = options
  const forwarding = forwardingOptions({ prefix: '', upstream, stubDomain, hosts }, context)
  const tell = (words: string): void => void context.stderr.write(`portolan dns: ${words}\n`)
  const onError = (error: unknown): void => tell(wordsOf(error))
  const forwarded = openForwarding(forwarding, {
    onLoop: () => tell(LOOP),
    onServer: (place, answers) => tell(`${place} upstream ${answers ? 'answers again' : 'does not answer'}`),
    onError,
  })
  const metrics = monitor && createDnsMetrics()
  const lameduck = lameduckSeconds(options)
  return async (source) => {
    const end = awaitEnd(lameduck, tell)
    const queries = only && printedQueries(source, only, context, onError)
    const observed = { ...(metrics && { metrics }), ...(queries && { queries }) }
    const started = await start({ listen, source, config, upstream: forwarded.forwarder, onError, ...observed })
    const server = started.addresses.map(placeOf).join(',')
    const labels = { server: `dns://${server}` }
    const programming = monitor && createDnsProgramming(Date.now)
    if (programming !== undefined) source.follow?.(programming.served)
    const families = (): readonly MetricFamily[] => [
      ...familiesOf(metrics, forwarded, labels),
      ...(programming?.families() ?? []),
      ...(source.ages === undefined ? [] : [watchFamily(source.ages())]),
      ...processMetrics(),
    ]
    const closeMonitor = await openMonitor(monitor, { families, synced: source.synced, leaving: end.leaving }).catch(
      async (error: unknown) => {
        await started.close()
        throw error
      },
    )
    try {
      if (forwarding.servers.length > 0) forwarded.forwarder.probeLoop().catch(onError)
      const places = started.addresses.map(placeOf).join(', ')
      context.stderr.write(`${config.clusterDomain} at ${places}: ${contents(source.snapshot())}\n`)
      await end.ended
    } finally {
      forwarded.close()
      closeMonitor()
      await started.close()
    }
    return 0
  }
}

/** SIGTERM may leave time for those who still ask here; whatever signal comes then ends it at once. */
function awaitEnd(lameduck: number, tell: (words: string) => void) {
  const stopped = deferred<void>()
  let leaving = false
  process.once('SIGTERM', () => {
    if (lameduck === 0) return stopped.resolve()
    leaving = true
    tell(`still answers for ${lameduck} s`)
    setTimeout(stopped.resolve, lameduck * 1000).unref()
    process.once('SIGTERM', () => stopped.resolve())
  })
  for (const signal of ['SIGINT', 'SIGHUP'] as const) process.once(signal, () => stopped.resolve())
  return { ended: stopped.promise, leaving: () => leaving }
}

/** Each query is printed: those of these Pods, or everybody's where there are none. */
function printedQueries(
  { snapshot }: DnsSource,
  only: readonly string[],
  context: Context,
  onError: (error: unknown) => void,
): QueryFeed {
  const queries = createQueryFeed({ snapshot, now: Date.now, onError })
  queries.follow((query) => {
    const isWanted = only.length === 0 || (query.asker !== undefined && only.includes(query.asker))
    if (isWanted) context.stdout.write(`${queryText(query)}\n`)
  })
  return queries
}

function placeOf({ address, port }: { readonly address: string; readonly port: number }): string {
  return `${isIPv6(address) ? `[${address}]` : address}:${port}`
}

function familiesOf(
  metrics: DnsMetrics | undefined,
  { forwarder, counts }: OpenForwarding,
  labels: Labels,
): readonly MetricFamily[] {
  const forwarded = forwardFamilies(forwarder.counts, forwarder.sizes(), labels)
  return [...(metrics?.families(labels) ?? []), ...forwarded, ...upstreamFamilies(counts(), labels)]
}

/** Gives what closes it. Throws a UsageError for a port that cannot be had. */
async function openMonitor(
  address: ReturnType<typeof monitorAddress>,
  options: DnsMonitorOptions,
): Promise<() => void> {
  if (address === undefined) return () => undefined
  try {
    const server = await startDnsMonitor(address, options)
    return () => {
      server.close()
      server.closeAllConnections()
    }
  } catch (error) {
    throw new UsageError(`--monitor: ${wordsOf(error)}`)
  }
}

async function start(options: StandaloneDnsOptions): Promise<StandaloneDns> {
  try {
    return await startStandaloneDns(options)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    const why = WHY[String(code)]
    if (why === undefined) throw error
    throw code === 'EACCES'
      ? new MachineError(`${wordsOf(error)}: ${why}`)
      : new UsageError(`${wordsOf(error)}: ${why}`)
  }
}

const LOOP =
  "the upstream leads back to this server: names that are not the cluster's fail; say another with --upstream"

const WHY: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program listens there: say another port with --listen',
  EADDRNOTAVAIL: 'this is no address of this machine: say another with --listen',
  EACCES: 'ports below 1024 need more rights: say another port with --listen',
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
