import { availableParallelism, release, totalmem } from 'node:os'
import type { Lease } from '../api/coordination.ts'
import type { Node } from '../api/core.ts'
import type { Condition } from '../api/meta.ts'
import { cidrAddress, cidrSize, formatCIDR, formatIP, type CIDR } from '../lib/ip.ts'
import { KUBERNETES_VERSION } from '../api/version.ts'
import type { ClusterConfig } from '../model/cluster-config.ts'

/** The addresses of one network, worked out once from its ranges. IPv4. */
export interface Topology {
  /** The fabric's address on the nodes' bridge; cluster DNS listens there. */
  readonly gateway: string
  readonly nodePrefixLength: number
  readonly outsideGateway: string
  readonly dnsServiceIP: string
  readonly nodes: readonly NodePlan[]
}

export interface NodePlan {
  readonly number: number
  readonly name: string
  readonly address: string
  readonly podCIDR: CIDR
  readonly podGateway: string
}

const FIRST_NODE = 100
const DNS_INDEX = 53
const NODE_POD_PREFIX = 24

/** The plan of `count` nodes, or one sentence that says why the ranges do not hold them. */
export function planTopology(config: ClusterConfig, count: number): Topology | string {
  const [nodeCIDR, podCIDR, serviceCIDR, outsideCIDR] = [
    config.nodeCIDRs[0],
    config.podCIDRs[0],
    config.serviceCIDRs[0],
    config.outsideCIDRs[0],
  ]
  if (nodeCIDR === undefined || podCIDR === undefined || serviceCIDR === undefined || outsideCIDR === undefined) {
    return 'every range of the network needs an IPv4 range'
  }
  const ranges = [...config.nodeCIDRs, ...config.podCIDRs, ...config.serviceCIDRs, ...config.loadBalancerCIDRs]
  const foreign = ranges.find(({ family }) => family === 6)
  if (foreign !== undefined) return `${formatCIDR(foreign)}: IPv6 ranges are not supported yet`
  if (cidrSize(nodeCIDR) < BigInt(FIRST_NODE + count + 1)) {
    return `--node-cidr ${formatCIDR(nodeCIDR)} has no room for ${count} nodes from .${FIRST_NODE} up`
  }
  if (podCIDR.prefixLength > NODE_POD_PREFIX || cidrSize(podCIDR) < BigInt((count + 1) * 256)) {
    return `--pod-cidr ${formatCIDR(podCIDR)} has no room for a /24 for each of ${count} nodes`
  }
  if (cidrSize(serviceCIDR) < 64n) return `--service-cidr ${formatCIDR(serviceCIDR)} is smaller than a /26`
  const nodes = Array.from({ length: count }, (_, i) => planNode(i + 1, nodeCIDR, podCIDR))
  return {
    gateway: formatIP(cidrAddress(nodeCIDR, 1)),
    nodePrefixLength: nodeCIDR.prefixLength,
    outsideGateway: formatIP(cidrAddress(outsideCIDR, 1)),
    dnsServiceIP: formatIP(cidrAddress(serviceCIDR, DNS_INDEX)),
    nodes,
  }
}

function planNode(number: number, nodeCIDR: CIDR, podCIDR: CIDR): NodePlan {
  const base = cidrAddress(podCIDR, number * 256)
  return {
    number,
    name: `node-${number}`,
    address: formatIP(cidrAddress(nodeCIDR, FIRST_NODE + number - 1)),
    podCIDR: { family: 4, base: base.value, prefixLength: NODE_POD_PREFIX },
    podGateway: formatIP({ family: 4, value: base.value + 1n }),
  }
}

/** As Go calls it, and so as Kubernetes' labels do. */
const ARCHITECTURE = process.arch === 'x64' ? 'amd64' : process.arch

/** In nodeInfo: by it our nodes are told from invented ones. */
export const RUNTIME_VERSION: string = 'portolan://host-programs'

export function nodeObject(plan: NodePlan): Node {
  const podCIDR = formatCIDR(plan.podCIDR)
  const resources = {
    cpu: String(availableParallelism()),
    memory: `${Math.floor(totalmem() / 1024)}Ki`,
    // Without the network, broadcast and gateway addresses of its range.
    pods: String(2 ** (32 - plan.podCIDR.prefixLength) - 3),
  }
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name: plan.name,
      labels: { 'kubernetes.io/hostname': plan.name, 'kubernetes.io/os': 'linux', 'kubernetes.io/arch': ARCHITECTURE },
    },
    spec: { podCIDR, podCIDRs: [podCIDR] },
    status: {
      addresses: [
        { type: 'InternalIP', address: plan.address },
        { type: 'Hostname', address: plan.name },
      ],
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
