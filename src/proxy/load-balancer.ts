import type { IPFamily } from '../api/core.ts'
import { categorizeEndpoints } from '../model/categorize-endpoints.ts'
import type { Endpoint, ServicePortInfo } from '../model/resolve-services.ts'
import type { Chain, Rule } from '../nft/ruleset.ts'
import { filterChain, firewallChains, type Has } from './backends/nftables/base-chains.ts'
import { addChoiceChain, choiceResources, type Choice } from './backends/nftables/choice-chain.ts'
import { type Owns, type Plan, rankOf } from './backends/nftables/claims.ts'
import {
  goto,
  MASQUERADE,
  match,
  NEW,
  PRIORITY,
  refuse,
  rule,
  TRANSLATED,
  verdict,
} from './backends/nftables/expressions.ts'
import { FAMILY_TERMS } from './backends/nftables/family-terms.ts'
import { type Fragment, FragmentBuilder } from './backends/nftables/fragment.ts'
import { frontendKey, resourceName, servicePortLabel } from './backends/nftables/label.ts'
import { compileProgram, type Layout, type Program, type Services } from './backends/nftables/program.ts'
import { addSourceRanges } from './backends/nftables/source-ranges.ts'

/** A node as the balancer sees it. */
export interface BalancedNode {
  readonly name: string
  readonly address: string
}

/** Of one IP family. */
export interface BalancerContext {
  readonly family: IPFamily
  readonly nodes: readonly BalancedNode[]
  readonly nodeCIDR: string
  readonly loadBalancerCIDR: string
  readonly outsideCIDR: string
  readonly podCIDR: string
}

/** The balancer's table, and what makes the next one cheap. */
export interface BalancerProgram extends Program {
  readonly context: BalancerContext
}

/**
 * The fabric's table: the cloud's load balancer. A connection to a load-balancer address goes to the nodePort of some
 * node, nodes in turn, and is chosen for again there; a Service without nodePorts is balanced to its Pods. Its source
 * ranges are kept here, as the node sees a nodePort only; session affinity is the node's.
 */
export function compileLoadBalancer(
  services: Services,
  context: BalancerContext,
  previous?: BalancerProgram,
): BalancerProgram {
  const layout = previous?.context === context ? previous.layout : balancerLayout(context)
  const program = compileProgram(services, layout, previous)
  return program === previous ? previous : { ...program, context }
}

function balancerLayout(context: BalancerContext): Layout {
  return {
    terms: FAMILY_TERMS[context.family],
    plan: (info) => planBalanced(info, context),
    constants: [],
    sharedChains: (has) => balancerChains(context, has),
  }
}

function balancerChains(context: BalancerContext, has: Has): readonly Chain[] {
  const { source, destination, frontendKey } = FAMILY_TERMS[context.family]
  const dispatch = has('load-balancers') ? [rule({ kind: 'vmap', key: frontendKey, map: 'load-balancers' })] : []
  const jump = [rule(verdict({ kind: 'jump', chain: 'load-balancers' }))]
  const unserved = refuse(NEW, match(destination, '==', context.loadBalancerCIDR))
  // The network's inside would answer past the balancer, which then could not translate back.
  const fromInside = rule(TRANSLATED, match(source, '!=', context.outsideCIDR), MASQUERADE)
  return [
    ...firewallChains(FAMILY_TERMS[context.family], has),
    { name: 'load-balancers', rules: dispatch },
    { name: 'nat-prerouting', hook: { type: 'nat', hook: 'prerouting', priority: PRIORITY.dnat }, rules: jump },
    { name: 'nat-output', hook: { type: 'nat', hook: 'output', priority: PRIORITY.dnat }, rules: jump },
    {
      name: 'nat-postrouting',
      hook: { type: 'nat', hook: 'postrouting', priority: PRIORITY.snat },
      rules: [fromInside],
    },
    ...filterChain('output', unserved),
    ...filterChain('forward', [...unserved, ...refusePodAddresses(context), ...refuseElsewhere(context)]),
  ]
}

/** Pod addresses are of the network's inside: from outside only what the balancer sent there comes through. */
function refusePodAddresses(context: BalancerContext): readonly Rule[] {
  const { source, destination } = FAMILY_TERMS[context.family]
  return refuse(
    NEW,
    match(source, '==', context.outsideCIDR),
    match(destination, '==', context.podCIDR),
    match({ kind: 'ct', key: 'status' }, '!=', 'dnat'),
  )
}

/**
 * Where the network has no way to. IPv4 leaves that to routing, whose answer ends a connection at once; of the same answer
 * in IPv6 Linux tells a TCP client only when it has sent again, after a second.
 */
function refuseElsewhere(context: BalancerContext): readonly Rule[] {
  if (context.family === 'IPv4') return []
  const { destination } = FAMILY_TERMS[context.family]
  const inside = [context.podCIDR, context.nodeCIDR, context.outsideCIDR]
  return refuse(NEW, ...inside.map((range) => match(destination, '!=', range)))
}

function planBalanced(info: ServicePortInfo, context: BalancerContext): Plan {
  const label = servicePortLabel(info)
  const addresses = [...new Set([...info.loadBalancerVIPs, ...info.loadBalancerProxyIPs])]
  const endpoints = info.nodePort > 0 ? healthyNodes(info, context.nodes) : readyEndpoints(info)
  const plain = { ...info, algorithm: undefined, sessionAffinityTimeout: undefined }
  const choice: Choice = { chain: `load-balancer-${label}`, info: plain, endpoints, affinityMap: 'affinity-endpoints' }
  const isServed = addresses.length > 0 && endpoints.length > 0
  const resource = (address: string): string => resourceName(frontendKey(info, address))
  const build = (owns: Owns): Fragment => {
    const builder = new FragmentBuilder()
    const owned = addresses.filter((address) => owns(resource(address)))
    addSourceRanges(builder, info, owned, [])
    if (isServed) addChoiceChain(builder, choice, owns)
    for (const address of isServed ? owned : []) {
      builder.element('load-balancers', frontendKey(info, address), goto(choice.chain))
    }
    return builder.build()
  }
  const resources = [...addresses.map(resource), ...(isServed ? choiceResources(choice) : [])]
  return { label, rank: rankOf(info), resources, build }
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
