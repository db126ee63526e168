/**
 * The network in which the packet rows happen: two nodes, Pods A and B and a client Pod P on node-1, C, D and Q on node-2,
 * two clients outside. What is not a Pod, a node or outside is routed to node-1, as a cluster's router would.
 */
import type { IPFamily } from '../../../src/api/core.ts'
import { cidrContains, parseCIDR, parseIP } from '../../../src/lib/ip.ts'
import { OrderedMap } from '../../../src/lib/ordered-map.ts'
import type { Endpoint, ServicePortInfo } from '../../../src/model/resolve-services.ts'
import type { BalancerContext } from '../../../src/proxy/load-balancer.ts'
import type { NodeContext } from '../../../src/proxy/node-context.ts'

export const POD_CIDR = '10.244.0.0/16'
export const NODE_CIDR = '192.168.1.0/24'
export const SERVICE_CIDR = '10.96.0.0/12'
export const LOAD_BALANCER_CIDR = '203.0.113.0/24'
export const OUTSIDE_CIDR = '198.51.100.0/24'
export const FABRIC = { gateway: '192.168.1.1', nodePrefixLength: 24, outsideGateway: '198.51.100.1' } as const

export interface PlannedNode {
  readonly name: string
  readonly address: string
  readonly podCIDR: string
  readonly podGateway: string
  /** Further addresses that the node has. */
  readonly held: readonly string[]
}

export const NODES: readonly PlannedNode[] = [
  {
    name: 'node-1',
    address: '192.168.1.100',
    podCIDR: '10.244.1.0/24',
    podGateway: '10.244.1.1',
    held: ['192.0.2.20', '203.0.113.20'],
  },
  { name: 'node-2', address: '192.168.1.101', podCIDR: '10.244.2.0/24', podGateway: '10.244.2.1', held: [] },
]

export const PODS: Readonly<Record<string, string>> = {
  A: '10.244.1.2',
  B: '10.244.1.3',
  P: '10.244.1.9',
  C: '10.244.2.2',
  D: '10.244.2.3',
  Q: '10.244.2.9',
}

export const OUTSIDE: Readonly<Record<string, string>> = { client: '198.51.100.2', blocked: '198.51.100.130' }

/** Ranges that the fabric sends to node-1. */
export const ROUTED: readonly string[] = [SERVICE_CIDR, LOAD_BALANCER_CIDR, '192.0.2.0/24']

/** The addresses of one family. */
export interface AddressPlan {
  readonly family: IPFamily
  readonly nodeCIDR: string
  readonly podCIDR: string
  readonly serviceCIDR: string
  readonly loadBalancerCIDR: string
  readonly outsideCIDR: string
  readonly fabric: { readonly gateway: string; readonly nodePrefixLength: number; readonly outsideGateway: string }
  readonly nodes: readonly PlannedNode[]
  readonly pods: Readonly<Record<string, string>>
  readonly outside: Readonly<Record<string, string>>
  readonly routed: readonly string[]
}

export const IPV4: AddressPlan = {
  family: 'IPv4',
  nodeCIDR: NODE_CIDR,
  podCIDR: POD_CIDR,
  serviceCIDR: SERVICE_CIDR,
  loadBalancerCIDR: LOAD_BALANCER_CIDR,
  outsideCIDR: OUTSIDE_CIDR,
  fabric: FABRIC,
  nodes: NODES,
  pods: PODS,
  outside: OUTSIDE,
  routed: ROUTED,
}

export function nodeOfPod(address: string, { nodes }: Pick<AddressPlan, 'nodes'> = IPV4): PlannedNode | undefined {
  return nodes.find(({ podCIDR }) => isIn(podCIDR, address))
}

export function isIn(range: string, address: string): boolean {
  const [cidr, ip] = [parseCIDR(range), parseIP(address)]
  return cidr !== undefined && ip !== undefined && cidrContains(cidr, ip)
}

export const contextsOf = ({ family, nodes, serviceCIDR }: AddressPlan): readonly NodeContext[] =>
  nodes.map(({ name, address, podCIDR }) => ({
    name,
    family,
    addresses: [address],
    localPods: { kind: 'range', range: podCIDR },
    serviceCIDRs: [serviceCIDR],
  }))

export const CONTEXTS: readonly NodeContext[] = contextsOf(IPV4)

export const balancerContextOf = (plan: AddressPlan): BalancerContext => ({
  family: plan.family,
  nodes: plan.nodes,
  nodeCIDR: plan.nodeCIDR,
  loadBalancerCIDR: plan.loadBalancerCIDR,
  outsideCIDR: plan.outsideCIDR,
  podCIDR: plan.podCIDR,
})

/** `A:8080` and what is special about it: `A:8080 terminating`, `A:8080 dead`. */
export function endpoint(text: string): Endpoint {
  const [, name = '', port = '', state] = /^(\S+):(\d+)(?: (\w+))?$/.exec(text) ?? []
  const node = NODES.find((other) => other.name === name)
  const ip = PODS[name] ?? node?.address ?? name
  const nodeName = node?.name ?? nodeOfPod(ip)?.name
  return {
    ip,
    port: Number(port),
    ...(nodeName === undefined ? {} : { nodeName }),
    ready: state === undefined,
    serving: state !== 'dead',
    terminating: state !== undefined,
  }
}

export interface ServiceText extends Partial<Omit<ServicePortInfo, 'name' | 'endpoints'>> {
  readonly name: string
  readonly protocol?: 'TCP' | 'UDP' | 'SCTP'
  readonly portName?: string
  readonly endpoints?: readonly string[]
}

/** A Service port: what is not said is a plain ClusterIP Service's. */
export function service({
  name,
  protocol = 'TCP',
  portName = '',
  endpoints = [],
  ...rest
}: ServiceText): ServicePortInfo {
  return {
    family: 'IPv4',
    clusterIP: '10.96.0.41',
    port: 80,
    nodePort: 0,
    loadBalancerVIPs: [],
    loadBalancerProxyIPs: [],
    externalIPs: [],
    sourceRanges: [],
    sessionAffinityTimeout: undefined,
    externalTrafficPolicy: 'Cluster',
    internalTrafficPolicy: 'Cluster',
    healthCheckNodePort: 0,
    algorithm: undefined,
    creationTimestamp: '2026-01-01T00:00:00Z',
    ...rest,
    name: { namespace: 'default', name, port: portName, protocol },
    endpoints: endpoints.map(endpoint),
  }
}

/** Service ports as `resolvedServices` gives them. */
export function servicesOf(infos: readonly ServicePortInfo[]): OrderedMap<readonly ServicePortInfo[]> {
  const byKey = new Map<string, ServicePortInfo[]>()
  for (const info of infos) {
    const key = `${info.name.namespace}/${info.name.name}`
    byKey.set(key, [...(byKey.get(key) ?? []), info])
  }
  return OrderedMap.from([...byKey])
}
