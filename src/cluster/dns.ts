import type { Service } from '../api/core.ts'
import { SERVICE_NAME_LABEL, type EndpointSlice } from '../api/discovery.ts'
import { parseIP } from '../lib/ip.ts'
import { compileZone } from '../dns/zone.ts'
import { zoneConfig } from '../dns/zone-config.ts'
import type { ClusterConfig } from '../model/cluster-config.ts'
import { emptySnapshot, type Snapshot } from '../model/snapshot.ts'
import { createForwarder } from './dns-forwarder.ts'
import { startDnsServer } from './dns-server.ts'
import { zoneOfSource } from './dns-source.ts'
import type { Upstream } from './dns-upstream.ts'
import type { Topology } from './topology.ts'

const DNS_PORT = 53
const NAME = 'kube-dns'
const NAMESPACE = 'kube-system'

/** The Service by which Pods reach cluster DNS, and its one endpoint: the fabric. */
export function dnsObjects(topology: Topology): readonly [Service, EndpointSlice] {
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
      spec: { clusterIP: topology.dnsServiceIP, ports },
    },
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name: `${NAME}-fabric`, namespace: NAMESPACE, labels: { [SERVICE_NAME_LABEL]: NAME } },
      addressType: 'IPv4',
      endpoints: [{ addresses: [topology.gateway], conditions: { ready: true } }],
      ports,
    },
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
 * Two servers on the fabric: the nodes' gateway answers for the cluster; the outside's gateway, as for anybody outside,
 * knows none of its names and only asks upstream.
 */
export async function startClusterDns(options: ClusterDnsOptions): Promise<void> {
  const serviceIP = parseIP(options.topology.dnsServiceIP)
  const config = zoneConfig(options.config, {
    ...(serviceIP === undefined ? {} : { serverAddresses: [serviceIP] }),
    ...(options.searchPath ? { autopath: [] } : {}),
  })
  const { onError, topology } = options
  const upstream = createForwarder({ upstream: options.upstream, onError })
  const inside = zoneOfSource({ snapshot: options.snapshot, synced: () => true }, config)
  const outsideZone = compileZone(emptySnapshot(), zoneConfig(options.config))
  const listen = (address: string): { address: string; port: number } => ({ address, port: DNS_PORT })
  await Promise.all([
    startDnsServer({ listen: listen(topology.gateway), zone: inside, upstream, onError }),
    startDnsServer({ listen: listen(topology.outsideGateway), zone: () => outsideZone, upstream, onError }),
  ])
}
