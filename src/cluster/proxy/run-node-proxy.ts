/** `portolan proxy`: from a kubeconfig to the rules of this namespace, for as long as the process lives. */
import { setFlagsFromString } from 'node:v8'
import { cpus } from 'node:os'
import { localAddresses, watchLocalAddresses } from '../../host/local-addresses.ts'
import { openNetlink } from '../../host/netlink.ts'
import { processMetrics } from '../../host/process-metrics.ts'
import { raiseSysctls } from '../../host/sysctl.ts'
import type { MetricFamily } from '../../lib/prometheus.ts'
import { resolvedServices } from '../../model/resolve-services.ts'
import { get } from '../../model/snapshot.ts'
import { diffTables } from '../../nft/diff.ts'
import { readBack } from '../../nft/read-back.ts'
import { renderOperations } from '../../nft/render.ts'
import { nftablesBackend } from '../../proxy/backends/nftables.ts'
import { type ApiClient, createApiClient } from '../../remote/api-client.ts'
import { createClientMetrics } from '../../remote/client-metrics.ts'
import type { ClusterView } from '../../remote/cluster-state.ts'
import { createEventWriter } from '../../remote/event-writer.ts'
import { readAccess, type AccessOptions } from '../../remote/server-access.ts'
import { proxySources } from '../../remote/source.ts'
import { watchCluster, type ClusterWatch } from '../../remote/watch-cluster.ts'
import { conntrackSysctls, type ConntrackSettings } from './conntrack-settings.ts'
import { explained, isShortage } from './kernel-errors.ts'
import { nodeContexts, type NodeSettings } from './node-contexts.ts'
import { createNodeProxy, type NodeProxy } from './node-proxy.ts'
import { openPorts, type OpenPorts } from './own-ports.ts'
import { healthListener, metricsListener, type ListenAddress } from './servers.ts'
import { removeTables } from './proxier.ts'
import { findRivals, type Rivals } from './rival-proxy.ts'

export { KubeconfigError } from '../../remote/kubeconfig.ts'

export interface RunProxyOptions extends NodeSettings {
  readonly access: AccessOptions
  /** Rules of another proxy make way, in the transaction in which ours come. */
  readonly takeOver: boolean
  readonly conntrack: ConntrackSettings
  /** Undefined: none. */
  readonly healthAddress: ListenAddress | undefined
  readonly metricsAddress: ListenAddress | undefined
  /** A health or metrics port that cannot be opened is an error. */
  readonly bindAddressHardFail: boolean
  readonly syncPeriod: number
  readonly onMessage: (message: string) => void
}

/** This namespace cannot be served, and what to do about it. */
export class ProxyRefusal extends Error {}

export interface RunningProxy {
  /** Rules stay: whoever starts next goes on with them. */
  stop(): void
}

/** Rejects with a KubeconfigError or a ProxyRefusal; a server that is away is waited for. */
export async function runNodeProxy(options: RunProxyOptions): Promise<RunningProxy> {
  const { node, onMessage } = options
  readAccess(options.access)
  const rivals = refuseRivals(options)
  const onError = (error: unknown): void => onMessage(error instanceof Error ? error.message : String(error))
  const proxy = createNodeProxy({ ...options, replaced: options.takeOver ? rivals.replaced : undefined, onError })
  const requests = createClientMetrics()
  const client = createApiClient(() => readAccess(options.access), requests.count)
  tellServices(options, proxy, client)
  const servers = await openServers(options, proxy, () => [...requests.families(), ...processMetrics()])
  let isServing = false
  let last: ClusterView | undefined
  const forgetAddresses = watchLocalAddresses(() => {
    if (last !== undefined) proxy.sync(last)
  })
  const watch = follow(options, client, (view) => {
    last = view
    proxy.sync(view)
    if (!isServing) {
      onMessage(`serving ${resolvedServices(view.snapshot).size} Services on ${node}`)
      if (proxy.node() === undefined) onMessage(missingNode(node))
      setConntrack(options)
    }
    // Only now: the first pass would take half as long again. From here on the heap stays close to what is in it.
    if (!isServing) setFlagsFromString('--optimize-for-size')
    isServing = true
  })
  return {
    stop() {
      watch.stop()
      forgetAddresses()
      servers.close()
    },
  }
}

/** Removes the tables that runs before this one have left, and no others. Throws a ProxyRefusal. */
export function removeRules(): void {
  try {
    removeTables('portolan')
  } catch (error) {
    throw unusable(error)
  }
}

/** What the first pass would change, as nft commands. Rejects where the API server does not answer within `patience` ms. */
export async function previewNodeProxy(options: RunProxyOptions, patience: number): Promise<string> {
  readAccess(options.access)
  const rivals = refuseRivals(options)
  const view = await firstView(options, patience)
  if (get(view.snapshot, 'Node', options.node) === undefined) options.onMessage(missingNode(options.node))
  const socket = openNetlink('netfilter')
  try {
    const services = resolvedServices(view.snapshot)
    return nodeContexts({ ...view, localAddresses: localAddresses() }, options)
      .map((context) => {
        const wanted = nftablesBackend.compile(services, context).table
        const found = readBack(wanted, socket.dump)
        const { before, after } = rivals.replaced[context.family === 'IPv4' ? 'ip' : 'ip6']
        const known = typeof found === 'string' ? [] : [found]
        return renderOperations(diffTables([...known, ...before], [wanted, ...after]))
      })
      .join('')
  } finally {
    socket.close()
  }
}

/** After the first rules are written: a kernel with modules knows these settings from then on. */
function setConntrack({ conntrack, onMessage }: RunProxyOptions): void {
  const refused = raiseSysctls(conntrackSysctls(conntrack, cpus().length))
  if (refused.length > 0) onMessage(`connection tracking is not set as it should be: ${refused.join(', ')}`)
}

function missingNode(node: string): string {
  return `the cluster has no Node ${JSON.stringify(node)}: until it has, no nodePort is served here; --node names this machine's`
}

function refuseRivals({ takeOver, onMessage }: RunProxyOptions): Rivals {
  const { found, obstacles, unknown, ...rest } = readRivals()
  for (const what of unknown) onMessage(`cannot look into ${what}`)
  if (obstacles.length > 0) throw new ProxyRefusal(obstacles.join('; '))
  if (found.length > 0 && !takeOver) {
    throw new ProxyRefusal(
      `another service proxy has its rules here (${found.join(', ')}): stop it, then start with --take-over`,
    )
  }
  return { found, obstacles, unknown, ...rest }
}

function readRivals(): Rivals {
  try {
    return findRivals()
  } catch (error) {
    throw unusable(error)
  }
}

function unusable(error: unknown): ProxyRefusal {
  const advice = isShortage(error) ? '' : ': run it as root, or with CAP_NET_ADMIN'
  return new ProxyRefusal(`nf_tables cannot be used (${explained(error)})${advice}`)
}

async function openServers(
  options: RunProxyOptions,
  proxy: NodeProxy,
  further: () => readonly MetricFamily[],
): Promise<OpenPorts> {
  const { healthAddress, metricsAddress, node, detectLocal, masqueradeAll, nodePortAddresses } = options
  const config = { node, detectLocal, masqueradeAll, nodePortAddresses, mode: 'nftables' }
  const wanted = [
    { address: healthAddress, option: '--healthz-bind-address', listener: healthListener(proxy) },
    { address: metricsAddress, option: '--metrics-bind-address', listener: metricsListener(proxy, config, further) },
  ]
  const ports = wanted.flatMap(({ address, ...rest }) => (address === undefined ? [] : [{ ...rest, address }]))
  try {
    return await openPorts(ports, { hardFail: options.bindAddressHardFail, onMessage: options.onMessage })
  } catch (error) {
    throw new ProxyRefusal(error instanceof Error ? error.message : String(error))
  }
}

/** Events of the Services, for whoever asks kubectl and not this log. */
function tellServices({ node, onMessage }: RunProxyOptions, proxy: NodeProxy, client: ApiClient): void {
  const events = createEventWriter({
    client,
    component: 'portolan-proxy',
    host: node,
    now: () => Date.now(),
    onProblem: (message) => onMessage(`Events cannot be written (${message}): what they would say is in this log`),
  })
  proxy.notices.follow(({ service: key, reason, message }) => {
    const service = proxy.snapshot().objects.Service.get(key)
    if (service !== undefined) events.warn(service, reason, message)
  })
}

function follow(
  { node, onMessage }: Pick<RunProxyOptions, 'node' | 'onMessage'>,
  client: ApiClient,
  onView: (view: ClusterView) => void,
): ClusterWatch {
  return watchCluster({ client, sources: proxySources(node), onView, onMessage })
}

async function firstView(options: RunProxyOptions, patience: number): Promise<ClusterView> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      watch.stop()
      reject(new ProxyRefusal(`the API server cannot be read: ${watch.problem() ?? 'no answer'}`))
    }, patience)
    const client = createApiClient(() => readAccess(options.access))
    const watch = follow({ ...options, onMessage: () => undefined }, client, (view) => {
      clearTimeout(timer)
      watch.stop()
      resolve(view)
    })
  })
}
