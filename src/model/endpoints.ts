/** When a Pod is an endpoint of a Service, and what the slice says of it. */
import type { IPFamily, Node, Pod, Service } from '../api/core.ts'
import { SERVICE_NAME_LABEL, type EndpointSlice, type SliceEndpoint } from '../api/discovery.ts'
import { indexBy, type Index } from './incremental.ts'
import type { Snapshot } from './snapshot.ts'

export const HEADLESS_LABEL: string = 'service.kubernetes.io/headless'
export const MANAGED_BY_LABEL: string = 'endpointslice.kubernetes.io/managed-by'
export const ZONE_LABEL: string = 'topology.kubernetes.io/zone'

/** Whether the Service has no ClusterIP: `None`, or nothing yet. */
export function isHeadless(service: Service): boolean {
  const { clusterIP = '' } = service.spec
  return clusterIP === '' || clusterIP === 'None'
}

/** The families in which the Service has endpoints, the primary one first. */
export function serviceFamilies(service: Service): readonly IPFamily[] {
  const { ipFamilies = [], clusterIPs = [], clusterIP = '' } = service.spec
  if (ipFamilies.length > 0) return ipFamilies
  const addresses = (clusterIPs.length > 0 ? clusterIPs : [clusterIP]).filter((ip) => ip !== '' && ip !== 'None')
  return addresses.length > 0 ? addresses.map(addressFamily) : ['IPv4']
}

/** The family of a valid address. */
export function addressFamily(address: string): IPFamily {
  return address.includes(':') ? 'IPv6' : 'IPv4'
}

/** The Pod's address in a family. */
export function podAddress(pod: Pod, family: IPFamily): string | undefined {
  return podAddresses(pod).find((ip) => addressFamily(ip) === family)
}

function podAddresses(pod: Pod): readonly string[] {
  const { podIP = '', podIPs = [] } = pod.status ?? {}
  return (podIPs.length > 0 ? podIPs.map(({ ip }) => ip) : [podIP]).filter((ip) => ip !== '')
}

export function isPodReady(pod: Pod): boolean {
  return (pod.status?.conditions ?? []).some(({ type, status }) => type === 'Ready' && status === 'True')
}

export function isPodTerminating(pod: Pod): boolean {
  return pod.metadata.deletionTimestamp !== undefined
}

/** Succeeded or Failed: it will not run again. */
export function isPodFinished(pod: Pod): boolean {
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed'
}

/** Whether the Pod belongs in its Services' slices: it has an address and has not ended. Terminating Pods stay in. */
export function isEndpoint(pod: Pod): boolean {
  return !isPodFinished(pod) && podAddresses(pod).length > 0
}

/** The slice entry of a Pod at `address`; `node` is the Node it runs on. Without hints. */
export function podToEndpoint(pod: Pod, address: string, service: Service, node: Node | undefined): SliceEndpoint {
  const serving = isPodReady(pod)
  const terminating = isPodTerminating(pod)
  const { namespace, name, uid } = pod.metadata
  const { hostname, subdomain, nodeName } = pod.spec
  const zone = node?.metadata.labels?.[ZONE_LABEL]
  return {
    addresses: [address],
    conditions: {
      ready: service.spec.publishNotReadyAddresses === true || (serving && !terminating),
      serving,
      terminating,
    },
    ...(hostname !== undefined && hostname !== '' && subdomain === service.metadata.name ? { hostname } : {}),
    ...(nodeName === undefined ? {} : { nodeName }),
    ...(zone === undefined ? {} : { zone }),
    targetRef: {
      kind: 'Pod',
      ...(namespace === undefined ? {} : { namespace }),
      name,
      ...(uid === undefined ? {} : { uid }),
    },
  }
}

/** The slices that carry the Service's name, in order of name; `serviceKey` as objectKey gives it. */
export function endpointSlicesOf(snapshot: Snapshot, serviceKey: string): readonly EndpointSlice[] {
  return slicesByService.find(snapshot, serviceKey)
}

/** The key of the Service that a slice belongs to. */
export function serviceKeyOf(slice: EndpointSlice): string | undefined {
  const { namespace, labels } = slice.metadata
  const name = labels?.[SERVICE_NAME_LABEL]
  if (name === undefined || name === '') return undefined
  return namespace === undefined ? name : `${namespace}/${name}`
}

const slicesByService: Index<EndpointSlice> = indexBy(['EndpointSlice'], (slice) => {
  const key = serviceKeyOf(slice)
  return key === undefined ? [] : [key]
})
