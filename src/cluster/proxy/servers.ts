/** The two ports of a node's proxy, as kube-proxy has them: health for load balancers, metrics for the machine itself. */
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import { isIP } from 'node:net'
import type { Node } from '../../api/core.ts'
import { listenOn } from '../../host/listen.ts'
import { inNamespace, type NetworkNamespace } from '../../host/namespaces.ts'
import { type MetricFamily, PROMETHEUS_CONTENT_TYPE, renderMetrics } from '../../lib/prometheus.ts'
import { createHealthRecords } from './health-records.ts'
import type { ProxyHealth } from './health.ts'
import type { ProxyMetrics, withoutLocalEndpoints } from './metrics.ts'

/** The proxy of a node, as its ports show it. */
export interface ServedProxy {
  readonly health: ProxyHealth
  readonly metrics: ProxyMetrics
  /** The Node as the API server has it. */
  node(): Node | undefined
  withoutLocal(): ReturnType<typeof withoutLocalEndpoints>
}

export interface ListenAddress {
  readonly host: string
  readonly port: number
}

/** `127.0.0.1:10249`, `[::1]:10249`, `:10249`; undefined where it is no address. */
export function parseListenAddress(text: string): ListenAddress | undefined {
  const [, bracketed, plain = '', port = ''] = /^(?:\[([^\]]*)\]|([^:]*)):(\d{1,5})$/.exec(text) ?? []
  const host = bracketed ?? (plain === '' ? '0.0.0.0' : plain)
  return isIP(host) > 0 && Number(port) <= 65_535 && port !== '' ? { host, port: Number(port) } : undefined
}

export function healthListener(proxy: ServedProxy): RequestListener {
  return (request, response) => {
    const { pathname: path } = urlOf(request)
    if (path !== '/healthz' && path !== '/livez') {
      response.writeHead(404).end()
      return
    }
    const isHealthz = path === '/healthz'
    const { status, body } = isHealthz ? proxy.health.healthz(proxy.node()) : proxy.health.livez()
    proxy.metrics.answered(isHealthz ? 'healthz' : 'livez', status)
    response.writeHead(status, { 'content-type': 'application/json', 'x-content-type-options': 'nosniff' }).end(body)
  }
}

/** `config`: what the program was told, for /configz. `further`: metrics besides the proxy's own. */
export function metricsListener(
  proxy: ServedProxy,
  config: object,
  further: () => readonly MetricFamily[] = () => [],
): RequestListener {
  const records = createHealthRecords()
  return (request, response) => {
    const { pathname, searchParams } = urlOf(request)
    const metrics = (families: readonly MetricFamily[]): void =>
      void response.writeHead(200, { 'content-type': PROMETHEUS_CONTENT_TYPE }).end(renderMetrics(families))
    const say = (text: string): void => void response.writeHead(200, PLAIN_TEXT).end(text)
    switch (pathname) {
      case '/metrics':
        return metrics([...proxy.metrics.families(proxy.withoutLocal()), ...further()])
      case '/metrics/slis':
        if (request.method !== 'DELETE') return metrics(records.families())
        records.reset()
        return say('metrics reset\n')
      case '/healthz':
        // Whoever answers at all is well, as with kube-proxy: how the rules are is said on the other port.
        records.observe('ping', 'healthz', 'success')
        return say(searchParams.has('verbose') ? '[+]ping ok\nhealthz check passed\n' : 'ok')
      case '/healthz/ping':
        return say('ok')
      case '/proxyMode':
        return say('nftables')
      case '/configz':
        response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(config))
        return
      default:
        response.writeHead(404).end()
    }
  }
}

const PLAIN_TEXT = { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' }

/** Rejects where the port cannot be had. 0.0.0.0 is every address of both families, as kube-proxy takes it. */
export async function listen({ host, port }: ListenAddress, listener: RequestListener): Promise<Server> {
  if (host !== '0.0.0.0') return listenAt({ host, port }, listener)
  try {
    return await listenAt({ host: '::', port }, listener)
  } catch (error) {
    if (!hasNoIPv6(error)) throw error
    return listenAt({ host, port }, listener)
  }
}

function hasNoIPv6(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'EAFNOSUPPORT' || error.code === 'EADDRNOTAVAIL')
}

async function listenAt(address: ListenAddress, listener: RequestListener): Promise<Server> {
  const server = createServer(listener)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(address, () => {
      server.off('error', reject)
      resolve()
    })
  })
  server.on('clientError', (_error, socket) => socket.destroy())
  return server
}

/** In a namespace: the server, or the name of the error. */
export function listenIn(
  namespace: NetworkNamespace | undefined,
  { host, port }: ListenAddress,
  listener: RequestListener,
): Server | string {
  const opened = inNamespace(namespace, () => listenOn({ protocol: 'TCP', address: host, port }))
  if ('error' in opened) return opened.error
  const server = createServer(listener)
  server.on('clientError', (_error, socket) => socket.destroy())
  return server.listen({ fd: opened.fd })
}

function urlOf({ url = '/' }: IncomingMessage): URL {
  const base = 'http://proxy'
  return URL.canParse(url, base) ? new URL(url, base) : new URL(base)
}
