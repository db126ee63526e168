import type { ContainerPort, IPFamily, Pod } from '../api/core.ts'
import { formatIP, parseIP } from '../lib/ip.ts'
import { OrderedMap } from '../lib/ordered-map.ts'
import type { Chain, Element, NftSet, Table } from '../nft/ruleset.ts'
import {
  DESTINATION_PORT,
  MASQUERADE,
  match,
  NODE_PORT_KEY,
  PRIORITY,
  PROTO,
  rule,
  TRANSLATED,
} from './backends/nftables/expressions.ts'
import { FAMILY_TERMS, type FamilyTerms } from './backends/nftables/family-terms.ts'
import { PROTOCOLS } from './backends/nftables/sets.ts'

/** The name of the table, beside the Services' own. */
const NAME = 'portolan-host-ports'

/** After the Services' rules: a Service that has the address and port goes first. */
const AFTER_SERVICES = PRIORITY.dnat + 1

interface Published {
  /** Undefined: every address of the node. */
  readonly hostIP: string | undefined
  readonly protocol: string
  readonly hostPort: number
  readonly podIP: string
  readonly containerPort: number
}

/** Whether the network has to do anything for a Pod's hostPorts: on the node's own network its ports are there anyway. */
export function hasHostPorts({ spec }: Pod): boolean {
  return spec.hostNetwork !== true && portsOf(spec).some(({ hostPort = 0 }) => hostPort > 0)
}

function portsOf({ containers, initContainers = [] }: Pod['spec']): readonly ContainerPort[] {
  const sidecars = initContainers.filter(({ restartPolicy }) => restartPolicy === 'Always')
  return [...containers, ...sidecars].flatMap(({ ports = [] }) => ports)
}

/**
 * A node's table for the hostPorts of its Pods: connections to the node's address and port go to the Pod, from outside,
 * from other Pods, from the node itself and from the Pod. Of two Pods with the same port the first one has it.
 */
export function compileHostPorts(pods: readonly Pod[], family: IPFamily): Table {
  const terms = FAMILY_TERMS[family]
  const published = pods.filter(hasHostPorts).flatMap((pod) => publishedBy(pod, family))
  const [anywhere, somewhere] = [published.filter(isAnywhere), published.filter((port) => !isAnywhere(port))]
  const keys = (port: Published): readonly string[] => [port.protocol, String(port.hostPort)]
  const target = ({ podIP, containerPort }: Published): readonly string[] => [podIP, String(containerPort)]
  const { addressType: address } = terms
  const data = [address, 'inet_service'] as const
  const sets: readonly NftSet[] = [
    setOf(
      { name: 'host-ports-by-address', key: [address, 'inet_proto', 'inet_service'], data },
      somewhere.map((port) => ({ key: [port.hostIP ?? '', ...keys(port)], data: target(port) })),
    ),
    setOf(
      { name: 'host-ports', key: ['inet_proto', 'inet_service'], data },
      anywhere.map((port) => ({ key: keys(port), data: target(port) })),
    ),
    setOf(
      { name: 'hairpin', key: [address, address, 'inet_proto', 'inet_service'] },
      published.map((port) => ({ key: [port.podIP, port.podIP, port.protocol, String(port.containerPort)] })),
    ),
  ].filter(({ elements }) => elements.size > 0)
  const chains = sets.length === 0 ? [] : chainsOf(terms, new Set(sets.map(({ name }) => name)))
  return { family: terms.table, name: NAME, sets: byName(sets), chains: byName(chains) }
}

const isAnywhere = ({ hostIP }: Published): boolean => hostIP === undefined

function publishedBy({ spec, status }: Pod, family: IPFamily): readonly Published[] {
  const podIP = (status?.podIPs ?? []).map(({ ip }) => ip).find((ip) => familyOf(ip) === family)
  if (podIP === undefined || status?.phase === 'Succeeded' || status?.phase === 'Failed') return []
  return portsOf(spec).flatMap(({ hostPort = 0, containerPort, protocol = 'TCP', hostIP = '' }) => {
    const ip = hostIP === '' ? undefined : parseIP(hostIP)
    const isAll = hostIP === '' || ip?.value === 0n
    const name = protocol.toLowerCase()
    if (hostPort === 0 || !PROTOCOLS.includes(name) || (!isAll && (ip === undefined || familyOf(hostIP) !== family)))
      return []
    return [
      { hostIP: isAll || ip === undefined ? undefined : formatIP(ip), protocol: name, hostPort, podIP, containerPort },
    ]
  })
}

function familyOf(text: string): IPFamily | undefined {
  const family = parseIP(text)?.family
  return family === undefined ? undefined : family === 4 ? 'IPv4' : 'IPv6'
}

function setOf(declaration: Omit<NftSet, 'elements'>, elements: readonly Element[]): NftSet {
  const first = new Map<string, Element>()
  for (const element of elements) {
    const name = element.key.join(' . ')
    if (!first.has(name)) first.set(name, element)
  }
  return { ...declaration, elements: OrderedMap.from(first) }
}

function byName<T extends { readonly name: string }>(values: readonly T[]): OrderedMap<T> {
  return OrderedMap.by(values, ({ name }) => name)
}

function chainsOf({ source, destination, frontendKey }: FamilyTerms, sets: ReadonlySet<string>): readonly Chain[] {
  const toNode = match({ kind: 'fib', address: 'daddr' }, '==', 'local')
  const byAddress = { kind: 'map', key: frontendKey, map: 'host-ports-by-address' } as const
  const byPort = { kind: 'map', key: NODE_PORT_KEY, map: 'host-ports' } as const
  const rules = [
    ...(sets.has(byAddress.map) ? [rule({ kind: 'dnat', to: byAddress })] : []),
    ...(sets.has(byPort.map) ? [rule(toNode, { kind: 'dnat', to: byPort })] : []),
  ]
  const itself = { kind: 'lookup', key: [source, destination, PROTO, DESTINATION_PORT], set: 'hairpin' } as const
  const fromNode = match({ kind: 'fib', address: 'saddr' }, '==', 'local')
  return [
    { name: 'nat-prerouting', hook: { type: 'nat', hook: 'prerouting', priority: AFTER_SERVICES }, rules },
    { name: 'nat-output', hook: { type: 'nat', hook: 'output', priority: AFTER_SERVICES }, rules },
    {
      name: 'nat-postrouting',
      hook: { type: 'nat', hook: 'postrouting', priority: PRIORITY.snat },
      rules: [rule(TRANSLATED, itself, MASQUERADE), rule(TRANSLATED, fromNode, MASQUERADE)],
    },
  ]
}
