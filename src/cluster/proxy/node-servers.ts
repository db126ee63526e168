/** What kube-proxy serves on each node: its health, and its metrics on the node itself alone. */
import type { NetworkNamespace } from '../../host/namespaces.ts'
import { hostAndPort } from '../../lib/ip.ts'
import { resolvedServices } from '../../model/resolve-services.ts'
import { emptySnapshot, get, type Snapshot } from '../../model/snapshot.ts'
import type { NodePlan, Topology } from '../topology.ts'
import { countChanges } from './change-metrics.ts'
import { createProxyHealth } from './health.ts'
import { createProxyMetrics, withoutLocalEndpoints } from './metrics.ts'
import { PRIMARY } from './node-contexts.ts'
import { type LaterWork, workOf } from './node-work.ts'
import { healthListener, listenIn, metricsListener, type ListenAddress, type ServedProxy } from './servers.ts'

export interface NodeServersOptions {
  readonly topology: Topology
  readonly nodes: ReadonlyMap<string, NetworkNamespace>
  readonly works: ReadonlyMap<string, LaterWork>
  readonly snapshot: () => Snapshot
  readonly onError: (error: unknown) => void
}

export interface NodeServers {
  /** After the rules were written. */
  sync(snapshot: Snapshot): void
  isHealthy(node: string): boolean
}

const HEALTH_PORT = 10_256
const METRICS_PORT = 10_249

export function openNodeServers(options: NodeServersOptions): NodeServers {
  const served = new Map(options.topology.nodes.map((node) => [node.name, serveNode(node, options)]))
  return {
    sync: (snapshot) => served.forEach(({ sync }) => sync(snapshot)),
    isHealthy: (node) => served.get(node)?.proxy.health.isHealthy() ?? true,
  }
}

interface ServedNode {
  readonly proxy: ServedProxy
  sync(snapshot: Snapshot): void
}

function serveNode({ name, families: plans }: NodePlan, options: NodeServersOptions): ServedNode {
  const { nodes, works, snapshot, topology, onError } = options
  const [health, metrics] = [createProxyHealth(), createProxyMetrics()]
  const changes = countChanges(metrics, health, emptySnapshot(), Date.now())
  works.get(name)?.follow(workOf(health, metrics))
  const proxy: ServedProxy = {
    health,
    metrics,
    node: () => get(snapshot(), 'Node', name),
    withoutLocal: () => withoutLocalEndpoints(resolvedServices(snapshot()).values(), name),
  }
  const config = { node: name, detectLocal: { mode: 'NodeCIDR' }, masqueradeAll: false, nodePortAddresses: [PRIMARY] }
  const { health: healthAddress, metrics: metricsAddress } = addressesOf(topology)
  for (const [address, listener] of [
    [healthAddress, healthListener(proxy)],
    [metricsAddress, metricsListener(proxy, { ...config, mode: 'nftables' })],
  ] as const) {
    const server = listenIn(nodes.get(name), address, listener)
    if (typeof server !== 'string') server.on('error', onError)
    else onError(new Error(`${name}: ${hostAndPort(address.host, address.port)} cannot be opened: ${server}`))
  }
  const families = plans.map(({ family }) => family)
  return {
    proxy,
    sync(next) {
      changes.before(next, families)
      changes.after(families)
    },
  }
}

/** As kube-proxy's defaults for the primary family; `::` is IPv4 as well. */
function addressesOf({ family, families }: Topology): Readonly<Record<'health' | 'metrics', ListenAddress>> {
  const hasIPv6 = families.some((one) => one.family === 'IPv6')
  return {
    health: { host: hasIPv6 ? '::' : '0.0.0.0', port: HEALTH_PORT },
    metrics: { host: family === 'IPv6' ? '::1' : '127.0.0.1', port: METRICS_PORT },
  }
}
