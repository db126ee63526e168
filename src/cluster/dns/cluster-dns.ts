import type { Service } from '../../api/core.ts'
import { SERVICE_NAME_LABEL, type EndpointSlice } from '../../api/discovery.ts'
import { parseIP } from '../../lib/ip.ts'
import { compileZone } from '../../dns/zone.ts'
import { zoneConfig } from '../../dns/zone-config.ts'
import type { ClusterConfig } from '../../model/cluster-config.ts'
import { emptySnapshot, type Snapshot } from '../../model/snapshot.ts'
import type { MetricFamily } from '../../lib/prometheus.ts'
import { createForwarder } from './forwarder.ts'
import { createDnsMetrics, forwardFamilies } from './metrics.ts'
import { startDnsServer } from './server.ts'
import { zoneOfSource } from './source.ts'
import type { Upstream } from './upstream.ts'
import { nameServers, type Topology } from '../topology.ts'

const DNS_PORT = 53
/** As CoreDNS calls a server on all addresses. */
const SERVER = { server: `dns://:${DNS_PORT}` }
const NAME = 'kube-dns'
const NAMESPACE = 'kube-system'

/** The Service by which Pods reach cluster DNS, and its one endpoint in each IP family: the fabric. */
export function dnsObjects(topology: Topology): readonly (Service | EndpointSlice)[] {
  const ports = (['UDP', 'TCP'] as const).map((protocol) => ({
    name: protocol === 'UDP' ? 'dns' : 'dns-tcp',
    protocol,
    port: DNS_PORT,
  }))
  return [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: NAME, namespace: NAMESPACE, labels: { 'k8s-app': NAME } },
      spec: {
        clusterIP: topology.dnsServiceIP,
        clusterIPs: nameServers(topology),
        ipFamilyPolicy: 'PreferDualStack',
        ports,
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
        ports,
      }),
    ),
  ]
}

export interface ClusterDnsOptions {
  readonly topology: Topology
  readonly config: ClusterConfig
  readonly snapshot: () => Snapshot
  readonly upstream: Pick<Upstream, 'query'>
  /** Whether the server walks the search path for the Pod that asks. */
  readonly searchPath: boolean
  readonly onError: (error: unknown) => void
}

/**
 * Two servers on the fabric in each IP family: the nodes' gateway answers for the cluster; the outside's gateway, as for anybody outside,
 * knows none of its names and only asks upstream. Gives what the first counts.
 */
export async function startClusterDns(options: ClusterDnsOptions): Promise<() => readonly MetricFamily[]> {
  const serverAddresses = nameServers(options.topology).flatMap((address) => parseIP(address) ?? [])
  const config = zoneConfig(options.config, { serverAddresses, ...(options.searchPath ? { autopath: [] } : {}) })
  const { onError, topology } = options
  const upstream = createForwarder({ upstream: options.upstream, onError })
  const inside = zoneOfSource({ snapshot: options.snapshot, synced: () => true }, config)
  const outsideZone = compileZone(emptySnapshot(), zoneConfig(options.config))
  const metrics = createDnsMetrics()
  const observer = { metrics }
  const listen = (address: string): { address: string; port: number } => ({ address, port: DNS_PORT })
  await Promise.all(
    topology.families.flatMap(({ gateway, outsideGateway }) => [
      startDnsServer({ listen: listen(gateway), zone: inside, upstream, onError, observer }),
      startDnsServer({ listen: listen(outsideGateway), zone: () => outsideZone, upstream, onError }),
    ]),
  )
  return () => [...metrics.families(SERVER), ...forwardFamilies(upstream.counts, upstream.sizes(), SERVER)]
}
