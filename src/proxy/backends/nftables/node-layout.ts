import { categorizeEndpoints, type CategorizedEndpoints } from '../../../model/categorize-endpoints.ts'
import type { ServicePortInfo } from '../../../model/resolve-services.ts'
import type { Verdict } from '../../../nft/ruleset.ts'
import { cidrContains, parseCIDR, parseIP } from '../../../lib/ip.ts'
import type { NodeContext } from '../../node-context.ts'
import { nodeChains, REFUSE_CHAIN } from './base-chains.ts'
import { addChoiceChain, choiceResources, type Choice } from './choice-chain.ts'
import { type Owns, type Plan, rankOf } from './claims.ts'
import { FROM_THIS_NODE, goto, isLocalPod, rule, verdict } from './expressions.ts'
import { FAMILY_TERMS } from './family-terms.ts'
import { type Fragment, FragmentBuilder } from './fragment.ts'
import { frontendKey, nodePortKey, protocolOf, resourceName, servicePortLabel } from './label.ts'
import type { Layout } from './program.ts'
import { addRing } from './rings.ts'
import { addSourceRanges } from './source-ranges.ts'

const DROP: Verdict = { kind: 'drop' }
const REFUSE: Verdict = goto(REFUSE_CHAIN)

/** Ten thousand Service ports share it: of what most have not there is no empty list for each. */
const NONE: readonly never[] = []

/** One Service port on one node: what is decided about it before any element is written. */
class NodeService implements Plan {
  readonly info: ServicePortInfo
  readonly node: NodeContext
  readonly label: string
  readonly resources: readonly string[]
  readonly sets: CategorizedEndpoints
  /** The chains that choose an endpoint; none where it shares the rings. */
  readonly cluster: Choice | undefined
  readonly local: Choice | undefined
  /** Each address once. */
  readonly frontends: readonly Frontend[]
  /** Endpoints of this node, each with itself as source. */
  readonly hairpins: readonly (readonly string[])[]

  constructor(info: ServicePortInfo, node: NodeContext, strict: boolean) {
    const label = servicePortLabel(info)
    const sets = categorizeEndpoints(info, node.name, node.zone)
    const hasChain = strict || needsChain(info)
    this.info = info
    this.node = node
    this.label = label
    this.sets = sets
    this.cluster = hasChain ? choiceOf(`service-${label}`, info, sets.cluster, 'affinity-endpoints') : undefined
    this.local = hasChain ? choiceOf(`local-${label}`, info, sets.local, 'affinity-local-endpoints') : undefined
    this.frontends = frontendsOf(info)
    this.hairpins = hairpinKeys(info, node)
    this.resources = resourcesOf(this)
  }

  get rank(): string {
    return rankOf(this.info)
  }

  build(owns: Owns): Fragment {
    return buildService(this, owns)
  }
}

interface Frontend {
  readonly address: string
  readonly resource: string
}

/** The frontends of a Service port that no older Service has. */
interface Frontends {
  readonly clusterIP: readonly string[]
  readonly external: readonly string[]
  readonly balanced: readonly string[]
  readonly hasNodePort: boolean
}

/** The table of a node. `strict`: every Service port has a chain of its own, and with it strict round robin. */
export function nodeLayout(node: NodeContext, strict: boolean): Layout {
  const constants = new FragmentBuilder()
  for (const address of node.addresses) constants.element('nodeport-ips', [address])
  return {
    terms: FAMILY_TERMS[node.family],
    plan: (info) => new NodeService(info, node, strict),
    constants: constants.build().elements,
    sharedChains: (has) => nodeChains(node, has),
  }
}

function choiceOf(
  chain: string,
  info: ServicePortInfo,
  endpoints: Choice['endpoints'],
  affinityMap: Choice['affinityMap'],
): Choice | undefined {
  return endpoints.length > 0 ? { chain, info, endpoints, affinityMap } : undefined
}

function needsChain(info: ServicePortInfo): boolean {
  const plain = info.internalTrafficPolicy === 'Cluster' && info.externalTrafficPolicy === 'Cluster'
  return info.algorithm !== undefined || info.sessionAffinityTimeout !== undefined || !plain
}

function frontendsOf(info: ServicePortInfo): readonly Frontend[] {
  const { clusterIP, externalIPs, loadBalancerVIPs } = info
  const isPlain = externalIPs.length === 0 && loadBalancerVIPs.length === 0
  const addresses = isPlain ? [clusterIP] : [...new Set([clusterIP, ...externalIPs, ...loadBalancerVIPs])]
  return addresses.map((address) => ({ address, resource: resourceName(frontendKey(info, address)) }))
}

/** Each once. */
function resourcesOf({
  info,
  cluster,
  local,
  frontends,
  hairpins,
}: Omit<NodeService, 'resources' | 'build'>): readonly string[] {
  const resources = [info.clusterIP].concat(frontends.map(({ resource }) => resource))
  if (info.nodePort > 0) resources.push(resourceName(nodePortKey(info)))
  if (hairpins.length > 0) resources.push(...new Set(hairpins.map(resourceName)))
  if (cluster === undefined && local === undefined) return resources
  const chosen = [cluster, local].flatMap((choice) => (choice === undefined ? [] : choiceResources(choice)))
  return [...resources, ...new Set(chosen)]
}

function hairpinKeys(info: ServicePortInfo, node: NodeContext): readonly (readonly string[])[] {
  if (!info.endpoints.some((endpoint) => endpoint.nodeName === node.name)) return NONE
  const here = info.endpoints.filter((endpoint) => endpoint.nodeName === node.name)
  return here.map(({ ip, port }) => [ip, ip, protocolOf(info), String(port)])
}

function buildService(service: NodeService, owns: Owns): Fragment {
  const { info, sets } = service
  const builder = new FragmentBuilder()
  const frontends = ownFrontends(service, owns)
  if (owns(info.clusterIP)) builder.element('cluster-ips', [info.clusterIP])
  for (const key of service.hairpins) if (owns(resourceName(key))) builder.element('hairpin', key)
  if (info.sourceRanges.length > 0) addSourceRanges(builder, info, frontends.balanced, loopedBack(service))
  if (!sets.hasAny) addRefusal(builder, info, frontends)
  else addTranslation(builder, service, frontends, owns)
  return builder.build()
}

function ownFrontends({ info, frontends }: NodeService, owns: Owns): Frontends {
  const owned = frontends.filter(({ resource }) => owns(resource)).map(({ address }) => address)
  const isPlain = frontends.length === 1
  return {
    clusterIP: isPlain ? owned : owned.filter((address) => address === info.clusterIP),
    external: isPlain ? NONE : owned.filter((address) => address !== info.clusterIP),
    balanced: isPlain ? NONE : owned.filter((address) => info.loadBalancerVIPs.includes(address)),
    hasNodePort: info.nodePort > 0 && owns(resourceName(nodePortKey(info))),
  }
}

/**
 * Where the node itself is let in, so are the load balancer's addresses as sources: the node may hold them, and then
 * talks to one of them from that one.
 */
function loopedBack({ info, node }: NodeService): readonly string[] {
  const ranges = info.sourceRanges.flatMap((range) => parseCIDR(range) ?? [])
  const isIn = (address: string): boolean => {
    const ip = parseIP(address)
    return ip !== undefined && ranges.some((range) => cidrContains(range, ip))
  }
  return node.addresses.some(isIn) ? info.loadBalancerVIPs.filter((address) => !isIn(address)) : []
}

function addRefusal(builder: FragmentBuilder, info: ServicePortInfo, frontends: Frontends): void {
  for (const address of [...frontends.clusterIP, ...frontends.external]) {
    builder.element('no-endpoint-services', frontendKey(info, address), REFUSE)
  }
  if (frontends.hasNodePort) builder.element('no-endpoint-nodeports', nodePortKey(info), REFUSE)
}

function addTranslation(builder: FragmentBuilder, service: NodeService, frontends: Frontends, owns: Owns): void {
  const { info, sets, cluster, local } = service
  if (info.externalTrafficPolicy === 'Cluster') addMasquerade(builder, info, frontends)
  if (cluster === undefined && local === undefined && sets.cluster.length > 0 && !needsChain(info)) {
    return addRing(builder, info, sets.cluster, frontends)
  }
  for (const choice of [cluster, local]) if (choice !== undefined) addChoiceChain(builder, choice, owns)
  const [toCluster, toLocal] = [cluster, local].map((choice) => (choice === undefined ? DROP : goto(choice.chain)))
  addDispatch(builder, service, frontends, toCluster ?? DROP, toLocal ?? DROP)
}

function addDispatch(
  builder: FragmentBuilder,
  { info, node }: NodeService,
  frontends: Frontends,
  cluster: Verdict,
  local: Verdict,
): void {
  const internal = info.internalTrafficPolicy === 'Local' ? local : cluster
  for (const address of frontends.clusterIP) builder.element('service-ips', frontendKey(info, address), internal)
  if (frontends.external.length === 0 && !frontends.hasNodePort) return
  const external = info.externalTrafficPolicy === 'Local' ? addShortCut(builder, info, node, cluster, local) : cluster
  for (const address of frontends.external) builder.element('service-ips', frontendKey(info, address), external)
  if (frontends.hasNodePort) builder.element('service-nodeports', nodePortKey(info), external)
}

/** externalTrafficPolicy Local: Pods and this node take the short way to every endpoint, others only to those here. */
function addShortCut(
  builder: FragmentBuilder,
  info: ServicePortInfo,
  { family, localPods }: NodeContext,
  cluster: Verdict,
  local: Verdict,
): Verdict {
  const chain = `external-${servicePortLabel(info)}`
  builder.chain(chain, [
    ...(localPods === undefined
      ? []
      : [rule(isLocalPod('==', localPods, FAMILY_TERMS[family].source), verdict(cluster))]),
    rule(FROM_THIS_NODE, verdict(cluster)),
    rule(verdict(local)),
  ])
  return goto(chain)
}

function addMasquerade(builder: FragmentBuilder, info: ServicePortInfo, frontends: Frontends): void {
  const protocol = protocolOf(info)
  for (const address of frontends.external) {
    builder.element(`masquerade-ips-${protocol}`, [address, String(info.port)])
  }
  if (frontends.hasNodePort) builder.element(`masquerade-nodeports-${protocol}`, [String(info.nodePort)])
}
