import { OrderedMap } from '../../../lib/ordered-map.ts'
import {
  elementKey,
  type Chain,
  type DataType,
  type Element,
  type Selector,
  type NftSet,
  type Rule,
  type Statement,
  type Table,
  type Verdict,
} from '../../../nft/ruleset.ts'

export const TABLE = 'portolan'

/** Sizes of the shared rings: a Service port of n endpoints takes the first that fits it evenly enough. */
export const RING_SIZES: readonly number[] = [1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 16, 24, 32, 64, 128, 256, 512, 1024, 4096]

const FRONTEND: readonly DataType[] = ['ipv4_addr', 'inet_proto', 'inet_service']
const NODE_PORT: readonly DataType[] = ['inet_proto', 'inet_service']
const ENDPOINT: readonly DataType[] = ['ipv4_addr', 'inet_service']

export interface SetDeclaration {
  readonly key: readonly DataType[]
  readonly data?: readonly DataType[] | 'verdict'
}

/** Every named set and map, and what it is for. Their number does not grow with the Services, but for affinity. */
export const SERVICE_SETS: Readonly<Record<string, SetDeclaration>> = {
  /** ClusterIP, external IP and load-balancer address of Service ports with a chain of their own. */
  'service-ips': { key: FRONTEND, data: 'verdict' },
  'service-nodeports': { key: NODE_PORT, data: 'verdict' },
  /** Frontends without any endpoint, refused, or without a usable one here, dropped. */
  'no-endpoint-services': { key: FRONTEND, data: 'verdict' },
  'no-endpoint-nodeports': { key: NODE_PORT, data: 'verdict' },
  /** Load-balancer addresses with loadBalancerSourceRanges. */
  'firewall-ips': { key: FRONTEND, data: 'verdict' },
  'cluster-ips': { key: ['ipv4_addr'] },
  'nodeport-ips': { key: ['ipv4_addr'] },
  /** Frontends for which every source is masqueraded: externalTrafficPolicy Cluster. */
  'masquerade-ips': { key: FRONTEND },
  'masquerade-nodeports': { key: NODE_PORT },
  /** Endpoints of this node paired with themselves: a Pod that reaches itself through its Service. */
  hairpin: { key: ['ipv4_addr', 'ipv4_addr', 'inet_proto', 'inet_service'] },
  /** What the rules of Service ports with a chain of their own choose from, by slot. */
  endpoints: { key: ['integer'], data: ENDPOINT },
  /** The same by an id that an endpoint keeps while it lives: what session affinity remembers. */
  'affinity-ids': { key: ['integer'], data: ['mark'] },
  'affinity-endpoints': { key: ['mark'], data: ENDPOINT },
}

/** The sets of the balancer outside the nodes. */
export const BALANCER_SETS: Readonly<Record<string, SetDeclaration>> = {
  'load-balancers': { key: FRONTEND, data: 'verdict' },
  endpoints: { key: ['integer'], data: ENDPOINT },
}

/** What Service ports without a chain of their own choose from: a pair of maps for each size that is in use. */
export function declareRing(builder: TableBuilder, size: number): void {
  builder.declare({ name: `ring-${size}`, key: [...FRONTEND, 'integer'], data: ENDPOINT })
  builder.declare({ name: `nodeport-ring-${size}`, key: [...NODE_PORT, 'integer'], data: ENDPOINT })
}

export const PROTO: Selector = { kind: 'meta', key: 'l4proto' }
export const SOURCE: Selector = { kind: 'payload', field: 'ip saddr' }
export const DESTINATION: Selector = { kind: 'payload', field: 'ip daddr' }
export const DESTINATION_PORT: Selector = { kind: 'payload', field: 'th dport' }
export const FRONTEND_KEY: readonly Selector[] = [DESTINATION, PROTO, DESTINATION_PORT]
export const NODE_PORT_KEY: readonly Selector[] = [PROTO, DESTINATION_PORT]

export const goto = (chain: string): Verdict => ({ kind: 'goto', chain })
export const verdict = (value: Verdict): Statement => ({ kind: 'verdict', verdict: value })
export const rule = (...statements: readonly Statement[]): Rule => ({ statements })
export const match = (left: Selector, op: '==' | '!=', right: string): Statement => ({
  kind: 'match',
  left,
  op,
  right,
})

/** A table while it is compiled: names to contents. Whoever claims a key first has it. */
export interface TableBuilder {
  readonly chains: Map<string, Chain>
  chain(name: string, rules: readonly Rule[], hook?: Chain['hook']): void
  /** Nothing where it is declared already. Without a size: the kernel would set aside memory for all of it at once. */
  declare(set: Omit<NftSet, 'elements' | 'size'>): void
  /** False where the key is taken already. */
  element(set: string, element: Element): boolean
  has(set: string, key: readonly string[]): boolean
  build(): Table
}

export function buildTable(sets: Readonly<Record<string, SetDeclaration>>): TableBuilder {
  const chains = new Map<string, Chain>()
  const declarations = new Map<string, Omit<NftSet, 'elements'>>()
  const elements = new Map<string, Map<string, Element>>()
  const declare = (set: Omit<NftSet, 'elements' | 'size'>): void => {
    if (declarations.has(set.name)) return
    declarations.set(set.name, set)
    elements.set(set.name, new Map())
  }
  for (const [name, set] of Object.entries(sets)) declare({ name, ...set })
  const elementsOf = (set: string): Map<string, Element> => {
    const found = elements.get(set)
    if (found === undefined) throw new Error(`set ${set} is not declared`)
    return found
  }
  return {
    chains,
    chain: (name, rules, hook) => chains.set(name, { name, rules, ...(hook === undefined ? {} : { hook }) }),
    declare,
    element(set, element) {
      const key = elementKey(element)
      const taken = elementsOf(set).has(key)
      if (!taken) elementsOf(set).set(key, element)
      return !taken
    },
    has: (set, key) => elementsOf(set).has(elementKey({ key })),
    build: () => ({
      family: 'ip',
      name: TABLE,
      chains: OrderedMap.from(chains),
      sets: OrderedMap.from(
        [...declarations].map(
          ([name, set]) => [name, { ...set, elements: OrderedMap.from(elementsOf(name)) }] as const,
        ),
      ),
    }),
  }
}
