import { availableParallelism, release, totalmem } from 'node:os'
import type { Lease } from '../api/coordination.ts'
import type { IPFamily, Node } from '../api/core.ts'
import type { Condition } from '../api/meta.ts'
import { LINK_LOCAL_GATEWAY } from '../host/link-local-gateway.ts'
import { cidrAddress, cidrSize, formatCIDR, formatIP, type CIDR } from '../lib/ip.ts'
import { KUBERNETES_VERSION } from '../api/version.ts'
import type { ClusterConfig } from '../model/cluster-config.ts'

/** The addresses of one network, worked out once from its ranges. Those of the primary family stand in it directly. */
export interface Topology extends FamilyTopology {
  /** Every IP family of the network, the primary one first. */
  readonly families: readonly FamilyTopology[]
  readonly nodes: readonly NodePlan[]
  /** What it was worked out from. */
  readonly config: ClusterConfig
}

export interface FamilyTopology {
  readonly family: IPFamily
  readonly nodeCIDR: string
  readonly podCIDR: string
  readonly serviceCIDR: string
  readonly loadBalancerCIDR: string
  readonly outsideCIDR: CIDR
  /** The fabric's address on the nodes' bridge; cluster DNS listens there. */
  readonly gateway: string
  readonly nodePrefixLength: number
  readonly outsideGateway: string
  readonly dnsServiceIP: string
}

/** A node, with its addresses of the primary family. */
export interface NodePlan extends NodeFamilyPlan {
  readonly number: number
  readonly name: string
  /** As the families of the topology. */
  readonly families: readonly NodeFamilyPlan[]
}

export interface NodeFamilyPlan {
  readonly family: IPFamily
  readonly address: string
  readonly podCIDR: CIDR
  readonly podGateway: string
}

const FIRST_NODE = 100
const DNS_INDEX = 53
const NODE_POD_PREFIX = { 4: 24, 6: 64 } as const
/** Prefixes of the smallest and the largest ranges for Services. */
const SERVICE_PREFIX = { 4: { smallest: 26, largest: 0 }, 6: { smallest: 122, largest: 64 } } as const

interface FamilyRanges {
  readonly node: CIDR
  readonly pod: CIDR
  readonly service: CIDR
  readonly loadBalancer: CIDR
  readonly outside: CIDR
}

/** The plan of `count` nodes, or one sentence that says why the ranges do not hold them. */
export function planTopology(config: ClusterConfig, count: number): Topology | string {
  const ranges = config.serviceCIDRs.flatMap((_, i) => rangesAt(config, i) ?? [])
  for (const range of ranges) {
    const problem = tooSmall(range, count)
    if (problem !== undefined) return problem
  }
  const families = ranges.map(planFamily)
  const [primary] = families
  if (primary === undefined) return 'every range of the network needs one of each of its IP families'
  const nodes = Array.from({ length: count }, (_, i) => planNode(i + 1, ranges)).flatMap((node) => node ?? [])
  return { ...primary, families, nodes, config }
}

/** Cluster DNS, as Pods' resolv.conf names it. */
export function nameServers({ families }: Topology): readonly string[] {
  return families.map(({ dnsServiceIP }) => dnsServiceIP)
}

function rangesAt(config: ClusterConfig, i: number): FamilyRanges | undefined {
  const [node, pod, service, loadBalancer, outside] = [
    config.nodeCIDRs[i],
    config.podCIDRs[i],
    config.serviceCIDRs[i],
    config.loadBalancerCIDRs[i],
    config.outsideCIDRs[i],
  ]
  return node && pod && service && loadBalancer && outside && { node, pod, service, loadBalancer, outside }
}

function tooSmall({ node, pod, service }: FamilyRanges, count: number): string | undefined {
  if (cidrSize(node) < BigInt(FIRST_NODE + count + 1)) {
    const first = node.family === 4 ? `.${FIRST_NODE}` : `::${FIRST_NODE.toString(16)}`
    return `--node-cidr ${formatCIDR(node)} has no room for ${count} nodes from ${first} up`
  }
  const nodePrefix = NODE_POD_PREFIX[pod.family]
  if (pod.prefixLength > nodePrefix || cidrSize(pod) < BigInt(count + 1) * nodePodSize(pod)) {
    return `--pod-cidr ${formatCIDR(pod)} has no room for a /${nodePrefix} for each of ${count} nodes`
  }
  const { smallest, largest } = SERVICE_PREFIX[service.family]
  const range = `--service-cidr ${formatCIDR(service)}`
  if (service.prefixLength > smallest) return `${range} is smaller than a /${smallest}`
  return service.prefixLength < largest ? `${range} is larger than a /${largest}` : undefined
}

function nodePodSize({ family }: CIDR): bigint {
  return 1n << BigInt((family === 4 ? 32 : 128) - NODE_POD_PREFIX[family])
}

function planFamily({ node, pod, service, loadBalancer, outside }: FamilyRanges): FamilyTopology {
  return {
    family: familyName(node),
    nodeCIDR: formatCIDR(node),
    podCIDR: formatCIDR(pod),
    serviceCIDR: formatCIDR(service),
    loadBalancerCIDR: formatCIDR(loadBalancer),
    outsideCIDR: outside,
    gateway: formatIP(cidrAddress(node, 1)),
    nodePrefixLength: node.prefixLength,
    outsideGateway: formatIP(cidrAddress(outside, 1)),
    dnsServiceIP: formatIP(cidrAddress(service, DNS_INDEX)),
  }
}

function familyName({ family }: CIDR): IPFamily {
  return family === 4 ? 'IPv4' : 'IPv6'
}

function planNode(number: number, ranges: readonly FamilyRanges[]): NodePlan | undefined {
  const families = ranges.map(({ node, pod }): NodeFamilyPlan => {
    const base = pod.base + BigInt(number) * nodePodSize(pod)
    const podCIDR = { family: pod.family, base, prefixLength: NODE_POD_PREFIX[pod.family] }
    return {
      family: familyName(node),
      address: formatIP(cidrAddress(node, FIRST_NODE + number - 1)),
      podCIDR,
      podGateway: pod.family === 4 ? formatIP(cidrAddress(podCIDR, 1)) : LINK_LOCAL_GATEWAY,
    }
  })
  const [primary] = families
  return primary && { ...primary, number, name: `node-${number}`, families }
}

/** What a /24 holds without its network, broadcast and gateway addresses. */
const MOST_PODS = 253

/** As Go calls it, and so as Kubernetes' labels do. */
const ARCHITECTURE = process.arch === 'x64' ? 'amd64' : process.arch

/** In nodeInfo: by it our nodes are told from invented ones. */
export const RUNTIME_VERSION: string = 'portolan://host-programs'

export function nodeObject(plan: NodePlan): Node {
  const podCIDRs = plan.families.map(({ podCIDR }) => formatCIDR(podCIDR))
  const internal = plan.families.map(({ address }) => ({ type: 'InternalIP', address }))
  const resources = {
    cpu: String(availableParallelism()),
    memory: `${Math.floor(totalmem() / 1024)}Ki`,
    pods: String(MOST_PODS),
  }
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name: plan.name,
      labels: { 'kubernetes.io/hostname': plan.name, 'kubernetes.io/os': 'linux', 'kubernetes.io/arch': ARCHITECTURE },
    },
    spec: { podCIDR: podCIDRs[0] ?? '', podCIDRs },
    status: {
      addresses: [...internal, { type: 'Hostname', address: plan.name }],
      conditions: [
        ...['MemoryPressure', 'DiskPressure', 'PIDPressure'].map(noPressure),
        { type: 'NetworkUnavailable', status: 'False', reason: 'RouteCreated', message: 'the node has its routes' },
        { type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'the node is a network namespace' },
      ],
      capacity: resources,
      allocatable: resources,
      nodeInfo: {
        kubeletVersion: KUBERNETES_VERSION,
        osImage: 'Portolan network namespace',
        kernelVersion: release(),
        containerRuntimeVersion: RUNTIME_VERSION,
        operatingSystem: 'linux',
        architecture: ARCHITECTURE,
      },
    },
  }
}

function noPressure(type: string): Condition {
  return { type, status: 'False', reason: 'NotMeasured', message: 'the node shares all that the machine has' }
}

/** How long a node counts as alive after its last word, in seconds. */
const LEASE_SECONDS = 40

/** The node's sign of life. When it was renewed last is worked out when somebody asks. */
export function nodeLease({ name }: NodePlan): Lease {
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { namespace: 'kube-node-lease', name },
    spec: { holderIdentity: name, leaseDurationSeconds: LEASE_SECONDS },
  }
}
