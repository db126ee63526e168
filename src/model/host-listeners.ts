import { formatIP, parseIP } from '../lib/ip.ts'
import type { Protocol } from '../api/core.ts'
import type { ServicePortInfo } from './resolve-services.ts'

/** One port of the host that leads into the network. */
export interface HostListener {
  readonly protocol: Exclude<Protocol, 'SCTP'>
  readonly address: string
  readonly port: number
  readonly target: { readonly address: string; readonly port: number }
  /** Whose port it is: `namespace/name`, with the port's name where it has one. */
  readonly service: string
}

export interface ListenerNode {
  readonly address: string
  /** 1 for node-1: the last byte of its loopback address. */
  readonly number: number
}

/**
 * Every nodePort at 127.0.0.N of node-N, every load-balancer address a.b.c.N at 127.0.c.N (203.0.113.10 at 127.0.113.10).
 * With `address`, both there instead, and nodePorts of the first node only. All of 127.0.0.0/8 can be bound on Linux.
 */
export function hostListeners(
  services: readonly ServicePortInfo[],
  nodes: readonly ListenerNode[],
  address?: string,
): readonly HostListener[] {
  return services.flatMap((info) => {
    const { protocol, namespace, name, port } = info.name
    if (protocol === 'SCTP' || info.family !== 'IPv4') return []
    const service = `${namespace}/${name}${port === '' ? '' : `:${port}`}`
    const open = nodes.slice(0, address === undefined ? nodes.length : 1)
    const nodePorts = open.map((node) => ({
      protocol,
      address: address ?? `127.0.0.${node.number}`,
      port: info.nodePort,
      target: { address: node.address, port: info.nodePort },
      service,
    }))
    const balanced = [...info.loadBalancerVIPs, ...info.loadBalancerProxyIPs].map((ip) => ({
      protocol,
      address: address ?? loopbackOf(ip),
      port: info.port,
      target: { address: ip, port: info.port },
      service,
    }))
    return [...(info.nodePort > 0 ? nodePorts : []), ...balanced]
  })
}

/** 127.0.c.d for a.b.c.d. */
function loopbackOf(loadBalancerIP: string): string {
  const ip = parseIP(loadBalancerIP)
  return formatIP({ family: 4, value: (127n << 24n) | ((ip?.value ?? 0n) & 0xffffn) })
}
