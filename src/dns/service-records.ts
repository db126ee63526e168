import { SERVICE_NAME_LABEL, type EndpointSlice, type SliceEndpoint } from '../api/discovery.ts'
import type { Service } from '../api/core.ts'
import { formatIP, parseIP, type IP } from '../lib/ip.ts'
import { isLabel, isName } from './names.ts'
import { addressData, type AddressData } from './records.ts'
import { addressKey } from './reverse.ts'
import type { ZoneConfig } from './zone-config.ts'

/** `target` is what stands in front of the Service's name: empty for the Service itself. */
export interface ServiceSRV {
  readonly weight: number
  readonly port: number
  readonly target: string
}

export interface NameRecords {
  readonly a: readonly AddressData[]
  readonly aaaa: readonly AddressData[]
  readonly srv: readonly ServiceSRV[]
}

/**
 * All that one Service puts into the zone. Its names are made when the first of them is asked for: most Services of a large
 * cluster never are.
 */
export interface ServiceRecords {
  readonly headless: boolean
  /** Absolute; only where the Service is an ExternalName. It has no other records then. */
  readonly externalName?: string
  /** By what stands in front of the Service's name: empty, the name of an endpoint, or `port.protocol`. Lower case. */
  readonly names: ReadonlyMap<string, NameRecords>
  /** Protocols of named ports: `_tcp.<service>` exists because `_http._tcp.<service>` does. */
  readonly protocols: ReadonlySet<string>
  /** Made anew by each call. */
  pointers(): readonly Pointer[]
}

/** One address that points back to the Service. */
export interface Pointer {
  readonly address: string
  readonly of: 'clusterIP' | 'endpoint'
  /** The endpoint's name; empty for a ClusterIP. */
  readonly front: string
}

interface ReadyEndpoint {
  readonly name: string
  readonly ip: IP
  readonly slice: EndpointSlice
}

const NO_RECORDS: NameRecords = { a: [], aaaa: [], srv: [] }

/** The key of the Service that owns a slice, or undefined where it has none. */
export function serviceKeyOf(slice: EndpointSlice): string | undefined {
  const name = slice.metadata.labels?.[SERVICE_NAME_LABEL]
  return name === undefined ? undefined : `${slice.metadata.namespace ?? ''}/${name}`
}

/** Dots and colons become dashes; a label cannot end in a dash, so `fd00-1--` becomes `fd00-1--0`. */
export function dashedAddress(ip: IP): string {
  const text = formatIP(ip).replaceAll(/[.:]/g, '-')
  return text.endsWith('-') ? `${text}0` : text
}

function endpointName(endpoint: SliceEndpoint, ip: IP, config: ZoneConfig): string {
  const podName = endpoint.targetRef?.name
  if (endpoint.hostname !== undefined && endpoint.hostname !== '') return endpoint.hostname.toLowerCase()
  if (config.endpointPodNames && podName !== undefined && isLabel(podName)) return podName.toLowerCase()
  return dashedAddress(ip)
}

/** `conditions.ready` true or absent; `serving` and `terminating` are not looked at. */
function readyEndpoints(slices: readonly EndpointSlice[], config: ZoneConfig): readonly ReadyEndpoint[] {
  return slices.flatMap((slice) =>
    slice.endpoints
      .filter((endpoint) => endpoint.conditions?.ready !== false)
      .flatMap((endpoint) =>
        endpoint.addresses.flatMap((address) => {
          const ip = parseIP(address)
          return ip === undefined ? [] : [{ name: endpointName(endpoint, ip, config), ip, slice }]
        }),
      )
      .filter(({ name }) => isLabel(name)),
  )
}

/** Collects records by name, each once. */
interface Builder {
  readonly names: Map<string, { a: AddressData[]; aaaa: AddressData[]; srv: ServiceSRV[] }>
  readonly seen: Set<string>
}

function entry(builder: Builder, front: string): { a: AddressData[]; aaaa: AddressData[]; srv: ServiceSRV[] } {
  const found = builder.names.get(front)
  if (found !== undefined) return found
  const made = { a: [], aaaa: [], srv: [] }
  builder.names.set(front, made)
  return made
}

function once(builder: Builder, mark: string): boolean {
  const before = builder.seen.size
  return builder.seen.add(mark).size > before
}

function addAddress(builder: Builder, front: string, ip: IP): void {
  if (!once(builder, `${front} ${addressKey(ip)}`)) return
  entry(builder, front)[ip.family === 4 ? 'a' : 'aaaa'].push(addressData(ip))
}

function addSRV(builder: Builder, front: string, port: number, target: string): void {
  if (once(builder, `${front} ${port} ${target}`)) entry(builder, front).srv.push({ weight: 0, port, target })
}

interface Port {
  readonly name?: string
  readonly protocol?: string
  readonly port?: number
}

/** `http.tcp`, or undefined for a port without a name, which has no name in DNS either. */
function portFront(port: Port): string | undefined {
  return port.name === undefined || port.name === ''
    ? undefined
    : `${port.name}.${port.protocol ?? 'TCP'}`.toLowerCase()
}

function addEndpoint(builder: Builder, { name, ip, slice }: ReadyEndpoint, fronts: readonly string[]): void {
  for (const front of fronts) addAddress(builder, front, ip)
  for (const port of slice.ports ?? []) {
    if (port.port === undefined) continue
    for (const front of fronts) addSRV(builder, front, port.port, name)
  }
}

function addEndpointPorts(builder: Builder, { name, ip, slice }: ReadyEndpoint): void {
  for (const port of slice.ports ?? []) {
    const front = portFront(port)
    if (front === undefined || port.port === undefined) continue
    addAddress(builder, front, ip)
    addSRV(builder, front, port.port, name)
  }
}

function addClusterIPs(builder: Builder, service: Service, ips: readonly IP[]): void {
  const ports = service.spec.ports ?? []
  entry(builder, '')
  for (const ip of ips) addAddress(builder, '', ip)
  for (const port of ports) {
    addSRV(builder, '', port.port, '')
    const front = portFront(port)
    if (front === undefined) continue
    for (const ip of ips) addAddress(builder, front, ip)
    addSRV(builder, front, port.port, '')
  }
}

/** A share of 100 in whole numbers, at least 1. A ClusterIP Service counts each of its addresses. */
function withWeights(builder: Builder, addresses: number): ReadonlyMap<string, NameRecords> {
  const weighted = [...builder.names].map(([front, { a, aaaa, srv }]): [string, NameRecords] => {
    const shares = srv.length * (srv[0]?.target === '' ? addresses : 1)
    const weight = Math.max(1, Math.floor(100 / Math.max(1, shares)))
    return [front, { a, aaaa, srv: srv.map(({ port, target }) => ({ weight, port, target })) }]
  })
  return new Map(weighted)
}

function protocolsOf(names: ReadonlyMap<string, NameRecords>): ReadonlySet<string> {
  return new Set([...names.keys()].flatMap((front) => front.split('.')[1] ?? []))
}

function externalRecords(externalName: string): ServiceRecords {
  const absolute = externalName.endsWith('.') ? externalName : `${externalName}.`
  const usable = isName(absolute) && parseIP(externalName.replace(/\.$/, '')) === undefined
  return {
    headless: false,
    names: usable ? new Map([['', NO_RECORDS]]) : new Map(),
    protocols: new Set(),
    pointers: () => [],
    ...(usable ? { externalName: absolute } : {}),
  }
}

/** The ClusterIPs as addresses; none where they are still to be allocated. */
function clusterIPsOf(service: Service): readonly IP[] {
  const { clusterIP = '', clusterIPs = [clusterIP] } = service.spec
  return clusterIPs.flatMap((text) => parseIP(text) ?? [])
}

interface Sources {
  readonly service: Service
  readonly slices: readonly EndpointSlice[]
  readonly config: ZoneConfig
  readonly headless: boolean
}

function buildNames({ service, slices, config, headless }: Sources): Pick<ServiceRecords, 'names' | 'protocols'> {
  const ips = headless ? [] : clusterIPsOf(service)
  const endpoints = readyEndpoints(slices, config)
  const builder: Builder = { names: new Map(), seen: new Set() }
  if (!headless) addClusterIPs(builder, service, ips)
  for (const endpoint of endpoints) {
    addEndpoint(builder, endpoint, headless ? ['', endpoint.name] : [endpoint.name])
    if (headless) addEndpointPorts(builder, endpoint)
  }
  const hidden = config.ignoreEmptyService && !headless && endpoints.length === 0
  const names = hidden ? new Map<string, NameRecords>() : withWeights(builder, ips.length)
  return { names, protocols: protocolsOf(names) }
}

function pointersOf({ service, slices, config, headless }: Sources): readonly Pointer[] {
  const ips = headless ? [] : clusterIPsOf(service)
  return [
    ...ips.map((ip): Pointer => ({ address: addressKey(ip), of: 'clusterIP', front: '' })),
    ...readyEndpoints(slices, config).map(
      ({ ip, name }): Pointer => ({ address: addressKey(ip), of: 'endpoint', front: name }),
    ),
  ]
}

/** What `service` puts into the zone, given its slices. */
export function serviceRecords(service: Service, slices: readonly EndpointSlice[], config: ZoneConfig): ServiceRecords {
  if (service.spec.type === 'ExternalName') return externalRecords(service.spec.externalName ?? '')
  const headless = (service.spec.clusterIP ?? service.spec.clusterIPs?.[0]) === 'None'
  const sources: Sources = { service, slices, config, headless }
  let built: ReturnType<typeof buildNames> | undefined
  return {
    headless,
    get names() {
      built ??= buildNames(sources)
      return built.names
    },
    get protocols() {
      built ??= buildNames(sources)
      return built.protocols
    },
    pointers: () => pointersOf(sources),
  }
}
