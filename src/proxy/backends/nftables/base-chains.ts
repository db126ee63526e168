import type { Rule, Statement } from '../../../nft/ruleset.ts'
import type { NodeContext } from '../../node-context.ts'
import {
  DESTINATION,
  DESTINATION_PORT,
  FRONTEND_KEY,
  match,
  NODE_PORT_KEY,
  PROTO,
  rule,
  SOURCE,
  verdict,
  type TableBuilder,
} from './layout.ts'

/** Others rely on these numbers: destinations change at -100, sources at 100, what is refused is refused at 0. */
const PRIORITY = { firewall: -110, dnat: -100, filter: 0, snat: 100 } as const

const NEW: Statement = match({ kind: 'ct', key: 'state' }, '==', 'new')
const REJECT: Statement = { kind: 'reject', with: 'port-unreachable' }
const MASQUERADE: Statement = { kind: 'masquerade', fullyRandom: true }
const TO_NODE: Statement = { kind: 'lookup', key: [DESTINATION], set: 'nodeport-ips' }

/** The chains that hook into the node's packet path, and those they share. `rings`: the sizes that are in use. */
export function addBaseChains(builder: TableBuilder, node: NodeContext, rings: readonly number[]): void {
  const jump = (chain: string): Rule => rule(verdict({ kind: 'jump', chain }))
  const firewall = rule(NEW, { kind: 'vmap', key: FRONTEND_KEY, map: 'firewall-ips' })
  builder.chain('filter-prerouting', [firewall], { type: 'filter', hook: 'prerouting', priority: PRIORITY.firewall })
  builder.chain('filter-output-firewall', [firewall], { type: 'filter', hook: 'output', priority: PRIORITY.firewall })
  builder.chain('nat-prerouting', [jump('services')], { type: 'nat', hook: 'prerouting', priority: PRIORITY.dnat })
  builder.chain('nat-output', [jump('services')], { type: 'nat', hook: 'output', priority: PRIORITY.dnat })
  builder.chain('filter-input', inputRules(), { type: 'filter', hook: 'input', priority: PRIORITY.filter })
  const onTheWay = [noEndpoints(), ...clusterIPRules(node)]
  builder.chain('filter-forward', onTheWay, { type: 'filter', hook: 'forward', priority: PRIORITY.filter })
  const fromHere = [...inputRules(), ...clusterIPRules(node)]
  builder.chain('filter-output', fromHere, { type: 'filter', hook: 'output', priority: PRIORITY.filter })
  const sources = masqueradeRules(node)
  builder.chain('nat-postrouting', sources, { type: 'nat', hook: 'postrouting', priority: PRIORITY.snat })
  builder.chain('services', serviceRules(rings))
  builder.chain('reject', [rule(REJECT)])
}

function serviceRules(sizes: readonly number[]): readonly Rule[] {
  const rings = sizes.flatMap((modulus) => {
    const slot = { kind: 'numgen', mode: 'inc', modulus, offset: 0 } as const
    const byAddress = { kind: 'map', key: [...FRONTEND_KEY, slot], map: `ring-${modulus}` } as const
    const byNodePort = { kind: 'map', key: [...NODE_PORT_KEY, slot], map: `nodeport-ring-${modulus}` } as const
    return [rule({ kind: 'dnat', to: byAddress }), rule(TO_NODE, { kind: 'dnat', to: byNodePort })]
  })
  return [
    rule({ kind: 'vmap', key: FRONTEND_KEY, map: 'service-ips' }),
    rule(TO_NODE, { kind: 'vmap', key: NODE_PORT_KEY, map: 'service-nodeports' }),
    ...rings,
  ]
}

function noEndpoints(): Rule {
  return rule(NEW, { kind: 'vmap', key: FRONTEND_KEY, map: 'no-endpoint-services' })
}

function inputRules(): readonly Rule[] {
  return [noEndpoints(), rule(NEW, TO_NODE, { kind: 'vmap', key: NODE_PORT_KEY, map: 'no-endpoint-nodeports' })]
}

/** What still carries a ClusterIP here was no port of its Service: refused; an address that no Service has: dropped. */
function clusterIPRules(node: NodeContext): readonly Rule[] {
  return [
    rule(NEW, { kind: 'lookup', key: [DESTINATION], set: 'cluster-ips' }, REJECT),
    rule(NEW, match(DESTINATION, '==', node.serviceCIDR), verdict({ kind: 'drop' })),
  ]
}

/**
 * Sources are changed by what the connection was first sent to, read from conntrack: no mark is needed. In order: a Pod
 * that reached itself; frontends that always hide the source; a ClusterIP used by anybody but a Pod; this node itself.
 */
function masqueradeRules(node: NodeContext): readonly Rule[] {
  const translated = match({ kind: 'ct', key: 'status' }, '==', 'dnat')
  const original = { kind: 'ct', key: 'original ip daddr' } as const
  const originalPort = { kind: 'ct', key: 'original proto-dst' } as const
  const masquerade = (...conditions: readonly Statement[]): Rule => rule(translated, ...conditions, MASQUERADE)
  return [
    masquerade({ kind: 'lookup', key: [SOURCE, DESTINATION, PROTO, DESTINATION_PORT], set: 'hairpin' }),
    masquerade({ kind: 'lookup', key: [original, PROTO, originalPort], set: 'masquerade-ips' }),
    masquerade(
      { kind: 'lookup', key: [original], set: 'nodeport-ips' },
      { kind: 'lookup', key: [PROTO, originalPort], set: 'masquerade-nodeports' },
    ),
    masquerade({ kind: 'lookup', key: [original], set: 'cluster-ips' }, match(SOURCE, '!=', node.podCIDR)),
    masquerade(match({ kind: 'fib', address: 'saddr' }, '==', 'local')),
  ]
}
