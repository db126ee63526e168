/** What the service proxy serves: one record for each Service port and IP family. */
import { type Algorithm, algorithmOf } from '../api/algorithm.ts'
import type { IPFamily, ObjectReference, Protocol, Service, ServicePort, TrafficPolicy } from '../api/core.ts'
import type { EndpointSlice, SliceEndpoint } from '../api/discovery.ts'
import { OrderedMap } from '../lib/ordered-map.ts'
import { parseIP, parseIPv4 } from '../lib/ip.ts'
import { cleanCIDR, cleanIP } from './clean-address.ts'
import { endpointSlicesOf, HEADLESS_LABEL, isHeadless, serviceFamilies, serviceKeyOf } from './endpoints.ts'
import { isEqual } from './equal.ts'
import { incremental } from './incremental.ts'
import { get, objectKey, type Snapshot } from './snapshot.ts'

/** A Service with this label, whatever its value, is somebody else's to serve. */
export const SERVICE_PROXY_NAME_LABEL: string = 'service.kubernetes.io/service-proxy-name'
/** Seconds; the API's default. */
const DEFAULT_AFFINITY_TIMEOUT = 10_800

export interface ServicePortName {
  readonly namespace: string
  readonly name: string
  /** The port's name; empty for a single unnamed port. */
  readonly port: string
  readonly protocol: Protocol
}

export interface Endpoint {
  readonly ip: string
  readonly port: number
  /** Absent for addresses that are on no known node. */
  readonly nodeName?: string
  /** Ready and not terminating; always true where the Service publishes addresses that are not ready. */
  readonly ready: boolean
  readonly serving: boolean
  readonly terminating: boolean
  readonly zone?: string
  readonly hints?: EndpointHints
  readonly targetRef?: ObjectReference
}

/** The zones and nodes whose clients should use the endpoint. */
export interface EndpointHints {
  readonly zones: readonly string[]
  readonly nodes: readonly string[]
}

/** Open connections as one node counts them. */
export interface ConnectionLoad {
  /** By protocol number, address and port of the endpoint (`6/10.244.1.2:8080`); absent for 0. */
  readonly open: ReadonlyMap<string, number>
  /** How many new ones are expected until it is counted again. */
  readonly arriving: number
}

export interface ServicePortInfo {
  readonly name: ServicePortName
  readonly family: IPFamily
  readonly clusterIP: string
  readonly port: number
  /** 0 where there is none. */
  readonly nodePort: number
  /** Addresses of the load balancer that the node itself answers. */
  readonly loadBalancerVIPs: readonly string[]
  /** Addresses that must reach the real load balancer: no rules for them. */
  readonly loadBalancerProxyIPs: readonly string[]
  readonly externalIPs: readonly string[]
  /** Who may use loadBalancerVIPs, as ranges of this family; empty for everybody. */
  readonly sourceRanges: readonly string[]
  /** Seconds; undefined without session affinity. */
  readonly sessionAffinityTimeout: number | undefined
  readonly externalTrafficPolicy: TrafficPolicy
  readonly internalTrafficPolicy: TrafficPolicy
  /** 0 where there is none. */
  readonly healthCheckNodePort: number
  readonly algorithm: Algorithm | undefined
  /** What least-connections goes by; absent where nobody counts. */
  readonly load?: ConnectionLoad
  /** RFC 3339; of two Services that claim one address and port the older one wins. */
  readonly creationTimestamp: string | undefined
  /** In order of address and port, each address and port once. */
  readonly endpoints: readonly Endpoint[]
}

/** All Services, in order of namespace, name, port, family. */
export function resolveServices(snapshot: Snapshot): readonly ServicePortInfo[] {
  return [...resolvedServices(snapshot).values()].flat()
}

/**
 * The same by Service key, for those who follow changes: what a change of the snapshot left as it was is the same value
 * (===), so `before.changes(after)` are the Services to do anew. Costs what changed, not what is there.
 */
export const resolvedServices: (snapshot: Snapshot) => OrderedMap<readonly ServicePortInfo[]> = incremental(
  ['Service', 'EndpointSlice'],
  OrderedMap.empty<readonly ServicePortInfo[]>(),
  (previous, changes, snapshot) => {
    const keys = new Set<string>()
    for (const object of changes.flatMap(({ before, after }) => [before, after])) {
      const key = object?.kind === 'EndpointSlice' ? serviceKeyOf(object) : object && objectKey(object)
      if (key !== undefined) keys.add(key)
    }
    if (previous.size === 0) return OrderedMap.from(resolveAll(snapshot, keys))
    let all = previous
    for (const key of keys) {
      const infos = reuse(all.get(key) ?? [], resolveService(snapshot, key))
      all = infos.length === 0 ? all.delete(key) : all.set(key, infos)
    }
    return all
  },
)

function resolveAll(snapshot: Snapshot, keys: Iterable<string>): (readonly [string, readonly ServicePortInfo[]])[] {
  const all: (readonly [string, readonly ServicePortInfo[]])[] = []
  for (const key of keys) {
    const infos = resolveService(snapshot, key)
    if (infos.length > 0) all.push([key, infos])
  }
  return all
}

/** The records of one Service, the ports in their order, the primary family first; empty where nothing is to be served. */
export function resolveService(snapshot: Snapshot, serviceKey: string): readonly ServicePortInfo[] {
  const service = get(snapshot, 'Service', serviceKey)
  if (service === undefined || !isProxied(service)) return []
  const slices = endpointSlicesOf(snapshot, serviceKey).filter((slice) => !hasLabel(slice, HEADLESS_LABEL))
  const families = clusterIPsByFamily(service)
  return (service.spec.ports ?? []).flatMap((port) =>
    families.map(([family, clusterIP]) => resolvePort(service, port, family, clusterIP, slices)),
  )
}

/** Services with one of these labels are nobody's here, and whoever calls one headless has it so, ClusterIP or not. */
const NOT_OURS = [SERVICE_PROXY_NAME_LABEL, HEADLESS_LABEL]

function isProxied(service: Service): boolean {
  const isOurs = NOT_OURS.every((label) => !hasLabel(service, label))
  return service.spec.type !== 'ExternalName' && !isHeadless(service) && isOurs
}

function hasLabel(object: Service | EndpointSlice, label: string): boolean {
  return Object.hasOwn(object.metadata.labels ?? {}, label)
}

function clusterIPsByFamily(service: Service): readonly (readonly [IPFamily, string])[] {
  const { clusterIP = '', clusterIPs = [] } = service.spec
  const addresses = (clusterIPs.length > 0 ? clusterIPs : [clusterIP]).flatMap((ip) => cleanIP(ip) ?? [])
  return serviceFamilies(service).flatMap((family) => {
    const address = addresses.find((ip) => ip.family === family)
    return address === undefined ? [] : [[family, address.text] as const]
  })
}

function resolvePort(
  service: Service,
  port: ServicePort,
  family: IPFamily,
  clusterIP: string,
  slices: readonly EndpointSlice[],
): ServicePortInfo {
  const { spec, metadata } = service
  const name = {
    namespace: metadata.namespace ?? '',
    name: metadata.name,
    port: port.name ?? '',
    protocol: port.protocol ?? 'TCP',
  }
  const ingress = (service.status?.loadBalancer?.ingress ?? NONE).filter(({ ip }) => ip !== undefined)
  const [proxied, direct] = [ingress.filter(isProxyMode), ingress.filter((entry) => !isProxyMode(entry))]
  const isLocalBalancer = spec.type === 'LoadBalancer' && spec.externalTrafficPolicy === 'Local'
  return {
    name,
    family,
    clusterIP,
    port: port.port,
    nodePort: port.nodePort ?? 0,
    loadBalancerVIPs: addressesOf(
      direct.map(({ ip = '' }) => ip),
      family,
    ),
    loadBalancerProxyIPs: addressesOf(
      proxied.map(({ ip = '' }) => ip),
      family,
    ),
    externalIPs: addressesOf(spec.externalIPs ?? NONE, family),
    sourceRanges: sourceRanges(spec.loadBalancerSourceRanges ?? NONE, family),
    sessionAffinityTimeout:
      spec.sessionAffinity === 'ClientIP'
        ? (spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? DEFAULT_AFFINITY_TIMEOUT)
        : undefined,
    externalTrafficPolicy: spec.externalTrafficPolicy ?? 'Cluster',
    internalTrafficPolicy: spec.internalTrafficPolicy ?? 'Cluster',
    healthCheckNodePort: isLocalBalancer ? (spec.healthCheckNodePort ?? 0) : 0,
    algorithm: algorithmOf(metadata.annotations),
    creationTimestamp: metadata.creationTimestamp,
    endpoints: resolveEndpoints(slices, family, name),
  }
}

function isProxyMode(entry: { readonly ipMode?: string }): boolean {
  return entry.ipMode === 'Proxy'
}

/** Most Services have none of what there is a list for: they share this one. */
const NONE: readonly never[] = []

function addressesOf(texts: readonly string[], family: IPFamily): readonly string[] {
  if (texts.length === 0) return NONE
  return unique(texts.flatMap((text) => cleanIP(text) ?? []).flatMap((ip) => (ip.family === family ? [ip.text] : [])))
}

/** A range of length 0 lets everybody in, as no range does. */
function sourceRanges(texts: readonly string[], family: IPFamily): readonly string[] {
  if (texts.length === 0) return NONE
  const ranges = texts.flatMap((text) => cleanCIDR(text) ?? [])
  if (ranges.some(({ prefixLength }) => prefixLength === 0)) return []
  return unique(ranges.flatMap((range) => (range.family === family ? [range.text] : [])))
}

function unique(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)]
}

function resolveEndpoints(
  slices: readonly EndpointSlice[],
  family: IPFamily,
  name: ServicePortName,
): readonly Endpoint[] {
  const places: Place[] = []
  const endpoints: Endpoint[] = []
  for (const slice of slices) {
    if (slice.addressType !== family) continue
    const port = (slice.ports ?? []).find((p) => p.name === name.port && (p.protocol ?? 'TCP') === name.protocol)?.port
    if (port === undefined || port === 0) continue
    for (const entry of slice.endpoints) {
      const address = entry.addresses[0] ?? ''
      const value = parseIPv4(address)
      const ip = value === undefined ? cleanIP(address)?.text : address
      if (ip === undefined) continue
      places.push(value === undefined ? placeOf(ip, port) : value * PORTS + port)
      endpoints.push(toEndpoint(entry, ip, port))
    }
  }
  return inOrder(places, endpoints)
}

/** Address and port as one number, which is their order too. */
type Place = number | bigint

/** Each place once: an address is given to the next Pod while the last one's entry is still terminating. */
function inOrder(places: readonly Place[], endpoints: readonly Endpoint[]): readonly Endpoint[] {
  if (places.every((place, i) => i === 0 || (places[i - 1] ?? 0) < place)) return endpoints
  const byPlace = new Map<Place, Endpoint>()
  places.forEach((place, i) => {
    const endpoint = endpoints[i]
    if (endpoint !== undefined && byPlace.get(place)?.terminating !== false) byPlace.set(place, endpoint)
  })
  return [...byPlace].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, endpoint]) => endpoint)
}

const PORTS = 65_536

function placeOf(ip: string, port: number): Place {
  const v4 = parseIPv4(ip)
  return v4 === undefined ? (parseIP(ip)?.value ?? 0n) * BigInt(PORTS) + BigInt(port) : v4 * PORTS + port
}

function toEndpoint(entry: SliceEndpoint, ip: string, port: number): Endpoint {
  const { conditions, nodeName, zone, hints, targetRef } = entry
  const endpoint: { -readonly [K in keyof Endpoint]: Endpoint[K] } = {
    ip,
    port,
    ready: conditions?.ready ?? true,
    serving: conditions?.serving ?? true,
    terminating: conditions?.terminating ?? false,
  }
  if (nodeName !== undefined) endpoint.nodeName = nodeName
  if (zone !== undefined) endpoint.zone = zone
  if (hints !== undefined) endpoint.hints = toHints(hints)
  if (targetRef !== undefined) endpoint.targetRef = targetRef
  return endpoint
}

function toHints({ forZones = [], forNodes = [] }: NonNullable<SliceEndpoint['hints']>): EndpointHints {
  return { zones: forZones.map(({ name }) => name), nodes: forNodes.map(({ name }) => name) }
}

/** `next`, with the old value for all that did not change. */
function reuse(previous: readonly ServicePortInfo[], next: readonly ServicePortInfo[]): readonly ServicePortInfo[] {
  const merged = next.map((info, i) => (isEqual(info, previous[i]) ? (previous[i] ?? info) : info))
  return merged.length === previous.length && merged.every((info, i) => info === previous[i]) ? previous : merged
}
