/** EndpointSlices for Endpoints objects that somebody wrote by hand, for a Service without selector. */
import type { EndpointAddress, Endpoints, EndpointSubset, IPFamily } from '../api/core.ts'
import type { SliceEndpoint } from '../api/discovery.ts'
import type { AnyObject } from '../api/kinds.ts'
import type { Change } from '../model/change.ts'
import { addressFamily, endpointSlicesOf, MANAGED_BY_LABEL, serviceKeyOf } from '../model/endpoints.ts'
import { hasSelector } from '../model/selectors.ts'
import { get, objectKey, type Snapshot } from '../model/snapshot.ts'
import type { Controller } from './controller.ts'
import { deletionOf } from './helpers/changes.ts'
import { packSlices, portsKey, type SliceGroup } from './helpers/pack-slices.ts'
import { managedSlices, sliceChanges } from './helpers/slice-changes.ts'

const MANAGED_BY = 'endpointslicemirroring-controller.k8s.io'
const SKIP_LABEL = 'endpointslice.kubernetes.io/skip-mirror'
const LEADER_ANNOTATION = 'control-plane.alpha.kubernetes.io/leader'
const MAX_ADDRESSES = 1000
const FAMILIES: readonly IPFamily[] = ['IPv4', 'IPv6']
const NOT_COPIED: ReadonlySet<string> = new Set([
  'endpoints.kubernetes.io/last-change-trigger-time',
  'kubectl.kubernetes.io/last-applied-configuration',
])

export const endpointSliceMirroringController: Controller = {
  name: 'endpoint-slice-mirroring',
  watches: ['Service', 'Endpoints', 'EndpointSlice'],
  keys,
  reconcile: reconcileMirroredSlices,
}

function keys(object: AnyObject): readonly string[] {
  if (object.kind === 'Service' || object.kind === 'Endpoints') return [objectKey(object)]
  if (object.kind !== 'EndpointSlice' || object.metadata.labels?.[MANAGED_BY_LABEL] !== MANAGED_BY) return []
  const key = serviceKeyOf(object)
  return key === undefined ? [] : [key]
}

/** `key`: of the Endpoints object, which is that of its Service. */
export function reconcileMirroredSlices(snapshot: Snapshot, key: string): readonly Change[] {
  const endpoints = get(snapshot, 'Endpoints', key)
  if (endpoints === undefined) return []
  const { own, foreign } = managedSlices(endpointSlicesOf(snapshot, key), MANAGED_BY, endpoints)
  if (!isMirrored(snapshot, endpoints)) return [...own, ...foreign].map(deletionOf)
  const packing = packSlices(own, mirroredGroups(endpoints), MAX_ADDRESSES)
  const annotations = Object.entries(endpoints.metadata.annotations ?? {}).filter(([name]) => !NOT_COPIED.has(name))
  const common = {
    owner: endpoints,
    serviceName: endpoints.metadata.name,
    managedBy: MANAGED_BY,
    labels: endpoints.metadata.labels ?? {},
    ...(annotations.length === 0 ? {} : { annotations: Object.fromEntries(annotations) }),
  }
  return [...foreign.map(deletionOf), ...sliceChanges(snapshot, packing, common)]
}

function isMirrored(snapshot: Snapshot, endpoints: Endpoints): boolean {
  const service = get(snapshot, 'Service', objectKey(endpoints))
  const { labels = {}, annotations = {} } = endpoints.metadata
  return (
    service !== undefined &&
    !hasSelector(service) &&
    labels[SKIP_LABEL] !== 'true' &&
    !Object.hasOwn(annotations, LEADER_ANNOTATION)
  )
}

/** One group for each family and set of ports. */
function mirroredGroups(endpoints: Endpoints): readonly SliceGroup[] {
  const groups = new Map<string, SliceGroup>()
  for (const subset of endpoints.subsets ?? []) {
    for (const addressType of FAMILIES) {
      const found = subsetEndpoints(subset, addressType)
      if (found.length === 0) continue
      const ports = slicePorts(subset)
      const key = `${addressType} ${portsKey(ports)}`
      const before = groups.get(key)?.endpoints ?? []
      groups.set(key, { addressType, ports, endpoints: [...before, ...found] })
    }
  }
  return [...groups.values()]
}

function subsetEndpoints(subset: EndpointSubset, family: IPFamily): readonly SliceEndpoint[] {
  const of = (addresses: readonly EndpointAddress[], ready: boolean): readonly SliceEndpoint[] =>
    addresses.filter(({ ip }) => addressFamily(ip) === family).map((address) => toSliceEndpoint(address, ready))
  return [...of(subset.addresses ?? [], true), ...of(subset.notReadyAddresses ?? [], false)].slice(0, MAX_ADDRESSES)
}

function toSliceEndpoint({ ip, ...others }: EndpointAddress, ready: boolean): SliceEndpoint {
  return { addresses: [ip], conditions: { ready }, ...others }
}

function slicePorts(subset: EndpointSubset): SliceGroup['ports'] {
  return (subset.ports ?? []).map((port) => ({ ...port, name: port.name ?? '', protocol: port.protocol ?? 'TCP' }))
}
