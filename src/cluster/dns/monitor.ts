/** The port on which a DNS server tells how it is: /metrics, and CoreDNS' /health and /ready. */
import type { RequestListener, Server } from 'node:http'
import { PROMETHEUS_CONTENT_TYPE, renderMetrics, type MetricFamily } from '../../lib/prometheus.ts'
import { listen, type ListenAddress } from '../proxy/servers.ts'

export { parseListenAddress } from '../proxy/servers.ts'

export interface DnsMonitorOptions {
  readonly families: () => readonly MetricFamily[]
  /** Whether every watch has what it watches. */
  readonly synced: () => boolean
}

const TEXT = { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' }

function listener({ families, synced }: DnsMonitorOptions): RequestListener {
  return (request, response) => {
    switch ((request.url ?? '/').split('?')[0]) {
      case '/metrics':
        response.writeHead(200, { 'content-type': PROMETHEUS_CONTENT_TYPE }).end(renderMetrics(families()))
        return
      case '/health':
        response.writeHead(200, TEXT).end('OK')
        return
      case '/ready':
        response.writeHead(synced() ? 200 : 503, TEXT).end(synced() ? 'OK' : 'kubernetes')
        return
      default:
        response.writeHead(404).end()
    }
  }
}

/** Rejects where the port cannot be had. */
export function startDnsMonitor(address: ListenAddress, options: DnsMonitorOptions): Promise<Server> {
  return listen(address, listener(options))
}
