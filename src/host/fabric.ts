import { parseIP } from '../lib/ip.ts'
import { LINK_LOCAL_GATEWAY } from './link-local-gateway.ts'
import { startQueues } from './link-state.ts'
import { openLinkSocket, type LinkOperation, type LinkSocket } from './links.ts'
import { createNamespace, ownNamespace, type NetworkNamespace } from './namespaces.ts'
import { exemptBridges, forgetClosedConnections, setSysctls, sysctlsOf } from './sysctl.ts'

/**
 * The wires of one network. The engine's own namespace is the fabric: a bridge that carries the nodes, and the router to
 * the outside. Each node is a namespace on the bridge; each Pod hangs on a routed veth of its node (/32, no bridge), so
 * that every packet of a Pod passes its node's hooks whatever bridge-nf-call-iptables says.
 */
export interface Fabric {
  addNode(node: FabricNode): NetworkNamespace
  /** A namespace with an address of each IP family on a node: a Pod, or a client that looks like one. */
  addPod(nodeName: string, addresses: readonly string[]): NetworkNamespace
  /** A namespace outside the nodes, beyond the fabric's router. */
  addOutside(addresses: readonly string[]): NetworkNamespace
  /**
   * Takes what addPod or addOutside made out of the network. The link goes with the namespace, in the kernel's own time:
   * to delete it would stop this thread for tens of milliseconds.
   */
  remove(namespace: NetworkNamespace): void
}

export interface FabricNode {
  readonly name: string
  /** Of each IP family of the network, in the order of FabricOptions. */
  readonly families: readonly NodeFamily[]
}

/** A node's addresses of one IP family. */
export interface NodeFamily {
  readonly address: string
  readonly podCIDR: string
  /** The gateway of its Pods: in IPv4 an address of the node, in IPv6 `LINK_LOCAL_GATEWAY`. */
  readonly podGateway: string
}

/** The fabric's addresses of one IP family. */
export interface FabricFamily {
  /** On the bridge, the nodes' gateway. */
  readonly gateway: string
  readonly nodePrefixLength: number
  /** The address from which connections of the host come; in IPv4 the gateway of clients outside. */
  readonly outsideGateway: string
}

export interface FabricOptions {
  /** One of each IP family, the primary one first. */
  readonly families: readonly FabricFamily[]
  /** Ranges of load-balancer addresses and wider: routed here, so that a packet there meets the balancer's rules. */
  readonly balanced: readonly string[]
}

const LOOPBACK = 1
const BRIDGE = 2
const FIRST_FREE_INDEX = 3
const ETH0 = 2

/** The side of a link that is handed out at: `inside` the leaf, `outside` the router. Locally administered addresses. */
function macOf(address: string, side: 'inside' | 'outside'): string {
  const ip = parseIP(address)
  if (ip === undefined) throw new Error(`${JSON.stringify(address)} is not an address`)
  // Of IPv6 the end, which is what neighbours differ in.
  const value = Number(ip.value & 0xffff_ffffn)
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
  readonly addresses: readonly string[]
  readonly index: number
}

export function createFabric(options: FabricOptions): Fabric {
  const fabric: Router = { namespace: ownNamespace(), links: openLinkSocket(), nextIndex: FIRST_FREE_INDEX }
  const nodes = new Map<string, FabricNode & { readonly router: Router }>()
  const leaves = new Map<NetworkNamespace, Leaf>()
  const hasIPv6 = options.families.some(({ gateway }) => isIPv6(gateway))
  const [leafSysctls, nodeSysctls] = [sysctlsOf('leaf', hasIPv6), sysctlsOf('node', hasIPv6)]
  setSysctls(undefined, sysctlsOf('fabric', hasIPv6))
  exemptBridges(hasIPv6)
  forgetClosedConnections(undefined)
  fabric.links.apply([
    { kind: 'set-up', index: LOOPBACK },
    { kind: 'add-bridge', name: 'nodes', index: BRIDGE, mac: macOf(primaryOf(options.families).gateway, 'outside') },
    ...options.families.flatMap(fabricAddresses),
    ...options.balanced.map((to) => ({ kind: 'add-route', to, index: BRIDGE }) as const),
  ])

  return {
    addNode(node) {
      const namespace = createNamespace()
      setSysctls(namespace, nodeSysctls)
      forgetClosedConnections(namespace)
      fabric.links.apply([nodeLink(node, fabric.nextIndex++, namespace)])
      const links = openLinkSocket(namespace)
      links.apply(node.families.flatMap((family, i) => nodeConfiguration(family, options.families[i])))
      startQueues(fabric.namespace, node.name)
      startQueues(namespace, 'eth0')
      fabric.links.apply(waysTo(node, BRIDGE))
      links.apply(neighboursOf(options, ETH0))
      for (const other of nodes.values()) {
        links.apply(waysTo(other, ETH0))
        other.router.links.apply(waysTo(node, ETH0))
      }
      nodes.set(node.name, { ...node, router: { namespace, links, nextIndex: FIRST_FREE_INDEX } })
      return namespace
    },
    addPod(nodeName, addresses) {
      const node = nodes.get(nodeName)
      if (node === undefined) throw new Error(`the network has no node ${nodeName}`)
      const gateways = node.families.map(({ podGateway }) => podGateway)
      return addLeaf({ router: node.router, addresses, gateways, sysctls: leafSysctls }, leaves)
    },
    addOutside(addresses) {
      const gateways = options.families.map(({ outsideGateway }) => outsideGateway)
      return addLeaf({ router: fabric, addresses, gateways, sysctls: leafSysctls }, leaves)
    },
    remove(namespace) {
      const leaf = leaves.get(namespace)
      if (leaf === undefined) return
      leaves.delete(namespace)
      leaf.router.links.apply(
        leaf.addresses.map((address) => ({ kind: 'delete-route', to: hostRange(address), index: leaf.index })),
      )
      namespace.close()
    },
  }
}

function isIPv6(address: string): boolean {
  return address.includes(':')
}

function hostRange(address: string): string {
  return `${address}/${isIPv6(address) ? 128 : 32}`
}

function primaryOf<T>([first]: readonly T[]): T {
  if (first === undefined) throw new Error('the network has no addresses')
  return first
}

function fabricAddresses({ gateway, nodePrefixLength, outsideGateway }: FabricFamily): readonly LinkOperation[] {
  const prefixLength = isIPv6(outsideGateway) ? 128 : 32
  return [
    { kind: 'add-address', index: BRIDGE, address: gateway, prefixLength: nodePrefixLength },
    { kind: 'add-address', index: LOOPBACK, address: outsideGateway, prefixLength },
  ]
}

function nodeLink({ name, families }: FabricNode, index: number, namespace: NetworkNamespace): LinkOperation {
  const { address } = primaryOf(families)
  return {
    kind: 'add-veth',
    name,
    index,
    mac: macOf(address, 'outside'),
    bridge: BRIDGE,
    peer: { name: 'eth0', index: ETH0, mac: macOf(address, 'inside'), namespace },
  }
}

/**
 * The gateway towards the Pods has host scope: masquerading then takes the node's own address as source. What goes to an
 * address of the Pod range that no Pod has ends here; the fabric would send it back.
 */
function nodeConfiguration(node: NodeFamily, fabric: FabricFamily | undefined): readonly LinkOperation[] {
  if (fabric === undefined) throw new Error(`the fabric has no address for ${node.address}`)
  const { nodePrefixLength: prefixLength, gateway } = fabric
  const podGateway = { index: LOOPBACK, address: node.podGateway, prefixLength: 32, scope: 'host' } as const
  return [
    { kind: 'set-up', index: LOOPBACK },
    { kind: 'set-up', index: ETH0 },
    ...(isIPv6(node.podGateway) ? [] : [{ kind: 'add-address', ...podGateway } as const]),
    { kind: 'add-address', index: ETH0, address: node.address, prefixLength },
    { kind: 'add-route', to: isIPv6(gateway) ? '::/0' : '0.0.0.0/0', via: gateway, index: ETH0 },
    { kind: 'add-route', to: node.podCIDR, type: 'unreachable' },
  ]
}

/** From elsewhere on the bridge, by a link's index there: a node, and the Pods behind it. */
function waysTo({ families }: FabricNode, index: number): readonly LinkOperation[] {
  const mac = macOf(primaryOf(families).address, 'inside')
  return families.flatMap(({ address, podCIDR }) => [
    ...neighbour(address, index, mac),
    { kind: 'add-route', to: podCIDR, via: address, index },
  ])
}

function neighboursOf({ families }: FabricOptions, index: number): readonly LinkOperation[] {
  const mac = macOf(primaryOf(families).gateway, 'outside')
  return families.flatMap(({ gateway }) => neighbour(gateway, index, mac))
}

/** In IPv6 neighbours are told: without link-local addresses a router cannot ask who they are. */
function neighbour(address: string, index: number, mac: string): readonly LinkOperation[] {
  return isIPv6(address) ? [{ kind: 'add-neighbour', index, address, mac }] : []
}

interface LeafPlan {
  readonly router: Router
  readonly addresses: readonly string[]
  /** Of each address. */
  readonly gateways: readonly string[]
  readonly sysctls: Readonly<Record<string, string>>
}

/**
 * Neighbours are permanent on both sides: no ARP, and no entry counts against gc_thresh3, which is 1,024 for the whole
 * machine.
 */
function addLeaf(
  { router, addresses, gateways, sysctls }: LeafPlan,
  leaves: Map<NetworkNamespace, Leaf>,
): NetworkNamespace {
  const namespace = createNamespace()
  setSysctls(namespace, sysctls)
  const index = router.nextIndex++
  const primary = primaryOf(addresses)
  const [inside, outside] = [macOf(primary, 'inside'), macOf(primary, 'outside')]
  const peer = { name: 'eth0', index: ETH0, mac: inside, namespace }
  router.links.apply([
    { kind: 'add-veth', name: `veth${index}`, index, mac: outside, peer },
    ...addresses.flatMap((address): readonly LinkOperation[] => [
      { kind: 'add-route', to: hostRange(address), index },
      { kind: 'add-neighbour', index, address, mac: inside },
    ]),
  ])
  const links = openLinkSocket(namespace)
  links.apply([
    { kind: 'set-up', index: LOOPBACK },
    { kind: 'set-up', index: ETH0 },
    ...addresses.flatMap((address, i) => leafConfiguration(address, gateways[i] ?? '', outside)),
  ])
  links.close()
  startQueues(router.namespace, `veth${index}`)
  startQueues(namespace, 'eth0')
  leaves.set(namespace, { router, addresses, index })
  return namespace
}

function leafConfiguration(address: string, router: string, mac: string): readonly LinkOperation[] {
  const [to, prefixLength] = isIPv6(address) ? ['::/0', 128] : ['0.0.0.0/0', 32]
  const gateway = isIPv6(address) ? LINK_LOCAL_GATEWAY : router
  return [
    { kind: 'add-address', index: ETH0, address, prefixLength },
    { kind: 'add-route', to, via: gateway, index: ETH0 },
    { kind: 'add-neighbour', index: ETH0, address: gateway, mac },
  ]
}
