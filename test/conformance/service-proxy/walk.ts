/** Packets through the compiled tables, node by node, in every way that they may go. */
import { evaluateAll } from '../../../src/nft/evaluate.ts'
import type { Packet } from '../../../src/nft/packet.ts'
import type { Hook, Table } from '../../../src/nft/ruleset.ts'
import { targetOf } from './row.ts'
import { type AddressPlan, IPV4, isIn, nodeOfPod, type PlannedNode } from './address-plan.ts'

/** Of each node by name. */
export type Tables = Readonly<Record<string, Table>>

interface Way {
  readonly packet: Packet
  readonly masqueraded: boolean
}

interface Walk {
  readonly tables: Tables
  readonly plan: AddressPlan
}

/** Sorted and without repetition, in the words of the rows. */
export function walkRow(tables: Tables, from: string, to: string, plan: AddressPlan = IPV4): string {
  const { protocol, address, port } = targetOf(to)
  const [place = '', source] = from.split(' as ')
  const node = plan.nodes.find(({ name }) => name === place)
  const own = isLoopback(address) ? address : node?.address
  const saddr = source ?? plan.pods[place] ?? plan.outside[place] ?? own ?? ''
  const packet: Packet = {
    family: plan.family === 'IPv4' ? 4 : 6,
    l4proto: protocol,
    saddr,
    daddr: address,
    sport: 40_000,
    dport: port,
    ct: { state: 'new', status: [] },
  }
  const way = { packet, masqueraded: false }
  const walk = { tables, plan }
  const ends = node === undefined ? travel(walk, way, entryOf(plan, saddr, address), 0) : leave(walk, way, node)
  return [...new Set(ends)].sort().join(' ')
}

/** The node that a packet from a Pod or from outside comes to first. */
function entryOf(plan: AddressPlan, source: string, destination: string): PlannedNode | undefined {
  return nodeOfPod(source, plan) ?? nextNode(plan, destination)
}

function nextNode(plan: AddressPlan, destination: string): PlannedNode | undefined {
  const direct = plan.nodes.find(({ address }) => address === destination) ?? nodeOfPod(destination, plan)
  if (direct !== undefined) return direct
  return plan.routed.some((range) => isIn(range, destination)) ? plan.nodes[0] : undefined
}

const localAddresses = ({ address, podGateway, held }: PlannedNode): ReadonlySet<string> =>
  new Set([address, podGateway, ...held])

function isLocal(node: PlannedNode, address: string): boolean {
  return localAddresses(node).has(address) || isLoopback(address)
}

function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1'
}

/** Through a node's hooks in order; what one of them decides at once ends the way. */
function hooks(
  walk: Walk,
  way: Way,
  node: PlannedNode,
  names: readonly Hook['hook'][],
  then: (way: Way) => readonly string[],
): readonly string[] {
  const [hook, ...rest] = names
  if (hook === undefined) return then(way)
  const table = walk.tables[node.name]
  if (table === undefined) throw new Error(`no table of ${node.name}`)
  return evaluateAll([table], hook, way.packet, { localAddresses: localAddresses(node) }).flatMap(
    ({ outcome, packet }) => {
      if (outcome.kind === 'drop') return ['DROP']
      if (outcome.kind === 'reject') return ['REJECT']
      const masqueraded = outcome.kind === 'masquerade'
      const next = { packet, masqueraded: way.masqueraded || masqueraded }
      return hooks(walk, next, node, rest, then)
    },
  )
}

/** The links of Pods are called `veth` and a number. */
const POD_LINK = 'veth8'

/** A packet that comes to a node over a wire. */
function travel(walk: Walk, way: Way, node: PlannedNode | undefined, hop: number): readonly string[] {
  if (node === undefined || hop > 3) return ['-']
  const isFromPod = hop === 0 && nodeOfPod(way.packet.saddr, walk.plan) === node
  const arrived = { ...way, packet: { ...way.packet, iifname: isFromPod ? POD_LINK : 'eth0' } }
  return hooks(walk, arrived, node, ['prerouting'], (routed) => {
    if (isLocal(node, routed.packet.daddr)) return hooks(walk, routed, node, ['input'], deliver(node))
    return hooks(walk, routed, node, ['forward', 'postrouting'], (sent) => goOn(walk, sent, node, hop))
  })
}

/** A packet that the node itself sends. */
function leave(walk: Walk, way: Way, node: PlannedNode): readonly string[] {
  return hooks(walk, way, node, ['output', 'postrouting'], (sent) =>
    isLocal(node, sent.packet.daddr)
      ? hooks(walk, sent, node, ['input'], deliver(node))
      : goOn(walk, sent, node, 0),
  )
}

function goOn(walk: Walk, { packet, masqueraded }: Way, node: PlannedNode, hop: number): readonly string[] {
  const { plan } = walk
  const pod = Object.entries(plan.pods).find(([, address]) => address === packet.daddr)?.[0]
  if (pod !== undefined && nodeOfPod(packet.daddr, plan) === node) return [endText(pod, packet, masqueraded)]
  const saddr = masqueraded ? node.address : packet.saddr
  const fresh: Packet = { ...packet, saddr, ct: { state: 'new', status: [] } }
  const next = nextNode(plan, packet.daddr)
  return next === node ? ['-'] : travel(walk, { packet: fresh, masqueraded }, next, hop + 1)
}

function deliver(node: PlannedNode): (way: Way) => readonly string[] {
  return ({ packet, masqueraded }) => [endText(node.name, packet, masqueraded)]
}

function endText(name: string, packet: Packet, masqueraded: boolean): string {
  return `${name}:${packet.dport}${masqueraded ? 'm' : ''}`
}
