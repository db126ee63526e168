import type { DataType, NftSet } from '../../../nft/ruleset.ts'

/** `address`: of the table's family. */
type Field = DataType | 'address'

const FRONTEND: readonly Field[] = ['address', 'inet_proto', 'inet_service']
const NODE_PORT: readonly Field[] = ['inet_proto', 'inet_service']
const ENDPOINT: readonly Field[] = ['address', 'inet_service']

export type SetDeclaration = Omit<NftSet, 'elements'>

/** Protocols of Service ports, as nft names them. */
export const PROTOCOLS: readonly string[] = ['tcp', 'udp', 'sctp']

/** Sizes of the shared rings: a Service port of n endpoints takes the first that fits it evenly enough. */
export const RING_SIZES: readonly number[] = [1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 16, 24, 32, 64, 128, 256, 512, 1024, 4096]

interface Declaration {
  readonly key: readonly Field[]
  readonly data?: readonly Field[] | 'verdict'
  readonly interval?: boolean
  readonly removal?: 'after' | 'later'
  /** The name ends in how many elements a frontend has, which stand in one. */
  readonly blocks?: boolean
}

/**
 * Named sets and maps. A table declares those that have elements. Their number does not grow with the Services, but for
 * session affinity. Without a `size`, for which the kernel sets memory aside: who writes a large set gives it one (room.ts).
 */
const DECLARATIONS: Readonly<Record<string, Declaration>> = {
  /** ClusterIP, external IP and load-balancer address of Service ports with a chain of their own. */
  'service-ips': { key: FRONTEND, data: 'verdict', removal: 'after' },
  'service-nodeports': { key: NODE_PORT, data: 'verdict', removal: 'after' },
  /** Frontends without any endpoint. */
  'no-endpoint-services': { key: FRONTEND, data: 'verdict' },
  'no-endpoint-nodeports': { key: NODE_PORT, data: 'verdict' },
  /** Load-balancer addresses with loadBalancerSourceRanges, and who may use them. */
  'firewall-ips': { key: FRONTEND },
  'source-ranges': { key: [...FRONTEND, 'address'], interval: true },
  'cluster-ips': { key: ['address'] },
  'nodeport-ips': { key: ['address'] },
  /** Frontends for which every source is masqueraded: externalTrafficPolicy Cluster. A set for each protocol. */
  'masquerade-ips': { key: ['address', 'inet_service'] },
  'masquerade-nodeports': { key: ['inet_service'] },
  /** Endpoints of this node paired with themselves: a Pod that reaches itself through its Service. */
  hairpin: { key: ['address', 'address', 'inet_proto', 'inet_service'] },
  /** What the rules of Service ports with a chain of their own choose from, by slot. */
  endpoints: { key: ['integer'], data: ENDPOINT, removal: 'later' },
  /** The same by an id that an endpoint keeps while it lives: what session affinity remembers. */
  'affinity-ids': { key: ['integer'], data: ['classid'], removal: 'later' },
  'affinity-endpoints': { key: ['classid'], data: ENDPOINT, removal: 'after' },
  'affinity-local-endpoints': { key: ['classid'], data: ENDPOINT, removal: 'after' },
  /** What Service ports without a chain of their own choose from: a pair of maps for each size that is in use. */
  ring: { key: [...FRONTEND, 'integer'], data: ENDPOINT, removal: 'after', blocks: true },
  'nodeport-ring': { key: [...NODE_PORT, 'integer'], data: ENDPOINT, removal: 'after', blocks: true },
  /** Of the balancer outside the nodes. */
  'load-balancers': { key: FRONTEND, data: 'verdict', removal: 'after' },
}

/** The declaration of a set by its name, which may end in a protocol or in a ring's size. */
export function declarationOf(name: string, address: 'ipv4_addr' | 'ipv6_addr'): SetDeclaration {
  const declaration = DECLARATIONS[name] ?? DECLARATIONS[name.slice(0, name.lastIndexOf('-'))]
  if (declaration === undefined) throw new Error(`set ${name} is not declared`)
  const typesOf = (fields: readonly Field[]): readonly DataType[] =>
    fields.map((field) => (field === 'address' ? address : field))
  const { key, data, blocks, ...plain } = declaration
  const rest = blocks ? { ...plain, block: Number(name.slice(name.lastIndexOf('-') + 1)) } : plain
  if (data === undefined) return { name, key: typesOf(key), ...rest }
  return { name, key: typesOf(key), data: data === 'verdict' ? data : typesOf(data), ...rest }
}
