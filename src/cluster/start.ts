import { randomUUID } from 'node:crypto'
import type { MetricFamily } from '../lib/prometheus.ts'
import { trafficMetrics } from '../proxy/traffic-metrics.ts'
import { CONTROLLERS } from '../controllers/index.ts'
import { ROOT_CA, rootAuthority } from '../controllers/service-accounts.ts'
import { createRuleWatcher } from '../host/rule-watch.ts'
import { systemClock } from '../host/clock.ts'
import type { ServiceAccountTokens } from '../apiserver/http/tokens/service-account-tokens.ts'
import { connectFrom } from '../host/connect-from.ts'
import { createFabric, type Fabric } from '../host/fabric.ts'
import type { NetworkNamespace } from '../host/namespaces.ts'
import { createKubelet, type Kubelet } from '../kubelet/kubelet.ts'
import { createLogTimes, type LogTimes } from '../kubelet/log-times.ts'
import { createProber } from '../kubelet/probe/prober.ts'
import { createContainerRuntime } from '../kubelet/runtimes.ts'
import type { StandInRuntime } from '../kubelet/stand-in-process.ts'
import { claimsFolder, createClaimFolders } from '../kubelet/volumes/claim-folders.ts'
import { formatCIDR } from '../lib/ip.ts'
import { parseClusterConfig, type ClusterConfig } from '../model/cluster-config.ts'
import type { Kind } from '../api/kinds.ts'
import { objectKey, type Snapshot } from '../model/snapshot.ts'
import { deferred } from '../lib/deferred.ts'
import { createAccountTokens, podToken } from './account-tokens.ts'
import { PORT as API_PORT, startApiServer } from './api-server.ts'
import { createClients } from './pods/clients.ts'
import { startControlLoop, type Consumer, type ControlLoop } from './control-loop.ts'
import { startControlServer } from './control/server.ts'
import { startClusterDns, type ClusterDns } from './dns/cluster-dns.ts'
import type { FrontLink } from './front-link.ts'
import { createFlowCleaner } from './proxy/flow-cleaner.ts'
import { zoneConfig } from '../dns/zone-config.ts'
import { createHealthChecks } from './proxy/health-checks.ts'
import { createNodeReports, type NodeReports } from './proxy/node-reports.ts'
import { createHostPorts, type HostPorts } from './host-ports.ts'
import { createObjects, type Objects } from './objects.ts'
import type { ClusterOptions } from './options.ts'
import { ownObjects } from './own-objects.ts'
import { podsReady, podsSettled } from './pods/pods-ready.ts'
import { createPodEvents, type PodEvents } from './pods/events.ts'
import { createPodHostPorts } from './pods/host-ports.ts'
import { createPodNetwork, type PodNetwork, type PodNetworkOptions } from './pods/network.ts'
import { findProgram } from './pods/run-commands.ts'
import { BALANCER, createServiceProxy, type ServiceProxy } from './proxy/service-proxy.ts'
import { openNetworkState, type NetworkState } from './state/network-state.ts'
import { openServerDoor, type ServerDoor } from './server-door.ts'
import { createServerIdentity, type ServerIdentity } from './server-identity.ts'
import { networkStatus, type NetworkStatus } from './control/status.ts'
import { type FamilyTopology, planTopology, type Topology } from './topology.ts'

export interface Cluster {
  /** Ends every Pod gracefully. The namespaces end with the process. */
  stop(): Promise<void>
}

export interface ClusterSurroundings {
  readonly link: FrontLink
  readonly standIn: StandInRuntime
  /** Ends the network: what `down` asks for. */
  readonly stop: () => void
}

/** What is running, as the later steps of the start see it. */
interface Parts {
  readonly options: ClusterOptions
  readonly config: ClusterConfig
  readonly topology: Topology
  readonly fabric: Fabric
  readonly nodes: ReadonlyMap<string, NetworkNamespace>
  readonly objects: Objects
  readonly tokens: ServiceAccountTokens
  readonly identity: ServerIdentity
  readonly door: ServerDoor
  readonly podNetwork: PodNetwork
  readonly podEvents: PodEvents
  readonly logTimes: LogTimes
  readonly surroundings: ClusterSurroundings
}

/** Longest wait for Pods before the network is called ready without them, in milliseconds. */
const PATIENCE = 3000

/** Brings a network up: namespaces and wires, rules, names, then the objects, and last the host's ports. */
export async function startCluster(
  options: ClusterOptions,
  manifest: readonly unknown[],
  surroundings: ClusterSurroundings,
): Promise<Cluster> {
  const step = stepTimer(surroundings.link)
  const { config, topology } = plan(options)
  const { fabric, nodes } = makeFabric(topology)
  step('nodes')
  const state = await openNetworkState(options, topology, reportError)
  const objects = createObjects(config, state.objects)
  const tokens = createAccountTokens(state.file, config, objects.snapshot)
  const identity = createServerIdentity(state.file, topology, config)
  const door = await openServerDoor(topology.gateway, API_PORT)
  const base = { options, config, topology, fabric, nodes, objects, tokens, identity, door, surroundings }
  const parts: Parts = { ...base, ...makePodParts(base, state.formerAddresses) }
  const hostPorts = makeHostPorts(parts)
  const loops = startLoops(parts, hostPorts)
  const { kubelet, loop, serviceProxy, nodeReports } = loops
  for (const object of ownObjects(topology, config)) objects.create(object)
  objects.create(rootAuthority(ROOT_CA.namespace, { 'ca.crt': identity.authority }))
  const dns = await startClusterDns({
    topology,
    config,
    snapshot: objects.snapshot,
    watch: objects.store.watch,
    upstream: { query: surroundings.link.queryDns },
    upstreamCounts: surroundings.link.upstreamCounts,
    searchPath: options.dnsSearchPath === true,
    onError: (error) => reportError('cluster DNS', error),
  })
  step('rules and names')
  applyManifest(objects, manifest, state)
  await loop.settled()
  const refusal = serviceProxy.refusal()
  if (refusal !== undefined) throw new Error(`there are no rules on ${refusal}`)
  await hostPorts.opened()
  step('host ports')
  const status = (): NetworkStatus => networkStatus(options.name, objects.snapshot(), hostPorts.status())
  const kubeconfig = deferred<string>()
  await startControl(parts, loops, dns, hostPorts, status, kubeconfig.promise)
  await podsSettled(objects.store, PATIENCE)
  await loop.settled()
  step('Pods')
  surroundings.link.send({ kind: 'ready', status: status() })
  serviceProxy.beginCounting()
  nodeReports.open(objects.snapshot).catch((error: unknown) => reportError('service proxy', error))
  openApi(parts, loops, dns.families, state).then(kubeconfig.resolve, kubeconfig.reject)
  kubeconfig.promise.catch((error: unknown) => {
    door.close()
    reportError('API server', error)
  })
  dns.openMonitor().catch((error: unknown) => reportError('cluster DNS', error))
  // Who keeps a network's state may have kept its kubeconfig as well.
  const waitedFor = state.file === undefined ? [] : [kubeconfig.promise]
  void Promise.allSettled([podsReady(objects.store), ...waitedFor]).then(() =>
    surroundings.link.send({ kind: 'pods-ready' }),
  )
  return { stop: () => stopCluster(kubelet, state) }
}

/** Loaded when the network runs already, so that its start waits for nothing of it. The path of the kubeconfig. */
function openApi(
  parts: Parts,
  { kubelet, serviceProxy }: Loops,
  dnsMetrics: () => Promise<readonly MetricFamily[]>,
  { file, objects: kept }: NetworkState,
): Promise<string> {
  return startApiServer({
    ...parts,
    ...(file === undefined ? {} : { notes: file }),
    kept,
    kubelet,
    link: parts.surroundings.link,
    standIn: parts.surroundings.standIn,
    serviceNotices: serviceProxy.notices,
    metrics: async () => [...trafficMetrics(serviceProxy.traffic()), ...(await dnsMetrics())],
  })
}

/** Without any file a network with `--state` goes on as it was. */
function applyManifest(objects: Objects, manifest: readonly unknown[], { objects: { restored } }: NetworkState): void {
  if (restored !== undefined && manifest.length === 0) return
  const { problems } = objects.applyManifest(manifest)
  if (problems.length > 0) throw new Error(problems.map(({ object, message }) => `${object}: ${message}`).join('\n'))
}

function plan(options: ClusterOptions): { readonly config: ClusterConfig; readonly topology: Topology } {
  const config = parseClusterConfig(options.config)
  if (!('nodeCIDRs' in config)) throw new Error(config.join('; '))
  const topology = planTopology(config, options.nodes)
  if (typeof topology === 'string') throw new Error(topology)
  return { config, topology }
}

function makeFabric(topology: Topology): Pick<Parts, 'fabric' | 'nodes'> {
  const { families } = topology
  const fabric = createFabric({ families, balanced: topology.families.map(balancedRange) })
  const nodes = new Map(
    topology.nodes.map(({ name, families: own }) => {
      const addresses = own.map((family) => ({ ...family, podCIDR: formatCIDR(family.podCIDR) }))
      return [name, fabric.addNode({ name, families: addresses })]
    }),
  )
  return { fabric, nodes }
}

/** In IPv6 everything that is nowhere else: the balancer refuses what it does not serve. */
function balancedRange({ family, loadBalancerCIDR }: FamilyTopology): string {
  return family === 'IPv4' ? loadBalancerCIDR : '::/0'
}

type PodParts = 'podNetwork' | 'podEvents' | 'logTimes'

/** What the kubelet and the API server share about Pods. */
function makePodParts(
  { fabric, topology, config, nodes, options }: Omit<Parts, PodParts>,
  formerAddresses: PodNetworkOptions['formerAddresses'],
): Pick<Parts, PodParts> {
  const podEvents = createPodEvents()
  const podNetwork = createPodNetwork({
    fabric,
    topology,
    config,
    nodes,
    recordEvent: podEvents.record,
    directory: `${options.stateDirectory}/etc`,
    formerAddresses,
  })
  return { podNetwork, podEvents, logTimes: createLogTimes(systemClock.now) }
}

function makeHostPorts({ options, topology, surroundings }: Parts): HostPorts {
  return createHostPorts({
    nodes: topology.nodes.map(({ number, families }) => ({
      number,
      addresses: families.map(({ address }) => address),
    })),
    ...(options.listen === undefined ? {} : { address: options.listen }),
    sources: topology.families.map(({ outsideGateway }) => outsideGateway),
    channel: surroundings.link.channel,
    listen: surroundings.link.listen,
    onError: (error) => reportError('host ports', error),
  })
}

interface Loops {
  readonly kubelet: Kubelet
  readonly loop: ControlLoop
  readonly serviceProxy: ServiceProxy
  readonly nodeReports: NodeReports
}

/** Everything that follows the store, in the order in which a change passes: rules before ports, Pods last. */
function startLoops(parts: Parts, hostPorts: HostPorts): Loops {
  const { options, config, topology, nodes, objects } = parts
  const families = topology.families.map(({ family }) => family)
  const watcher = createRuleWatcher()
  let loop: ControlLoop | undefined
  const kubelet = makeKubelet(parts, () => loop?.settled() ?? Promise.resolve())
  const onError = (error: unknown): void => reportError('service proxy', error)
  const nodeReports = createNodeReports({ topology, nodes, onError })
  const serviceProxy = createServiceProxy(topology, nodes, watcher, onError, nodeReports.works)
  const consumers = [
    serviceProxy,
    nodeReports,
    createFlowCleaner(topology, nodes, (error) => reportError('UDP flows', error), {
      onCleaned: (node, ...cleaned) => nodeReports.works.get(node)?.cleaned(...cleaned),
    }),
    createHealthChecks(topology, nodes, {
      onError: (error) => reportError('health checks', error),
      onNotice: serviceProxy.notices.tell,
      isProxyHealthy: nodeReports.isHealthy,
    }),
    hostPorts,
    createPodHostPorts(nodes, families, watcher, (error) => reportError('hostPorts', error)),
    podConsumer(kubelet),
    { name: 'claims', ...createClaimFolders(claimsFolder(`${options.stateDirectory}/volumes`, claimsOf(options))) },
  ]
  loop = startControlLoop({
    store: objects.store,
    controllers: CONTROLLERS,
    consumers,
    config,
    clock: systemClock,
    apply: objects.applyChange,
    onRefused: (change, refused) => {
      if (change.verb === 'create' && change.object.kind === 'Pod') parts.podEvents.record(change.object, { refused })
    },
    onError: reportError,
  })
  return { kubelet, loop, serviceProxy, nodeReports }
}

/** Where claims outlive the network, if they do. */
function claimsOf({ state }: ClusterOptions): string | undefined {
  return state === undefined ? undefined : `${state}/claims`
}

function makeKubelet(parts: Parts, settled: () => Promise<void>): Kubelet {
  const { options, objects, nodes, podNetwork, podEvents, surroundings } = parts
  return createKubelet({
    clock: systemClock,
    runtime: createContainerRuntime({
      standIn: surroundings.standIn,
      workingDirectory: options.workingDirectory,
      environment: process.env,
      program: (pod, container) => findProgram(options.run, pod, container),
    }),
    logDirectory: `${options.stateDirectory}/pods`,
    logTimes: parts.logTimes,
    volumeFolders: {
      directory: `${options.stateDirectory}/volumes`,
      claims: claimsOf(options),
      version: () => randomUUID(),
    },
    snapshot: objects.snapshot,
    runPodSandbox: podNetwork.runPodSandbox,
    removePodSandbox: podNetwork.removePodSandbox,
    writeStatus: objects.writePodStatus,
    deletePod: objects.finalizePod,
    recordEvent: podEvents.record,
    serviceAccountToken: (pod, wish) => podToken(parts.tokens, objects.snapshot(), pod, wish),
    // From the Pod's node, as a kubelet does.
    prober: createProber(({ spec }) => (address, port) => {
      return connectFrom(nodes.get(spec.nodeName ?? ''), { address, port })
    }),
    endpointsRemoved: settled,
  })
}

/** What containers may wait for. */
const CONFIGURING: ReadonlySet<Kind> = new Set([
  'ConfigMap',
  'Secret',
  'Service',
  'ServiceAccount',
  'PersistentVolumeClaim',
])

function podConsumer(kubelet: Kubelet): Consumer {
  return {
    name: 'kubelet',
    sync(snapshot: Snapshot, events) {
      for (const { object } of events) {
        const key = objectKey(object)
        if (object.kind === 'Pod') kubelet.podChanged(key, snapshot.objects.Pod.get(key))
        else if (CONFIGURING.has(object.kind)) {
          kubelet.configChanged(object.metadata.namespace ?? '')
        }
      }
    },
  }
}

async function startControl(
  parts: Parts,
  { loop, serviceProxy }: Loops,
  dns: ClusterDns,
  hostPorts: HostPorts,
  status: () => NetworkStatus,
  kubeconfig: Promise<string>,
): Promise<void> {
  const { options, config, objects, surroundings } = parts
  const clients = createClients(parts)
  await startControlServer({
    path: `${options.stateDirectory}/control.sock`,
    status,
    apply: async (manifest: readonly unknown[]) => {
      const report = objects.applyManifest(manifest)
      await loop.settled()
      await hostPorts.opened()
      await podsSettled(objects.store, PATIENCE)
      await loop.settled()
      return report
    },
    podsReady: () => podsReady(objects.store),
    kubeconfig: () => kubeconfig,
    logDirectory: `${options.stateDirectory}/pods`,
    snapshot: objects.snapshot,
    tables: serviceProxy.tables,
    traffic: serviceProxy.traffic,
    clients,
    names: {
      clusterDomain: config.clusterDomain,
      ranges: zoneConfig(config).reverseCIDRs.map(formatCIDR),
      searchPath: options.dnsSearchPath === true,
    },
    trace: async (request) => {
      const { observe } = await import('./trace/network.ts')
      return observe({ ...parts, clients, table: serviceProxy.table, balancer: BALANCER }, request)
    },
    forwarding: surroundings.link.forwarding,
    askUpstream: (query) => surroundings.link.queryDns(query, false),
    followQueries: dns.followQueries,
    stop: surroundings.stop,
  })
}

/** That its Pods end is not what the next start should find. */
async function stopCluster(kubelet: Kubelet, { objects, file }: NetworkState): Promise<void> {
  objects.flush()
  file?.close()
  await kubelet.stop(Number.POSITIVE_INFINITY)
}

function stepTimer(link: FrontLink): (name: string) => void {
  let last = performance.now()
  return (name) => {
    const now = performance.now()
    link.send({ kind: 'step', name, milliseconds: now - last })
    last = now
  }
}

function reportError(where: string, error: unknown): void {
  console.error(`${where}: ${error instanceof Error ? error.message : String(error)}`)
}
