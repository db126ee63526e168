/** Where a DNS server tells how it is: /metrics, and CoreDNS' /health and /ready. */
import type { RequestListener, Server, ServerResponse } from 'node:http'
import { PROMETHEUS_CONTENT_TYPE, renderMetrics, type MetricFamily } from '../../lib/prometheus.ts'
import { MONITOR_PORTS, type MonitorPath } from './ports.ts'
import { listen, type ListenAddress } from '../proxy/servers.ts'

export { parseListenAddress } from '../proxy/servers.ts'

export interface DnsMonitorOptions {
  readonly families: () => Promise<readonly MetricFamily[]> | readonly MetricFamily[]
  /** Whether every watch has what it watches. */
  readonly synced: () => boolean
  /** Whether it is about to end. */
  readonly leaving?: () => boolean
}

const TEXT = { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' }

const PATHS: readonly MonitorPath[] = ['/metrics', '/health', '/ready']

function listener(
  { families, synced, leaving = () => false }: DnsMonitorOptions,
  paths: readonly MonitorPath[],
): RequestListener {
  const answers: Readonly<Record<MonitorPath, (response: ServerResponse) => Promise<void> | void>> = {
    '/metrics': async (response) => {
      const text = renderMetrics(await families())
      response.writeHead(200, { 'content-type': PROMETHEUS_CONTENT_TYPE }).end(text)
    },
    '/health': (response) => void response.writeHead(200, TEXT).end('OK'),
    '/ready': (response) => {
      const waitsFor = leaving() ? 'lameduck' : synced() ? undefined : 'kubernetes'
      response.writeHead(waitsFor === undefined ? 200 : 503, TEXT).end(waitsFor ?? 'OK')
    },
  }
  return (request, response) => {
    const [asked] = (request.url ?? '/').split('?')
    const path = paths.find((each) => each === asked)
    if (path === undefined) response.writeHead(404).end()
    else void answers[path](response)
  }
}

/** All paths at one port. Rejects where it cannot be had. */
export function startDnsMonitor(address: ListenAddress, options: DnsMonitorOptions): Promise<Server> {
  return listen(address, listener(options, PATHS))
}

/** Each path at its port of CoreDNS. */
export async function startDnsMonitors(hosts: readonly string[], options: DnsMonitorOptions): Promise<void> {
  await Promise.all(
    hosts.flatMap((host) =>
      PATHS.map((path) => listen({ host, port: MONITOR_PORTS[path] }, listener(options, [path]))),
    ),
  )
}
