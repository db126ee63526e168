import type { Pod } from '../api/core.ts'
import type { EndpointSlice } from '../api/discovery.ts'
import { parseIP } from '../lib/ip.ts'
import { OrderedMap } from '../lib/ordered-map.ts'
import { emptySnapshot, type Snapshot } from '../model/snapshot.ts'
import { addressKey } from './reverse.ts'
import { serviceKeyOf, serviceRecords, type ServiceRecords } from './service-records.ts'
import type { ZoneConfig } from './zone-config.ts'

/** A snapshot, arranged for questions. Immutable; the next one shares all that did not change. */
export interface Zone {
  readonly config: ZoneConfig
  /** The cluster domain in lower case with a dot at the end. */
  readonly origin: string
  /** The resourceVersion at which something changed that DNS shows. */
  readonly serial: number
  /** Visible namespaces. */
  readonly namespaces: OrderedMap<true>
  /** By `namespace/name`. */
  readonly services: OrderedMap<ServiceRecords>
  /** By `namespace/service/slice`. */
  readonly slices: OrderedMap<EndpointSlice>
  /** Endpoint names by `address/kind/namespace/service`, where kind is `c` for ClusterIPs and `e` for endpoints. */
  readonly pointers: OrderedMap<readonly string[]>
  /** By `address/namespace/name`. */
  readonly pods: OrderedMap<true>
  readonly source: Snapshot['objects']
}

function emptyZone(config: ZoneConfig): Zone {
  return {
    config,
    origin: `${config.clusterDomain}.`,
    serial: 1,
    namespaces: OrderedMap.empty(),
    services: OrderedMap.empty(),
    slices: OrderedMap.empty(),
    pointers: OrderedMap.empty(),
    pods: OrderedMap.empty(),
    source: emptySnapshot().objects,
  }
}

/**
 * The zone of a snapshot. With the zone that came before, and the same config object, only what changed between the two
 * snapshots is computed again: a Service with its slices is the unit.
 */
export function compileZone(snapshot: Snapshot, config: ZoneConfig, previous?: Zone): Zone {
  const base = previous?.config === config ? previous : emptyZone(config)
  const next = snapshot.objects
  const touched = new Set<string>()
  const namespaces = updateNamespaces(base, next, touched)
  const slices = updateSlices(base, next, touched)
  for (const { key } of base.source.Service.changes(next.Service)) touched.add(key)
  const pods = updatePods(base, next)
  const { services, pointers } = updateServices({ ...base, namespaces, slices }, next, touched)
  const changed = touched.size > 0 || namespaces !== base.namespaces || pods !== base.pods
  const serial = changed ? snapshot.resourceVersion % 2 ** 32 : base.serial
  return { ...base, serial, namespaces, services, slices, pointers, pods, source: next }
}

/** Values by key; undefined takes the key away. */
type Edits<V> = Map<string, V | undefined>

/** The first time all at once: one by one would make a thousand maps of a thousand entries. */
function edited<V>(map: OrderedMap<V>, edits: Edits<V>): OrderedMap<V> {
  if (map.size === 0) {
    return OrderedMap.from([...edits].flatMap(([key, value]) => (value === undefined ? [] : [[key, value] as const])))
  }
  let next = map
  for (const [key, value] of edits) next = value === undefined ? next.delete(key) : next.set(key, value)
  return next
}

function updateNamespaces(base: Zone, next: Snapshot['objects'], touched: Set<string>): Zone['namespaces'] {
  const visible = base.config.namespaceVisible ?? (() => true)
  const edits: Edits<true> = new Map()
  for (const { key, after } of base.source.Namespace.changes(next.Namespace)) {
    const shown = after !== undefined && visible(after)
    if (shown === base.namespaces.has(key)) continue
    edits.set(key, shown ? true : undefined)
    for (const [service] of next.Service.withPrefix(`${key}/`)) touched.add(service)
  }
  return edits.size === 0 ? base.namespaces : edited(base.namespaces, edits)
}

function updateSlices(base: Zone, next: Snapshot['objects'], touched: Set<string>): Zone['slices'] {
  const visible = base.config.objectVisible ?? (() => true)
  const edits: Edits<EndpointSlice> = new Map()
  for (const { before, after } of base.source.EndpointSlice.changes(next.EndpointSlice)) {
    const oldOwner = before && serviceKeyOf(before)
    const newOwner = after && serviceKeyOf(after)
    if (before !== undefined && oldOwner !== undefined) {
      edits.set(`${oldOwner}/${before.metadata.name}`, undefined)
      touched.add(oldOwner)
    }
    if (after !== undefined && newOwner !== undefined) {
      if (visible(after)) edits.set(`${newOwner}/${after.metadata.name}`, after)
      touched.add(newOwner)
    }
  }
  return edited(base.slices, edits)
}

function updateServices(
  zone: Zone,
  next: Snapshot['objects'],
  touched: ReadonlySet<string>,
): Pick<Zone, 'services' | 'pointers'> {
  const visible = zone.config.objectVisible ?? (() => true)
  const services: Edits<ServiceRecords> = new Map()
  const pointers: Edits<readonly string[]> = new Map()
  for (const key of touched) {
    const service = next.Service.get(key)
    const shown = service !== undefined && zone.namespaces.has(service.metadata.namespace ?? '') && visible(service)
    const slices = [...zone.slices.withPrefix(`${key}/`)].map(([, slice]) => slice)
    const after = shown ? serviceRecords(service, slices, zone.config) : undefined
    movePointers(pointers, zone.pointers, key, zone.services.get(key), after)
    services.set(key, after)
  }
  return { services: edited(zone.services, services), pointers: edited(zone.pointers, pointers) }
}

function pointersByKey(key: string, records: ServiceRecords | undefined): ReadonlyMap<string, readonly string[]> {
  const byKey = new Map<string, string[]>()
  for (const { address, of, front } of records?.pointers() ?? []) {
    const place = `${address}/${of === 'clusterIP' ? 'c' : 'e'}/${key}`
    const fronts = byKey.get(place)
    if (fronts === undefined) byKey.set(place, [front])
    else if (!fronts.includes(front)) fronts.push(front)
  }
  return byKey
}

/** A place belongs to one Service: what another one does to its own does not meet it. */
function movePointers(
  edits: Edits<readonly string[]>,
  current: Zone['pointers'],
  key: string,
  before: ServiceRecords | undefined,
  after: ServiceRecords | undefined,
): void {
  const next = pointersByKey(key, after)
  for (const place of pointersByKey(key, before).keys()) if (!next.has(place)) edits.set(place, undefined)
  for (const [place, fronts] of next) {
    const old = current.get(place)
    if (old?.length !== fronts.length || !fronts.every((front, i) => front === old[i])) edits.set(place, fronts)
  }
}

/** Only the first address of a Pod has a name, as in CoreDNS. */
function podKey(pod: Pod | undefined, zone: Zone): string | undefined {
  const { phase, podIP = '' } = pod?.status ?? {}
  const ip = parseIP(podIP)
  if (pod === undefined || ip === undefined || pod.metadata.deletionTimestamp !== undefined) return undefined
  if (phase === 'Succeeded' || phase === 'Failed' || phase === 'Unknown') return undefined
  if (zone.config.objectVisible?.(pod) === false) return undefined
  return `${addressKey(ip)}/${pod.metadata.namespace ?? ''}/${pod.metadata.name}`
}

function updatePods(base: Zone, next: Snapshot['objects']): Zone['pods'] {
  if (base.config.podRecords !== 'verified' && base.config.autopath === undefined) return base.pods
  const edits: Edits<true> = new Map()
  for (const { before, after } of base.source.Pod.changes(next.Pod)) {
    const oldKey = podKey(before, base)
    const newKey = podKey(after, base)
    if (oldKey === newKey) continue
    if (oldKey !== undefined) edits.set(oldKey, undefined)
    if (newKey !== undefined) edits.set(newKey, true)
  }
  return edits.size === 0 ? base.pods : edited(base.pods, edits)
}
