/** A cluster of many Services: what the API says, before any of it is resolved. */
import type { Service } from '../../src/api/core.ts'
import type { EndpointSlice } from '../../src/api/discovery.ts'
import { OrderedMap } from '../../src/lib/ordered-map.ts'
import { emptySnapshot, objectKey, type Snapshot } from '../../src/model/snapshot.ts'
import type { NodeContext } from '../../src/proxy/node-context.ts'

export const ENDPOINTS = 5
const NODES = 100

/** Of all Pods. */
export const POD_RANGE = '10.128.0.0/9'

export const NODE: NodeContext = {
  name: 'node-0',
  family: 'IPv4',
  addresses: ['192.168.1.100'],
  localPods: { kind: 'range', range: POD_RANGE },
  serviceCIDRs: ['10.0.0.0/12'],
}

export function stateOf(services: number): Snapshot {
  const indices = Array.from({ length: services }, (_, index) => index)
  return withObjects(
    emptySnapshot(),
    indices.map(serviceAt),
    indices.map((index) => sliceAt(index, 0)),
  )
}

/** The same state with the first endpoint of these Services replaced; another `turn`, another endpoint. */
export function withEndpointsChanged(state: Snapshot, services: readonly number[], turn: number): Snapshot {
  return services.reduce((before, index) => withSlice(before, sliceAt(index, turn)), state)
}

function withSlice(state: Snapshot, slice: EndpointSlice): Snapshot {
  const slices = state.objects.EndpointSlice.set(objectKey(slice), slice)
  return {
    resourceVersion: state.resourceVersion + 1,
    objects: { ...state.objects, EndpointSlice: slices },
  }
}

function withObjects(state: Snapshot, services: readonly Service[], slices: readonly EndpointSlice[]): Snapshot {
  const byKey = <T extends Service | EndpointSlice>(objects: readonly T[]): OrderedMap<T> =>
    OrderedMap.from(objects.map((object) => [objectKey(object), object] as const))
  return {
    resourceVersion: 1,
    objects: { ...state.objects, Service: byKey(services), EndpointSlice: byKey(slices) },
  }
}

const address = (network: number, index: number): string =>
  `10.${network + (index >> 16)}.${(index >> 8) & 255}.${index & 255}`

export const clusterIP = (index: number): string => address(0, index + 256)
export const endpointAddress = (index: number, endpoint: number): string => address(128, index * ENDPOINTS + endpoint)

function serviceAt(index: number): Service {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { namespace: `team-${index % 50}`, name: `service-${index}`, uid: `service-${index}` },
    spec: {
      type: 'ClusterIP',
      clusterIP: clusterIP(index),
      clusterIPs: [clusterIP(index)],
      ipFamilies: ['IPv4'],
      ports: [{ name: 'http', protocol: 'TCP', port: 80, targetPort: 8080 }],
    },
  }
}

function sliceAt(index: number, turn: number): EndpointSlice {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      namespace: `team-${index % 50}`,
      name: `service-${index}-a`,
      labels: { 'kubernetes.io/service-name': `service-${index}` },
    },
    addressType: 'IPv4',
    ports: [{ name: 'http', protocol: 'TCP', port: 8080 }],
    endpoints: Array.from({ length: ENDPOINTS }, (_, endpoint) => ({
      family: 'IPv4',
      addresses: [endpoint === 0 && turn > 0 ? address(200, turn) : endpointAddress(index, endpoint)],
      conditions: { ready: true, serving: true, terminating: false },
      nodeName: `node-${(index + endpoint) % NODES}`,
      targetRef: { kind: 'Pod', namespace: `team-${index % 50}`, name: `service-${index}-${endpoint}` },
    })),
  }
}
