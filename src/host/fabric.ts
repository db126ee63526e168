import { parseIPv4 } from '../lib/ip.ts'
import { startQueues } from './link-state.ts'
import { openLinkSocket, type LinkOperation, type LinkSocket } from './links.ts'
import { createNamespace, ownNamespace, type NetworkNamespace } from './namespaces.ts'
import { exemptBridges, FABRIC, forgetClosedConnections, LEAF, NODE, setSysctls } from './sysctl.ts'

/**
 * The wires of one network. The engine's own namespace is the fabric: a bridge that carries the nodes, and the router to
 * the outside. Each node is a namespace on the bridge; each Pod hangs on a routed veth of its node (/32, no bridge), so
 * that every packet of a Pod passes its node's hooks whatever bridge-nf-call-iptables says.
 */
export interface Fabric {
  addNode(node: FabricNode): NetworkNamespace
  /** A namespace with one address on a node: a Pod, or a client that looks like one. */
  addPod(nodeName: string, address: string): NetworkNamespace
  /** A namespace outside the nodes, beyond the fabric's router. */
  addOutside(address: string): NetworkNamespace
  /**
   * Takes what addPod or addOutside made out of the network. The link goes with the namespace, in the kernel's own time:
   * to delete it would stop this thread for tens of milliseconds.
   */
  remove(namespace: NetworkNamespace): void
}

export interface FabricNode {
  readonly name: string
  readonly address: string
  readonly podCIDR: string
  /** The node's address towards its Pods, their gateway. */
  readonly podGateway: string
}

export interface FabricOptions {
  /** The fabric's address on the bridge, the nodes' gateway. */
  readonly gateway: string
  readonly nodePrefixLength: number
  /** The address from which connections of the host come, and the gateway of clients outside. */
  readonly outsideGateway: string
  /** Ranges of load-balancer addresses: routed here, so that a packet to one of them meets the balancer's rules. */
  readonly balanced: readonly string[]
}

const LOOPBACK = 1
const BRIDGE = 2
const FIRST_FREE_INDEX = 3
const ETH0 = 2

/** The side of a link that is handed out at: `inside` the leaf, `outside` the router. Locally administered addresses. */
function macOf(address: string, side: 'inside' | 'outside'): string {
  const value = parseIPv4(address)
  if (value === undefined) throw new Error(`${JSON.stringify(address)} is not an IPv4 address`)
  const bytes = [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255]
  return [side === 'inside' ? '0a:58' : '0e:58', ...bytes.map((byte) => byte.toString(16).padStart(2, '0'))].join(':')
}

interface Router {
  readonly namespace: NetworkNamespace
  readonly links: LinkSocket
  nextIndex: number
}

interface Leaf {
  readonly router: Router
  readonly address: string
  readonly index: number
}

export function createFabric(options: FabricOptions): Fabric {
  const fabric: Router = { namespace: ownNamespace(), links: openLinkSocket(), nextIndex: FIRST_FREE_INDEX }
  const nodes = new Map<string, FabricNode & { readonly router: Router }>()
  const leaves = new Map<NetworkNamespace, Leaf>()
  setSysctls(undefined, FABRIC)
  exemptBridges()
  forgetClosedConnections(undefined)
  fabric.links.apply([
    { kind: 'set-up', index: LOOPBACK },
    { kind: 'add-bridge', name: 'nodes', index: BRIDGE, mac: macOf(options.gateway, 'outside') },
    { kind: 'add-address', index: BRIDGE, address: options.gateway, prefixLength: options.nodePrefixLength },
    { kind: 'add-address', index: LOOPBACK, address: options.outsideGateway, prefixLength: 32 },
    ...options.balanced.map((to) => ({ kind: 'add-route', to, index: BRIDGE }) as const),
  ])

  return {
    addNode(node) {
      const namespace = createNamespace()
      setSysctls(namespace, NODE)
      forgetClosedConnections(namespace)
      fabric.links.apply([nodeLink(node, fabric.nextIndex++, namespace)])
      const links = openLinkSocket(namespace)
      links.apply(nodeConfiguration(node, options))
      startQueues(fabric.namespace, node.name)
      startQueues(namespace, 'eth0')
      fabric.links.apply([{ kind: 'add-route', to: node.podCIDR, via: node.address }])
      for (const other of nodes.values()) {
        links.apply([{ kind: 'add-route', to: other.podCIDR, via: other.address }])
        other.router.links.apply([{ kind: 'add-route', to: node.podCIDR, via: node.address }])
      }
      nodes.set(node.name, { ...node, router: { namespace, links, nextIndex: FIRST_FREE_INDEX } })
      return namespace
    },
    addPod(nodeName, address) {
      const node = nodes.get(nodeName)
      if (node === undefined) throw new Error(`the network has no node ${nodeName}`)
      return addLeaf(node.router, address, node.podGateway, leaves)
    },
    addOutside: (address) => addLeaf(fabric, address, options.outsideGateway, leaves),
    remove(namespace) {
      const leaf = leaves.get(namespace)
      if (leaf === undefined) return
      leaves.delete(namespace)
      leaf.router.links.apply([{ kind: 'delete-route', to: `${leaf.address}/32`, index: leaf.index }])
      namespace.close()
    },
  }
}

function nodeLink(node: FabricNode, index: number, namespace: NetworkNamespace): LinkOperation {
  return {
    kind: 'add-veth',
    name: node.name,
    index,
    mac: macOf(node.address, 'outside'),
    bridge: BRIDGE,
    peer: { name: 'eth0', index: ETH0, mac: macOf(node.address, 'inside'), namespace },
  }
}

/**
 * The gateway towards the Pods has host scope: masquerading then takes the node's own address as source. What goes to an
 * address of the Pod range that no Pod has ends here; the fabric would send it back.
 */
function nodeConfiguration(node: FabricNode, options: FabricOptions): readonly LinkOperation[] {
  return [
    { kind: 'set-up', index: LOOPBACK },
    { kind: 'set-up', index: ETH0 },
    { kind: 'add-address', index: LOOPBACK, address: node.podGateway, prefixLength: 32, scope: 'host' },
    { kind: 'add-address', index: ETH0, address: node.address, prefixLength: options.nodePrefixLength },
    { kind: 'add-route', to: '0.0.0.0/0', via: options.gateway },
    { kind: 'add-route', to: node.podCIDR, type: 'unreachable' },
  ]
}

/**
 * Neighbours are permanent on both sides: no ARP, and no entry counts against gc_thresh3, which is 1,024 for the whole
 * machine.
 */
function addLeaf(
  router: Router,
  address: string,
  gateway: string,
  leaves: Map<NetworkNamespace, Leaf>,
): NetworkNamespace {
  const namespace = createNamespace()
  setSysctls(namespace, LEAF)
  const index = router.nextIndex++
  const [inside, outside] = [macOf(address, 'inside'), macOf(address, 'outside')]
  const peer = { name: 'eth0', index: ETH0, mac: inside, namespace }
  router.links.apply([
    { kind: 'add-veth', name: `veth${index}`, index, mac: outside, peer },
    { kind: 'add-route', to: `${address}/32`, index },
    { kind: 'add-neighbour', index, address, mac: inside },
  ])
  const links = openLinkSocket(namespace)
  links.apply([
    { kind: 'set-up', index: LOOPBACK },
    { kind: 'set-up', index: ETH0 },
    { kind: 'add-address', index: ETH0, address, prefixLength: 32 },
    { kind: 'add-route', to: '0.0.0.0/0', via: gateway, index: ETH0 },
    { kind: 'add-neighbour', index: ETH0, address: gateway, mac: outside },
  ])
  links.close()
  startQueues(router.namespace, `veth${index}`)
  startQueues(namespace, 'eth0')
  leaves.set(namespace, { router, address, index })
  return namespace
}
