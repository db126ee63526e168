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

function updateNamespaces(base: Zone, next: Snapshot['objects'], touched: Set<string>): Zone['namespaces'] {
  const visible = base.config.namespaceVisible ?? (() => true)
  let { namespaces } = base
  for (const { key, after } of base.source.Namespace.changes(next.Namespace)) {
    const before = namespaces
    namespaces = after !== undefined && visible(after) ? namespaces.set(key, true) : namespaces.delete(key)
    if (namespaces === before) continue
    for (const [service] of next.Service.withPrefix(`${key}/`)) touched.add(service)
  }
  return namespaces
}

function updateSlices(base: Zone, next: Snapshot['objects'], touched: Set<string>): Zone['slices'] {
  const visible = base.config.objectVisible ?? (() => true)
  let { slices } = base
  for (const { before, after } of base.source.EndpointSlice.changes(next.EndpointSlice)) {
    const oldOwner = before && serviceKeyOf(before)
    const newOwner = after && serviceKeyOf(after)
    if (before !== undefined && oldOwner !== undefined) {
      slices = slices.delete(`${oldOwner}/${before.metadata.name}`)
      touched.add(oldOwner)
    }
    if (after !== undefined && newOwner !== undefined) {
      if (visible(after)) slices = slices.set(`${newOwner}/${after.metadata.name}`, after)
      touched.add(newOwner)
    }
  }
  return slices
}

function updateServices(
  zone: Zone,
  next: Snapshot['objects'],
  touched: ReadonlySet<string>,
): Pick<Zone, 'services' | 'pointers'> {
  const visible = zone.config.objectVisible ?? (() => true)
  let { services, pointers } = zone
  for (const key of touched) {
    const service = next.Service.get(key)
    const shown = service !== undefined && zone.namespaces.has(service.metadata.namespace ?? '') && visible(service)
    const slices = [...zone.slices.withPrefix(`${key}/`)].map(([, slice]) => slice)
    const after = shown ? serviceRecords(service, slices, zone.config) : undefined
    pointers = movePointers(pointers, key, services.get(key), after)
    services = after === undefined ? services.delete(key) : services.set(key, after)
  }
  return { services, pointers }
}

function pointersByKey(key: string, records: ServiceRecords | undefined): ReadonlyMap<string, readonly string[]> {
  const byKey = new Map<string, string[]>()
  for (const { address, of, front } of records?.pointers ?? []) {
    const place = `${address}/${of === 'clusterIP' ? 'c' : 'e'}/${key}`
    const fronts = byKey.get(place)
    if (fronts === undefined) byKey.set(place, [front])
    else if (!fronts.includes(front)) fronts.push(front)
  }
  return byKey
}

function movePointers(
  pointers: Zone['pointers'],
  key: string,
  before: ServiceRecords | undefined,
  after: ServiceRecords | undefined,
): Zone['pointers'] {
  const next = pointersByKey(key, after)
  let moved = pointers
  for (const place of pointersByKey(key, before).keys()) if (!next.has(place)) moved = moved.delete(place)
  for (const [place, fronts] of next) {
    const old = moved.get(place)
    if (old?.length !== fronts.length || !fronts.every((front, i) => front === old[i])) moved = moved.set(place, fronts)
  }
  return moved
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
  let { pods } = base
  for (const { before, after } of base.source.Pod.changes(next.Pod)) {
    const oldKey = podKey(before, base)
    const newKey = podKey(after, base)
    if (oldKey === newKey) continue
    if (oldKey !== undefined) pods = pods.delete(oldKey)
    if (newKey !== undefined) pods = pods.set(newKey, true)
  }
  return pods
}
