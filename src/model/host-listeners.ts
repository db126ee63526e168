import { formatIP, parseIP } from '../lib/ip.ts'
import type { IPFamily, Protocol } from '../api/core.ts'
import type { ServicePortInfo } from './resolve-services.ts'

/** One port of the host that leads into the network. */
export interface HostListener {
  readonly protocol: Exclude<Protocol, 'SCTP'>
  readonly address: string
  readonly port: number
  readonly target: { readonly address: string; readonly port: number }
  /** Whose port it is: `namespace/name`, with the port's name where it has one. */
  readonly service: string
  /** Whether there is an endpoint anywhere: without one the nodes refuse. */
  readonly isServed: boolean
}

export interface ListenerNode {
  /** One of each IP family, the primary one first. */
  readonly addresses: readonly string[]
  /** 1 for node-1: the last byte of its loopback address. */
  readonly number: number
}

/**
 * Every nodePort at 127.0.0.N of node-N, every load-balancer address a.b.c.N at 127.0.c.N (203.0.113.10 at 127.0.113.10):
 * all of 127.0.0.0/8 can be bound on Linux. Of ::1 there is one only, for the IPv6 nodePorts of the first node; where the
 * nodes have no IPv4 they are at 127.0.0.N too. An IPv6 load-balancer address that ends in ::c:N is at 127.6.c.N.
 * With `address`, all are there instead, and nodePorts of the first node only.
 */
export function hostListeners(
  services: readonly ServicePortInfo[],
  nodes: readonly ListenerNode[],
  address?: string,
): readonly HostListener[] {
  // Asked after every change of any Service: most have nothing outside.
  return services.filter(isOutside).flatMap((info) => {
    const { protocol, namespace, name, port } = info.name
    const isPrimaryFamily = nodes[0] !== undefined && addressOf(nodes[0], info.family) === nodes[0].addresses[0]
    if (protocol === 'SCTP' || (address !== undefined && !isPrimaryFamily)) return []
    const service = `${namespace}/${name}${port === '' ? '' : `:${port}`}`
    const isServed = info.endpoints.some(({ ready, serving, terminating }) => ready || (serving && terminating))
    const common = { protocol, service, isServed }
    const nodePorts = nodes.flatMap((node) => {
      const target = { address: addressOf(node, info.family) ?? '', port: info.nodePort }
      const places = address === undefined ? loopbacksOf(node, info.family) : node.number === 1 ? [address] : []
      return places.map((place) => ({ ...common, address: place, port: info.nodePort, target }))
    })
    const balanced = [...info.loadBalancerVIPs, ...info.loadBalancerProxyIPs].map((ip) => ({
      ...common,
      address: address ?? loopbackOf(ip),
      port: info.port,
      target: { address: ip, port: info.port },
    }))
    return [...(info.nodePort > 0 ? nodePorts : []), ...balanced]
  })
}

function isOutside({ nodePort, loadBalancerVIPs, loadBalancerProxyIPs }: ServicePortInfo): boolean {
  return nodePort > 0 || loadBalancerVIPs.length > 0 || loadBalancerProxyIPs.length > 0
}

function addressOf({ addresses }: ListenerNode, family: IPFamily): string | undefined {
  return addresses.find((address) => address.includes(':') === (family === 'IPv6'))
}

function loopbacksOf(node: ListenerNode, family: IPFamily): readonly string[] {
  if (addressOf(node, family) === undefined) return []
  const numbered = `127.0.0.${node.number}`
  if (family === 'IPv4') return [numbered]
  return [...(addressOf(node, 'IPv4') === undefined ? [numbered] : []), ...(node.number === 1 ? ['::1'] : [])]
}

/** 127.0.c.d for a.b.c.d, 127.6.c.d for an IPv6 address whose last bytes are c and d. */
function loopbackOf(loadBalancerIP: string): string {
  const ip = parseIP(loadBalancerIP)
  const network = ip?.family === 6 ? 0x7f06n : 0x7f00n
  return formatIP({ family: 4, value: (network << 16n) | ((ip?.value ?? 0n) & 0xffffn) })
}
