import type { Pod, Namespace, Service } from '../api/core.ts'
import type { EndpointSlice } from '../api/discovery.ts'
import type { CIDR, IP } from '../lib/ip.ts'
import type { ClusterConfig } from '../model/cluster-config.ts'

export interface ZoneConfig {
  /** Lower case, no dot at the end. */
  readonly clusterDomain: string
  /** Seconds, of records and of denials. */
  readonly ttl: number
  /** `a-b-c-d.<namespace>.pod.Z`: for no address, for any, or for addresses of live Pods. */
  readonly podRecords: 'disabled' | 'insecure' | 'verified'
  /** Endpoints without hostname are called by their Pod's name rather than by their address. */
  readonly endpointPodNames: boolean
  /** ClusterIP Services without ready endpoints do not exist. */
  readonly ignoreEmptyService: boolean
  /** Reverse names in these are ours: what we do not know does not exist. Others are asked upstream. */
  readonly reverseCIDRs: readonly CIDR[]
  /** Where the server is reached. NS records and `ns.dns.Z` come from these. */
  readonly serverAddresses: readonly IP[]
  /** False while watches are still filling: then nothing is denied, the answer is SERVFAIL instead. */
  readonly synced: boolean
  /** Walks the search path for the Pod that asks, and then these further domains (no dot at the end). */
  readonly autopath?: readonly string[]
  /** What is not visible has no names. Both default to everything. */
  readonly namespaceVisible?: (namespace: Namespace) => boolean
  readonly objectVisible?: (object: Service | EndpointSlice | Pod) => boolean
}

/** The zone of a network: its own ranges are its reverse zones. `options` win. */
export function zoneConfig(
  cluster: Pick<
    ClusterConfig,
    'clusterDomain' | 'nodeCIDRs' | 'podCIDRs' | 'serviceCIDRs' | 'loadBalancerCIDRs' | 'outsideCIDRs'
  >,
  options: Partial<Omit<ZoneConfig, 'clusterDomain'>> = {},
): ZoneConfig {
  return {
    clusterDomain: cluster.clusterDomain.toLowerCase().replace(/\.$/, ''),
    ttl: 5,
    podRecords: 'verified',
    endpointPodNames: false,
    ignoreEmptyService: false,
    reverseCIDRs: [
      ...cluster.podCIDRs,
      ...cluster.serviceCIDRs,
      ...cluster.nodeCIDRs,
      ...cluster.loadBalancerCIDRs,
      ...cluster.outsideCIDRs,
    ],
    serverAddresses: [],
    synced: true,
    ...options,
  }
}
