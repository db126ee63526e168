/** Which endpoints of a Service port a node uses for which traffic. */
import type { Endpoint, ServicePortInfo } from './resolve-services.ts'

export interface CategorizedEndpoints {
  /** For policy Cluster, and for local clients of policy Local. */
  readonly cluster: readonly Endpoint[]
  /** For policy Local; empty also where no Local policy applies. */
  readonly local: readonly Endpoint[]
  /** Whether any node has one: without any a connection is refused, without a local one it is dropped. */
  readonly hasAny: boolean
}

const NONE: readonly never[] = []

type Info = Pick<
  ServicePortInfo,
  'internalTrafficPolicy' | 'externalTrafficPolicy' | 'nodePort' | 'loadBalancerVIPs' | 'externalIPs' | 'endpoints'
>

/** As kube-proxy's CategorizeEndpoints. `nodeZone`: the node's topology.kubernetes.io/zone, undefined where it has none. */
export function categorizeEndpoints(info: Info, nodeName: string, nodeZone: string | undefined): CategorizedEndpoints {
  const external = isExternallyReachable(info)
  const useCluster = info.internalTrafficPolicy === 'Cluster' || external
  const useLocal = info.internalTrafficPolicy === 'Local' || (info.externalTrafficPolicy === 'Local' && external)
  return {
    cluster: useCluster ? clusterEndpoints(info.endpoints, nodeName, nodeZone) : NONE,
    local: useLocal ? usable(info.endpoints.filter((endpoint) => endpoint.nodeName === nodeName)) : NONE,
    hasAny: info.endpoints.some((endpoint) => endpoint.ready || isFallback(endpoint)),
  }
}

/** Whether anything but the ClusterIP leads to the Service. */
export function isExternallyReachable(info: Pick<Info, 'nodePort' | 'loadBalancerVIPs' | 'externalIPs'>): boolean {
  return info.nodePort !== 0 || info.loadBalancerVIPs.length > 0 || info.externalIPs.length > 0
}

/** Ready ones; where none is ready, those that still serve while they end. */
function usable(endpoints: readonly Endpoint[]): readonly Endpoint[] {
  const ready = endpoints.filter((endpoint) => endpoint.ready)
  return ready.length > 0 ? ready : endpoints.filter(isFallback)
}

function isFallback(endpoint: Endpoint): boolean {
  return endpoint.serving && endpoint.terminating
}

/** Topology is by hints, and only those of ready endpoints count. */
function clusterEndpoints(all: readonly Endpoint[], node: string, zone: string | undefined): readonly Endpoint[] {
  const ready = all.every((endpoint) => endpoint.ready) ? all : all.filter((endpoint) => endpoint.ready)
  if (ready.length === 0) return all.filter(isFallback)
  if (ready.some((endpoint) => endpoint.hints === undefined)) return ready
  return (
    hintedFor(ready, (endpoint) => endpoint.hints?.nodes ?? [], node) ??
    hintedFor(ready, (endpoint) => endpoint.hints?.zones ?? [], zone) ??
    ready
  )
}

/** Those hinted for `place`; undefined where one has no hint, or none is for it. */
function hintedFor(
  ready: readonly Endpoint[],
  hints: (endpoint: Endpoint) => readonly string[],
  place: string | undefined,
): readonly Endpoint[] | undefined {
  if (place === undefined || place === '' || ready.some((endpoint) => hints(endpoint).length === 0)) return undefined
  const chosen = ready.filter((endpoint) => hints(endpoint).includes(place))
  return chosen.length > 0 ? chosen : undefined
}
