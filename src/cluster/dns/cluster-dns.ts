import type { Service } from '../../api/core.ts'
import { SERVICE_NAME_LABEL, type EndpointSlice } from '../../api/discovery.ts'
import { parseIP } from '../../lib/ip.ts'
import { compileZone } from '../../dns/zone.ts'
import { zoneConfig } from '../../dns/zone-config.ts'
import type { ClusterConfig } from '../../model/cluster-config.ts'
import { followAddedRanges } from '../../model/service-ranges.ts'
import { emptySnapshot, type Snapshot } from '../../model/snapshot.ts'
import type { Store } from '../../store/store.ts'
import type { MetricFamily } from '../../lib/prometheus.ts'
import { createForwarder } from './forwarder.ts'
import type { UpstreamCounts } from './forwarding.ts'
import { createDnsMetrics, forwardFamilies, upstreamFamilies } from './metrics.ts'
import { DNS_PORT, MONITOR_PORTS } from './ports.ts'
import { createDnsProgramming } from './programming.ts'
import { createQueryFeed, type QueryFeed } from './query-feed.ts'
import { startDnsServer } from './server.ts'
import { zoneOfSource } from './source.ts'
import type { Upstream } from './upstream.ts'
import { nameServers, type Topology } from '../topology.ts'

const METRICS_PORT = MONITOR_PORTS['/metrics']
/** As CoreDNS calls a server on all addresses. */
const SERVER = { server: `dns://:${DNS_PORT}` }
const NAME = 'kube-dns'
const NAMESPACE = 'kube-system'

/** Prometheus' usual configuration finds its targets by these. */
const SCRAPED = { 'prometheus.io/port': String(METRICS_PORT), 'prometheus.io/scrape': 'true' }
const PORTS = [
  { name: 'dns', protocol: 'UDP', port: DNS_PORT },
  { name: 'dns-tcp', protocol: 'TCP', port: DNS_PORT },
  { name: 'metrics', protocol: 'TCP', port: METRICS_PORT },
] as const

/** The Service by which Pods reach cluster DNS, as kubeadm has it, and its one endpoint in each IP family: the fabric. */
export function dnsObjects(topology: Topology): readonly (Service | EndpointSlice)[] {
  return [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: NAME, namespace: NAMESPACE, labels: { 'k8s-app': NAME }, annotations: SCRAPED },
      spec: {
        clusterIP: topology.dnsServiceIP,
        clusterIPs: nameServers(topology),
        ipFamilyPolicy: 'PreferDualStack',
        ports: PORTS,
      },
    },
    ...topology.families.map(
      ({ family, gateway }): EndpointSlice => ({
        apiVersion: 'discovery.k8s.io/v1',
        kind: 'EndpointSlice',
        metadata: {
          name: `${NAME}-fabric${family === topology.family ? '' : '-2'}`,
          namespace: NAMESPACE,
          labels: { [SERVICE_NAME_LABEL]: NAME },
        },
        addressType: family,
        endpoints: [{ addresses: [gateway], conditions: { ready: true } }],
        ports: PORTS,
      }),
    ),
  ]
}

export interface ClusterDnsOptions {
  readonly topology: Topology
  readonly config: ClusterConfig
  readonly snapshot: () => Snapshot
  readonly watch: Store['watch']
  readonly upstream: Pick<Upstream, 'query'>
  /** Of the servers upstream; undefined where nobody is asked. */
  readonly upstreamCounts: () => Promise<UpstreamCounts | undefined>
  /** Whether the server walks the search path for the Pod that asks. */
  readonly searchPath: boolean
  readonly onError: (error: unknown) => void
}

export interface ClusterDns {
  /** What the server for the cluster counts. */
  families(): Promise<readonly MetricFamily[]>
  /** Shows each question for the cluster, and its answer, until the function that this gives is called. */
  readonly followQueries: QueryFeed['follow']
  /** Opens CoreDNS' ports for metrics, health and readiness where the cluster asks. Its code is loaded only then. */
  openMonitor(): Promise<void>
}

/**
 * Two servers on the fabric in each IP family: the nodes' gateway answers for the cluster; the outside's gateway, as for anybody outside,
 * knows none of its names and only asks upstream.
 */
export async function startClusterDns(options: ClusterDnsOptions): Promise<ClusterDns> {
  const serverAddresses = nameServers(options.topology).flatMap((address) => parseIP(address) ?? [])
  const config = zoneConfig(options.config, { serverAddresses, ...(options.searchPath ? { autopath: [] } : {}) })
  const { onError, topology } = options
  const upstream = createForwarder({ upstream: options.upstream, onError })
  const added = followAddedRanges(options.config)
  const inside = zoneOfSource({ snapshot: options.snapshot, synced: () => true }, config, ({ objects }) =>
    added(objects.ServiceCIDR),
  )
  const outsideZone = compileZone(emptySnapshot(), zoneConfig(options.config))
  const metrics = createDnsMetrics()
  const queries = createQueryFeed({ snapshot: options.snapshot, now: Date.now, onError })
  const observer = { metrics, queries }
  const listen = (address: string): { address: string; port: number } => ({ address, port: DNS_PORT })
  await Promise.all(
    topology.families.flatMap(({ gateway, outsideGateway }) => [
      startDnsServer({ listen: listen(gateway), zone: inside, upstream, onError, observer }),
      startDnsServer({ listen: listen(outsideGateway), zone: () => outsideZone, upstream, onError }),
    ]),
  )
  const programming = createDnsProgramming(Date.now)
  // Answers are made of the store: what is in it is served.
  options.watch(({ type, object }) => {
    if (object.kind === 'EndpointSlice' && type !== 'DELETED') programming.servedSlice(object, options.snapshot())
  })
  const families = async (): Promise<readonly MetricFamily[]> => [
    ...metrics.families(SERVER),
    ...programming.families(),
    ...forwardFamilies(upstream.counts, upstream.sizes(), SERVER),
    ...upstreamFamilies(await options.upstreamCounts(), SERVER),
  ]
  return {
    families,
    followQueries: queries.follow,
    async openMonitor() {
      const { startDnsMonitors } = await import('./monitor.ts')
      // The store has had all objects since before the first question.
      const hosts = topology.families.map(({ gateway }) => gateway)
      await startDnsMonitors(hosts, { families, synced: () => true })
    },
  }
}
