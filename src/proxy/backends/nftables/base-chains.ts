import type { Chain, Hook, Rule, Selector, Statement } from '../../../nft/ruleset.ts'
import type { NodeContext } from '../../node-context.ts'
import {
  DESTINATION_PORT,
  DROP,
  FROM_THIS_NODE,
  isLocalPod,
  MASQUERADE,
  match,
  NEW,
  NODE_PORT_KEY,
  PRIORITY,
  PROTO,
  refuse,
  rule,
  TRANSLATED,
  verdict,
} from './expressions.ts'
import { FAMILY_TERMS, type FamilyTerms } from './family-terms.ts'
import { PROTOCOLS, RING_SIZES } from './sets.ts'

/** nft's own words, such as `reject`, cannot be read back as names. */
export const REFUSE_CHAIN = 'refuse'

/** Whether a set is there: rules that would look into one that is not are left out. */
export type Has = (set: string) => boolean

/** The same for a set of nodePorts: a node without an address for them has no use for it. */
const hasNodePorts = (has: Has, set: string): boolean => has('nodeport-ips') && has(set)

/** The chains of a node that hook into its packet path, and those that they share. */
export function nodeChains(node: NodeContext, has: Has): readonly Chain[] {
  const jump = [rule(verdict({ kind: 'jump', chain: 'services' }))]
  const refused = clusterIPRules(node, has)
  const terms = FAMILY_TERMS[node.family]
  return [
    ...firewallChains(terms, has),
    { name: 'nat-prerouting', hook: { type: 'nat', hook: 'prerouting', priority: PRIORITY.dnat }, rules: jump },
    { name: 'nat-output', hook: { type: 'nat', hook: 'output', priority: PRIORITY.dnat }, rules: jump },
    ...filterChain('input', noEndpointRules(terms, has)),
    ...filterChain('forward', [...noEndpointServiceRules(terms, has), ...refused]),
    ...filterChain('output', [...noEndpointRules(terms, has), ...refused]),
    {
      name: 'nat-postrouting',
      hook: { type: 'nat', hook: 'postrouting', priority: PRIORITY.snat },
      rules: masqueradeRules(node, has),
    },
    { name: 'services', rules: serviceRules(terms, has) },
    ...(noEndpointRules(terms, has).length > 0 ? [{ name: REFUSE_CHAIN, rules: refuse() }] : []),
  ]
}

export function filterChain(hook: Hook['hook'], rules: readonly Rule[]): readonly Chain[] {
  if (rules.length === 0) return []
  return [{ name: `filter-${hook}`, hook: { type: 'filter', hook, priority: PRIORITY.filter }, rules }]
}

/** loadBalancerSourceRanges: whoever is in none of an address's ranges is dropped before anything else is decided. */
export function firewallChains(terms: FamilyTerms, has: Has): readonly Chain[] {
  if (!has('firewall-ips')) return []
  const rules = [
    rule(
      NEW,
      { kind: 'lookup', key: terms.frontendKey, set: 'firewall-ips' },
      { kind: 'lookup', key: [...terms.frontendKey, terms.source], set: 'source-ranges', not: true },
      DROP,
    ),
  ]
  return (['prerouting', 'output'] as const).map((hook) => ({
    name: `firewall-${hook}`,
    hook: { type: 'filter', hook, priority: PRIORITY.firewall },
    rules,
  }))
}

function serviceRules(terms: FamilyTerms, has: Has): readonly Rule[] {
  const rings = RING_SIZES.flatMap((modulus) => {
    // Not `inc`: a count that Services share would give one of two Services in alternation the same endpoint each time.
    const slot = { kind: 'numgen', mode: 'random', modulus, offset: 0 } as const
    const byAddress = { kind: 'map', key: [...terms.frontendKey, slot], map: `ring-${modulus}` } as const
    const byNodePort = { kind: 'map', key: [...NODE_PORT_KEY, slot], map: `nodeport-ring-${modulus}` } as const
    return [
      ...(has(byAddress.map) ? [rule({ kind: 'dnat', to: byAddress })] : []),
      ...(hasNodePorts(has, byNodePort.map) ? [rule(terms.toNode, { kind: 'dnat', to: byNodePort })] : []),
    ]
  })
  return [
    ...(has('service-ips') ? [rule({ kind: 'vmap', key: terms.frontendKey, map: 'service-ips' })] : []),
    ...(hasNodePorts(has, 'service-nodeports')
      ? [rule(terms.toNode, { kind: 'vmap', key: NODE_PORT_KEY, map: 'service-nodeports' })]
      : []),
    ...rings,
  ]
}

function noEndpointServiceRules(terms: FamilyTerms, has: Has): readonly Rule[] {
  const services: Statement = { kind: 'vmap', key: terms.frontendKey, map: 'no-endpoint-services' }
  return has('no-endpoint-services') ? [rule(NEW, services)] : []
}

function noEndpointRules(terms: FamilyTerms, has: Has): readonly Rule[] {
  const nodePorts: Statement = { kind: 'vmap', key: NODE_PORT_KEY, map: 'no-endpoint-nodeports' }
  return [
    ...noEndpointServiceRules(terms, has),
    ...(hasNodePorts(has, 'no-endpoint-nodeports') ? [rule(NEW, terms.toNode, nodePorts)] : []),
  ]
}

/** What still carries a ClusterIP here was no port of its Service: refused; an address that no Service has: dropped. */
function clusterIPRules(node: NodeContext, has: Has): readonly Rule[] {
  const { destination } = FAMILY_TERMS[node.family]
  return [
    ...(has('cluster-ips') ? refuse(NEW, { kind: 'lookup', key: [destination], set: 'cluster-ips' }) : []),
    ...node.serviceCIDRs.map((range) => rule(NEW, match(destination, '==', range), DROP)),
  ]
}

/**
 * Sources are changed by what the connection was first sent to, read from conntrack: no mark is needed. In order: a Pod
 * that reached itself; frontends that always hide the source; a ClusterIP used by anybody but a Pod; this node itself.
 */
function masqueradeRules(node: NodeContext, has: Has): readonly Rule[] {
  const terms = FAMILY_TERMS[node.family]
  const { source, destination, originalDestination: original } = terms
  const hairpin: Statement = { kind: 'lookup', key: [source, destination, PROTO, DESTINATION_PORT], set: 'hairpin' }
  const clusterIP: Statement = { kind: 'lookup', key: [original], set: 'cluster-ips' }
  return [
    ...(has('hairpin') ? [rule(TRANSLATED, hairpin, MASQUERADE)] : []),
    ...PROTOCOLS.flatMap((protocol) => frontendMasquerade(terms, protocol, has)),
    ...(has('cluster-ips') ? clusterIPMasquerade(node, clusterIP) : []),
    rule(TRANSLATED, FROM_THIS_NODE, MASQUERADE),
  ]
}

/** Of those who may, only Pods of this node are seen as they are: their answers come back through it. */
function clusterIPMasquerade({ family, localPods, masqueradeAll }: NodeContext, clusterIP: Statement): readonly Rule[] {
  if (masqueradeAll) return [rule(TRANSLATED, clusterIP, MASQUERADE)]
  if (localPods === undefined) return []
  return [rule(TRANSLATED, clusterIP, isLocalPod('!=', localPods, FAMILY_TERMS[family].source), MASQUERADE)]
}

/** A rule for each protocol: nft 1.0.6 reads `ct original proto-dst` only where the rule has named the protocol before. */
function frontendMasquerade(terms: FamilyTerms, protocol: string, has: Has): readonly Rule[] {
  const original = terms.originalDestination
  const port: Selector = { kind: 'ct', key: 'original proto-dst' }
  const [ips, nodePorts] = [`masquerade-ips-${protocol}`, `masquerade-nodeports-${protocol}`]
  const isProtocol = match(PROTO, '==', protocol)
  const toNode: Statement = { kind: 'lookup', key: [original], set: 'nodeport-ips' }
  const byAddress: Statement = { kind: 'lookup', key: [original, port], set: ips }
  const byNodePort: Statement = { kind: 'lookup', key: [port], set: nodePorts }
  return [
    ...(has(ips) ? [rule(TRANSLATED, isProtocol, byAddress, MASQUERADE)] : []),
    ...(hasNodePorts(has, nodePorts) ? [rule(TRANSLATED, isProtocol, toNode, byNodePort, MASQUERADE)] : []),
  ]
}
