/**
 * Which packet ends where, by the sections of the specification. `from`: a Pod, a node, a client outside; `node-1 as IP`
 * takes another address of the node as source. `to`: protocol, address, port. `expect`: every endpoint that is chosen,
 * with `m` where it sees another source than the client's; REJECT; DROP; `-` where the network has no way there.
 */
import type { NodeContext } from '../../../src/proxy/node-context.ts'
import type { ServicePortInfo } from '../../../src/model/resolve-services.ts'

export type Row = readonly [from: string, to: string, expect: string]

export interface RowGroup {
  readonly name: string
  readonly services: readonly ServicePortInfo[]
  readonly rows: readonly Row[]
  /** What is special about the nodes. */
  readonly node?: (context: NodeContext) => NodeContext
}

/** What a row's `to` says; an IPv6 address stands in brackets there. */
export function targetOf(to: string): { readonly protocol: string; readonly address: string; readonly port: number } {
  const [, protocol = '', address = '', port = ''] = /^(\w+) \[?([^\s\]]+)\]?:(\d+)$/.exec(to) ?? []
  return { protocol, address, port: Number(port) }
}

export const VIP = '203.0.113.10'
export const OTHER_VIP = '203.0.113.11'
export const EXTERNAL = '192.0.2.10'
/** Held by node-1. */
export const HELD = '192.0.2.20'
export const HELD_VIP = '203.0.113.20'
export const NODE_1 = '192.168.1.100'
export const NODE_2 = '192.168.1.101'

export const both: readonly string[] = ['A:8080', 'C:8080']

/** Every kind of frontend beside the ClusterIP. */
export const everywhere: Pick<ServicePortInfo, 'externalIPs' | 'loadBalancerVIPs' | 'nodePort'> = {
  externalIPs: [EXTERNAL],
  loadBalancerVIPs: [VIP],
  nodePort: 30001,
}

export const frontendRows = (from: string, expect: string, protocol = 'tcp'): readonly Row[] =>
  [`10.96.0.41:80`, `${EXTERNAL}:80`, `${VIP}:80`, `${NODE_1}:30001`, `${NODE_2}:30001`].map(
    (to) => [from, `${protocol} ${to}`, expect] as const,
  )
