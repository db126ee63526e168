/** EndpointSlices of the Services that select Pods. */
import type { IPFamily, Node, Pod, Service } from '../api/core.ts'
import type { EndpointPort, SliceEndpoint } from '../api/discovery.ts'
import type { AnyObject } from '../api/kinds.ts'
import { FOREGROUND_DELETION } from '../api/meta.ts'
import type { Change } from '../model/change.ts'
import {
  endpointSlicesOf,
  HEADLESS_LABEL,
  isEndpoint,
  isHeadless,
  MANAGED_BY_LABEL,
  podAddress,
  podToEndpoint,
  serviceFamilies,
  serviceKeyOf,
} from '../model/endpoints.ts'
import { findPort } from '../model/find-port.ts'
import { hasSelector, selectPods, servicesSelecting } from '../model/selectors.ts'
import { get, objectKey, type Snapshot } from '../model/snapshot.ts'
import type { Controller } from './controller.ts'
import { deletionOf } from './helpers/changes.ts'
import { packSlices, portsKey, type SliceGroup } from './helpers/pack-slices.ts'
import { podsOnNode } from './helpers/pods-on-node.ts'
import { managedSlices, sliceChanges } from './helpers/slice-changes.ts'

const MANAGED_BY = 'endpointslice-controller.k8s.io'
const MAX_ENDPOINTS = 100

export const endpointSliceController: Controller = {
  name: 'endpoint-slices',
  watches: ['Service', 'Pod', 'EndpointSlice', 'Node'],
  keys,
  reconcile: (snapshot, key, _config, now) => reconcileEndpointSlices(snapshot, key, now),
}

function keys(object: AnyObject, snapshot: Snapshot): readonly string[] {
  switch (object.kind) {
    case 'Service':
      return [objectKey(object)]
    case 'Pod':
      return servicesSelecting(snapshot, object).map(objectKey)
    case 'EndpointSlice': {
      const key = object.metadata.labels?.[MANAGED_BY_LABEL] === MANAGED_BY ? serviceKeyOf(object) : undefined
      return key === undefined ? [] : [key]
    }
    case 'Node':
      return podsOnNode(snapshot, object.metadata.name).flatMap((pod) =>
        servicesSelecting(snapshot, pod).map(objectKey),
      )
    default:
      return []
  }
}

/** `key`: of a Service. The slices of a Service that is gone fall to the garbage collector. */
export function reconcileEndpointSlices(snapshot: Snapshot, key: string, now: number): readonly Change[] {
  const service = get(snapshot, 'Service', key)
  // A Service that waits for the end of its slices gets no new ones.
  if (service === undefined || service.metadata.finalizers?.includes(FOREGROUND_DELETION) === true) return []
  const { own, foreign } = managedSlices(endpointSlicesOf(snapshot, key), MANAGED_BY, service)
  if (!hasSelector(service)) return [...own, ...foreign].map(deletionOf)
  const packing = packSlices(own, sliceGroups(snapshot, service), MAX_ENDPOINTS)
  const labels = {
    ...service.metadata.labels,
    ...(isHeadless(service) ? { [HEADLESS_LABEL]: '' } : {}),
  }
  const common = { owner: service, serviceName: service.metadata.name, managedBy: MANAGED_BY, labels, changedAt: now }
  return [...foreign.map(deletionOf), ...sliceChanges(snapshot, packing, common)]
}

/** For every family at least one group: without endpoints an empty one, so that there always is a slice. */
function sliceGroups(snapshot: Snapshot, service: Service): readonly SliceGroup[] {
  const pods = selectPods(snapshot, service).filter(isEndpoint)
  return serviceFamilies(service).flatMap((family) => {
    const groups = familyGroups(snapshot, service, pods, family)
    return groups.length > 0 ? groups : [{ addressType: family, ports: [], endpoints: [] }]
  })
}

function familyGroups(
  snapshot: Snapshot,
  service: Service,
  pods: readonly Pod[],
  family: IPFamily,
): readonly SliceGroup[] {
  const groups = new Map<string, { ports: readonly EndpointPort[]; endpoints: SliceEndpoint[] }>()
  for (const pod of pods) {
    const address = podAddress(pod, family)
    const node = get(snapshot, 'Node', pod.spec.nodeName ?? '')
    if (address === undefined || (node === undefined && service.spec.publishNotReadyAddresses !== true)) continue
    const ports = podPorts(service, pod)
    const key = portsKey(ports)
    const group = groups.get(key) ?? { ports, endpoints: [] }
    group.endpoints.push(withHints(service, podToEndpoint(pod, address, service, node), node))
    groups.set(key, group)
  }
  return [...groups.values()].map((group) => ({ addressType: family, ...group }))
}

/** The Service's ports as this Pod has them; one that the Pod lacks is left out. */
function podPorts(service: Service, pod: Pod): readonly EndpointPort[] {
  return (service.spec.ports ?? []).flatMap((servicePort) => {
    const port = findPort(pod, servicePort)
    if (port === undefined) return []
    const { name = '', protocol = 'TCP', appProtocol } = servicePort
    return [{ name, protocol, port, ...(appProtocol === undefined ? {} : { appProtocol }) }]
  })
}

/** trafficDistribution keeps traffic in its zone, or on its node (KEP-3015). */
function withHints(service: Service, endpoint: SliceEndpoint, node: Node | undefined): SliceEndpoint {
  const { trafficDistribution } = service.spec
  if (trafficDistribution === undefined || endpoint.conditions?.ready !== true) return endpoint
  const forZones = endpoint.zone === undefined ? {} : { forZones: [{ name: endpoint.zone }] }
  const isPerNode = trafficDistribution === 'PreferSameNode' && node !== undefined
  const forNodes = isPerNode ? { forNodes: [{ name: node.metadata.name }] } : {}
  const hints = { ...forZones, ...forNodes }
  return Object.keys(hints).length === 0 ? endpoint : { ...endpoint, hints }
}
