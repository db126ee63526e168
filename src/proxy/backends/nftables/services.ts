import { categorizeEndpoints, type CategorizedEndpoints } from '../../../model/categorize-endpoints.ts'
import type { Endpoint, ServicePortInfo } from '../../../model/resolve-services.ts'
import type { Rule, Verdict } from '../../../nft/ruleset.ts'
import type { NodeContext } from '../../node-context.ts'
import { declareRing, goto, match, RING_SIZES, rule, SOURCE, verdict, type TableBuilder } from './layout.ts'
import { addChoiceChain, servicePortLabel } from './service-chains.ts'
import type { SlotAllocator } from './slots.ts'

const DROP: Verdict = { kind: 'drop' }
const REJECT: Verdict = goto('reject')

/** Rounding the ring up to this many slots an endpoint keeps the first endpoints' advantage below one in ... */
const EVENNESS = 4

export interface ServiceContext {
  readonly builder: TableBuilder
  readonly slots: SlotAllocator
  readonly node: NodeContext
  /** Whether Service ports without a wish of their own get a chain of their own: strict round robin. */
  readonly strict: boolean
  /** Sizes of the rings in use: added to. */
  readonly rings: Set<number>
}

/** Everything that one Service port needs in the table. */
export function addService(context: ServiceContext, info: ServicePortInfo): void {
  const { builder, node } = context
  const sets = categorizeEndpoints(info, node.name, node.zone)
  builder.element('cluster-ips', { key: [info.clusterIP] })
  addFirewall(builder, info)
  addHairpins(builder, info, node)
  if (!sets.hasAny) addFrontends(builder, info, REJECT, REJECT, 'no-endpoint')
  else if (context.strict || needsChain(info)) addOwnChains(context, info, sets)
  else addRing(context, info, sets.cluster)
}

function needsChain(info: ServicePortInfo): boolean {
  const plain = info.internalTrafficPolicy === 'Cluster' && info.externalTrafficPolicy === 'Cluster'
  return info.algorithm !== undefined || info.sessionAffinityTimeout !== undefined || !plain
}

function frontendKey(info: ServicePortInfo, address: string): readonly string[] {
  return [address, info.name.protocol.toLowerCase(), String(info.port)]
}

function externalAddresses(info: ServicePortInfo): readonly string[] {
  return [...info.externalIPs, ...info.loadBalancerVIPs]
}

/** `no-endpoint` puts the frontends into the maps of the filter chains, `service` into those of the nat chains. */
function addFrontends(
  builder: TableBuilder,
  info: ServicePortInfo,
  internal: Verdict | undefined,
  external: Verdict | undefined,
  maps: 'no-endpoint' | 'service',
): void {
  const byAddress = maps === 'service' ? 'service-ips' : 'no-endpoint-services'
  const byNodePort = maps === 'service' ? 'service-nodeports' : 'no-endpoint-nodeports'
  if (internal !== undefined) builder.element(byAddress, { key: frontendKey(info, info.clusterIP), data: internal })
  if (external === undefined) return
  for (const address of externalAddresses(info)) {
    builder.element(byAddress, { key: frontendKey(info, address), data: external })
  }
  if (info.nodePort > 0) builder.element(byNodePort, { key: nodePortKey(info), data: external })
}

function nodePortKey(info: ServicePortInfo): readonly string[] {
  return [info.name.protocol.toLowerCase(), String(info.nodePort)]
}

function addOwnChains(context: ServiceContext, info: ServicePortInfo, sets: CategorizedEndpoints): void {
  const { builder, slots } = context
  const label = servicePortLabel(info)
  const [clusterChain, localChain] = [`service-${label}`, `local-${label}`]
  const usesLocal = info.internalTrafficPolicy === 'Local' || info.externalTrafficPolicy === 'Local'
  if (sets.cluster.length > 0) addChoiceChain(builder, slots, clusterChain, info, sets.cluster)
  if (usesLocal && sets.local.length > 0) addChoiceChain(builder, slots, localChain, info, sets.local)
  const chainOr = (endpoints: readonly Endpoint[], chain: string): Verdict =>
    endpoints.length > 0 ? goto(chain) : DROP
  const cluster = chainOr(sets.cluster, clusterChain)
  const local = chainOr(sets.local, localChain)
  const internal = info.internalTrafficPolicy === 'Local' ? local : cluster
  if (info.externalTrafficPolicy === 'Local') addExternalLocal(context, info, cluster, local)
  else addMasquerade(builder, info)
  const external = info.externalTrafficPolicy === 'Local' ? goto(`external-${label}`) : cluster
  addFrontends(builder, info, internal, external, 'service')
}

/** externalTrafficPolicy Local: Pods and this node take the short way to every endpoint, others only to those here. */
function addExternalLocal(context: ServiceContext, info: ServicePortInfo, cluster: Verdict, local: Verdict): void {
  const rules: readonly Rule[] = [
    rule(match(SOURCE, '==', context.node.podCIDR), verdict(cluster)),
    rule(match({ kind: 'fib', address: 'saddr' }, '==', 'local'), verdict(cluster)),
    rule(verdict(local)),
  ]
  context.builder.chain(`external-${servicePortLabel(info)}`, rules)
}

function addMasquerade(builder: TableBuilder, info: ServicePortInfo): void {
  for (const address of externalAddresses(info)) builder.element('masquerade-ips', { key: frontendKey(info, address) })
  if (info.nodePort > 0) builder.element('masquerade-nodeports', { key: nodePortKey(info) })
}

/** Slots of the shared maps, filled in turn; a ring larger than the endpoints is filled evenly to within 1/EVENNESS. */
function addRing({ builder, rings }: ServiceContext, info: ServicePortInfo, endpoints: readonly Endpoint[]): void {
  const count = endpoints.length
  if (count === 0) return addFrontends(builder, info, DROP, DROP, 'service')
  const fits = (size: number): boolean => size === count || size >= count * EVENNESS
  const size = RING_SIZES.find(fits) ?? RING_SIZES.at(-1) ?? count
  rings.add(size)
  declareRing(builder, size)
  const frontends = [info.clusterIP, ...externalAddresses(info)].map((address) => frontendKey(info, address))
  for (let slot = 0; slot < size; slot++) {
    const endpoint = endpoints[slot % count]
    if (endpoint === undefined) continue
    const data = [endpoint.ip, String(endpoint.port)]
    for (const key of frontends) builder.element(`ring-${size}`, { key: [...key, String(slot)], data })
    if (info.nodePort > 0) builder.element(`nodeport-ring-${size}`, { key: [...nodePortKey(info), String(slot)], data })
  }
  addMasquerade(builder, info)
}

function addHairpins(builder: TableBuilder, info: ServicePortInfo, node: NodeContext): void {
  const protocol = info.name.protocol.toLowerCase()
  for (const endpoint of info.endpoints) {
    if (endpoint.nodeName !== node.name) continue
    builder.element('hairpin', { key: [endpoint.ip, endpoint.ip, protocol, String(endpoint.port)] })
  }
}

function addFirewall(builder: TableBuilder, info: ServicePortInfo): void {
  if (info.sourceRanges.length === 0 || info.sourceRanges.some((range) => range.endsWith('/0'))) return
  const chain = `firewall-${servicePortLabel(info)}`
  const allowed = info.sourceRanges.map((range) => rule(match(SOURCE, '==', range), verdict({ kind: 'return' })))
  builder.chain(chain, [...allowed, rule(verdict(DROP))])
  for (const address of info.loadBalancerVIPs) {
    builder.element('firewall-ips', { key: frontendKey(info, address), data: goto(chain) })
  }
}
