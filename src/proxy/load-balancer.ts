import { categorizeEndpoints } from '../model/categorize-endpoints.ts'
import type { Endpoint, ServicePortInfo } from '../model/resolve-services.ts'
import type { Rule, Statement, Table } from '../nft/ruleset.ts'
import {
  BALANCER_SETS,
  buildTable,
  DESTINATION,
  FRONTEND_KEY,
  goto,
  match,
  rule,
  SOURCE,
  verdict,
  type TableBuilder,
} from './backends/nftables/layout.ts'
import { choose, servicePortLabel } from './backends/nftables/service-chains.ts'
import { createSlotAllocator, type SlotAllocator } from './backends/nftables/slots.ts'

/** A node as the balancer sees it. */
export interface BalancedNode {
  readonly name: string
  readonly address: string
}

export interface BalancerContext {
  readonly nodes: readonly BalancedNode[]
  readonly loadBalancerCIDR: string
  readonly outsideCIDR: string
  readonly podCIDR: string
}

const NEW: Statement = match({ kind: 'ct', key: 'state' }, '==', 'new')
const REFUSE: Statement = { kind: 'reject', with: 'port-unreachable' }

/**
 * The fabric's table: the cloud's load balancer. A connection to a load-balancer address goes to the nodePort of some
 * node, nodes in turn, and is chosen for again there; a Service without nodePorts is balanced to its Pods.
 */
export function compileLoadBalancer(services: readonly ServicePortInfo[], context: BalancerContext): Table {
  const builder = buildTable(BALANCER_SETS)
  const slots = createSlotAllocator()
  for (const info of services) addBalanced(builder, slots, info, context)
  const dispatch = [rule({ kind: 'vmap', key: FRONTEND_KEY, map: 'load-balancers' })]
  builder.chain('load-balancers', dispatch)
  const jump = [rule(verdict({ kind: 'jump', chain: 'load-balancers' }))]
  builder.chain('nat-prerouting', jump, { type: 'nat', hook: 'prerouting', priority: -100 })
  builder.chain('nat-output', jump, { type: 'nat', hook: 'output', priority: -100 })
  const unserved = rule(NEW, match(DESTINATION, '==', context.loadBalancerCIDR), REFUSE)
  builder.chain('filter-output', [unserved], { type: 'filter', hook: 'output', priority: 0 })
  const forward = [unserved, refusePodAddresses(context)]
  builder.chain('filter-forward', forward, { type: 'filter', hook: 'forward', priority: 0 })
  return builder.build()
}

/** Pod addresses are of the network's inside: from outside only what the balancer sent there comes through. */
function refusePodAddresses(context: BalancerContext): Rule {
  return rule(
    NEW,
    match(SOURCE, '==', context.outsideCIDR),
    match(DESTINATION, '==', context.podCIDR),
    match({ kind: 'ct', key: 'status' }, '!=', 'dnat'),
    REFUSE,
  )
}

function addBalanced(
  builder: TableBuilder,
  slots: SlotAllocator,
  info: ServicePortInfo,
  context: BalancerContext,
): void {
  const addresses = [...info.loadBalancerVIPs, ...info.loadBalancerProxyIPs]
  const targets = info.nodePort > 0 ? healthyNodes(info, context.nodes) : readyEndpoints(info)
  if (addresses.length === 0 || targets.length === 0) return
  const chain = `load-balancer-${servicePortLabel(info)}`
  builder.chain(chain, [
    choose(builder, { ...info, algorithm: undefined }, targets, slots.allocate(chain, targets.length)),
  ])
  for (const address of addresses) {
    const key = [address, info.name.protocol.toLowerCase(), String(info.port)]
    builder.element('load-balancers', { key, data: goto(chain) })
  }
}

/** Every node, or with externalTrafficPolicy Local those whose healthCheckNodePort says that they have an endpoint. */
function healthyNodes(info: ServicePortInfo, nodes: readonly BalancedNode[]): readonly Pick<Endpoint, 'ip' | 'port'>[] {
  return nodes
    .filter(({ name }) => info.externalTrafficPolicy === 'Cluster' || hasReadyEndpoint(info, name))
    .map(({ address }) => ({ ip: address, port: info.nodePort }))
}

function hasReadyEndpoint(info: ServicePortInfo, nodeName: string): boolean {
  return categorizeEndpoints(info, nodeName, undefined).local.some((endpoint) => endpoint.ready)
}

function readyEndpoints(info: ServicePortInfo): readonly Endpoint[] {
  return categorizeEndpoints({ ...info, internalTrafficPolicy: 'Cluster' }, '', undefined).cluster
}
