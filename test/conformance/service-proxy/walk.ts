/** Packets through the compiled tables, node by node, in every way that they may go. */
import { cidrContains, parseCIDR, parseIP } from '../../../src/lib/ip.ts'
import { evaluateAll } from '../../../src/nft/evaluate.ts'
import type { Packet } from '../../../src/nft/packet.ts'
import type { Hook, Table } from '../../../src/nft/ruleset.ts'
import { NODES, nodeOfPod, OUTSIDE, type PlannedNode, PODS, ROUTED } from './address-plan.ts'

/** Of each node by name. */
export type Tables = Readonly<Record<string, Table>>

interface Way {
  readonly packet: Packet
  readonly masqueraded: boolean
}

/** Sorted and without repetition, in the words of the rows. */
export function walkRow(tables: Tables, from: string, to: string): string {
  const [, protocol = '', address = '', port = ''] = /^(\w+) (\S+):(\d+)$/.exec(to) ?? []
  const [place = '', source] = from.split(' as ')
  const node = NODES.find(({ name }) => name === place)
  const saddr = source ?? PODS[place] ?? OUTSIDE[place] ?? (address.startsWith('127.') ? address : node?.address) ?? ''
  const packet: Packet = {
    family: 4,
    l4proto: protocol,
    saddr,
    daddr: address,
    sport: 40_000,
    dport: Number(port),
    ct: { state: 'new', status: [] },
  }
  const way = { packet, masqueraded: false }
  const ends = node === undefined ? travel(tables, way, entryOf(saddr, address), 0) : leave(tables, way, node)
  return [...new Set(ends)].sort().join(' ')
}

/** The node that a packet from a Pod or from outside comes to first. */
function entryOf(source: string, destination: string): PlannedNode | undefined {
  return nodeOfPod(source) ?? nextNode(destination)
}

function nextNode(destination: string): PlannedNode | undefined {
  const direct = NODES.find(({ address }) => address === destination) ?? nodeOfPod(destination)
  if (direct !== undefined) return direct
  const ip = parseIP(destination)
  const isRouted =
    ip !== undefined && ROUTED.map(parseCIDR).some((cidr) => cidr !== undefined && cidrContains(cidr, ip))
  return isRouted ? NODES[0] : undefined
}

const localAddresses = ({ address, podGateway, held }: PlannedNode): ReadonlySet<string> =>
  new Set([address, podGateway, ...held])

function isLocal(node: PlannedNode, address: string): boolean {
  return localAddresses(node).has(address) || address.startsWith('127.')
}

/** Through a node's hooks in order; what one of them decides at once ends the way. */
function hooks(
  tables: Tables,
  way: Way,
  node: PlannedNode,
  names: readonly Hook['hook'][],
  then: (way: Way) => readonly string[],
): readonly string[] {
  const [hook, ...rest] = names
  if (hook === undefined) return then(way)
  const table = tables[node.name]
  if (table === undefined) throw new Error(`no table of ${node.name}`)
  return evaluateAll([table], hook, way.packet, { localAddresses: localAddresses(node) }).flatMap(
    ({ outcome, packet }) => {
      if (outcome.kind === 'drop') return ['DROP']
      if (outcome.kind === 'reject') return ['REJECT']
      const masqueraded = outcome.kind === 'masquerade'
      const next = { packet, masqueraded: way.masqueraded || masqueraded }
      return hooks(tables, next, node, rest, then)
    },
  )
}

/** A packet that comes to a node over a wire. */
function travel(tables: Tables, way: Way, node: PlannedNode | undefined, hop: number): readonly string[] {
  if (node === undefined || hop > 3) return ['-']
  return hooks(tables, way, node, ['prerouting'], (routed) => {
    if (isLocal(node, routed.packet.daddr)) return hooks(tables, routed, node, ['input'], deliver(node))
    return hooks(tables, routed, node, ['forward', 'postrouting'], (sent) => goOn(tables, sent, node, hop))
  })
}

/** A packet that the node itself sends. */
function leave(tables: Tables, way: Way, node: PlannedNode): readonly string[] {
  return hooks(tables, way, node, ['output', 'postrouting'], (sent) =>
    isLocal(node, sent.packet.daddr)
      ? hooks(tables, sent, node, ['input'], deliver(node))
      : goOn(tables, sent, node, 0),
  )
}

function goOn(tables: Tables, { packet, masqueraded }: Way, node: PlannedNode, hop: number): readonly string[] {
  const pod = Object.entries(PODS).find(([, address]) => address === packet.daddr)?.[0]
  if (pod !== undefined && nodeOfPod(packet.daddr) === node) return [endText(pod, packet, masqueraded)]
  const saddr = masqueraded ? node.address : packet.saddr
  const fresh: Packet = { ...packet, saddr, ct: { state: 'new', status: [] } }
  const next = nextNode(packet.daddr)
  return next === node ? ['-'] : travel(tables, { packet: fresh, masqueraded }, next, hop + 1)
}

function deliver(node: PlannedNode): (way: Way) => readonly string[] {
  return ({ packet, masqueraded }) => [endText(node.name, packet, masqueraded)]
}

function endText(name: string, packet: Packet, masqueraded: boolean): string {
  return `${name}:${packet.dport}${masqueraded ? 'm' : ''}`
}
