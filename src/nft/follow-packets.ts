/** Follows single packets through namespaces, from what the kernel told of each rule that they met. */
import { hostAndPort } from '../lib/ip.ts'
import type { PacketHead, TraceEvent } from './trace-event.ts'
import { TRACE_ENDS, TRACE_TABLE } from './trace-table.ts'
import { type PacketCrossing, type PacketJourney, type PacketStep, stepName } from './packet-journey.ts'

export interface PlacedEvent {
  readonly place: string
  readonly event: TraceEvent
}

/** A connection as its client began it. */
export interface Flow {
  readonly place: string
  readonly protocol: 'TCP' | 'UDP'
  readonly sourcePort: number
  readonly address: string
  readonly port: number
}

/** What is known of the rule that an event names. */
export type DescribeStep = (
  place: string,
  event: TraceEvent,
) => Omit<PacketStep, 'verdict' | 'handle' | 'table' | 'chain'>

const COUNTING = / portolan-traffic$/

/** One packet in one namespace. */
interface Crossing {
  readonly place: string
  readonly isBorn: boolean
  readonly first: PacketHead
  last: PacketHead
  readonly events: TraceEvent[]
  end: PacketCrossing['end']
}

/** Of each connection its first packet, the first that came back, and the first other one that a rule has dropped. */
export function followPackets(
  told: readonly PlacedEvent[],
  flows: readonly Flow[],
  describe: DescribeStep,
): readonly PacketJourney[] {
  const crossings = crossingsOf(told)
  return flows.flatMap((flow) => {
    const sent = born(crossings, flow.place, (head) => isOf(flow, head))
    const ways = sent.map((identity) => wayOf(crossings, identity))
    const last = ways[0]?.at(-1)
    const back = last?.end === 'delivered' ? born(crossings, last.place, (head) => isReply(last.last, head)) : []
    const replies = back.map((identity) => wayOf(crossings, identity))
    const others = [...ways.slice(1), ...replies.slice(1)].filter((way) => way.at(-1)?.end === 'dropped').slice(0, 1)
    const of = (kind: PacketJourney['kind']) => (way: readonly Crossing[]) => journeyOf(kind, way, describe)
    return [
      ...ways.slice(0, 1).map(of('request')),
      ...replies.slice(0, 1).map(of('reply')),
      ...others.map((way) => of(ways.includes(way) ? 'request' : 'reply')(way)),
    ]
  })
}

/** The packet's id is used again, so that a new one begins with other headers, and after an end. */
function crossingsOf(told: readonly PlacedEvent[]): readonly Crossing[] {
  const all: Crossing[] = []
  const open = new Map<string, Crossing>()
  for (const { place, event } of told) {
    const key = `${place} ${event.id}`
    let crossing = open.get(key)
    const { packet } = event
    if (packet !== undefined && crossing?.first.identity !== packet.identity) {
      const isBorn = isOurs(event) && event.chain === 'began'
      crossing = { place, isBorn, first: packet, last: packet, events: [], end: 'lost' }
      all.push(crossing)
      open.set(key, crossing)
    }
    if (crossing === undefined) continue
    crossing.last = packet ?? crossing.last
    const end = endOf(event)
    if (end !== undefined) crossing.end = end
    if (!isOurs(event)) crossing.events.push(event)
    if (end !== undefined) open.delete(key)
  }
  return all
}

function isOurs({ table }: TraceEvent): boolean {
  return table.endsWith(` ${TRACE_TABLE}`)
}

function endOf(event: TraceEvent): PacketCrossing['end'] | undefined {
  if (event.verdict === 'drop') return 'dropped'
  return isOurs(event) && event.kind === 'policy' ? TRACE_ENDS[event.chain] : undefined
}

function isOf({ protocol, sourcePort, address, port }: Flow, head: PacketHead): boolean {
  const { destination, destinationPort } = head
  return (
    head.protocol === protocol.toLowerCase() &&
    head.sourcePort === sourcePort &&
    destination === address &&
    destinationPort === port
  )
}

function isReply(to: PacketHead, head: PacketHead): boolean {
  return (
    head.protocol === to.protocol &&
    head.source === to.destination &&
    head.sourcePort === to.destinationPort &&
    head.destination === to.source &&
    head.destinationPort === to.sourcePort
  )
}

/** The identities of packets that were sent there, each once. */
function born(all: readonly Crossing[], place: string, is: (head: PacketHead) => boolean): readonly string[] {
  const here = all.filter((crossing) => crossing.isBorn && crossing.place === place && is(crossing.first))
  return [...new Set(here.map(({ first }) => first.identity))]
}

/** In the order of the way: every router takes one from the hop limit, and what is sent comes before what is received. */
function wayOf(all: readonly Crossing[], identity: string): readonly Crossing[] {
  return all
    .filter(({ first }) => first.identity === identity)
    .toSorted((a, b) => b.first.hopLimit - a.first.hopLimit || Number(b.isBorn) - Number(a.isBorn))
}

function journeyOf(kind: PacketJourney['kind'], way: readonly Crossing[], describe: DescribeStep): PacketJourney {
  const crossings = way.map((crossing) => describeCrossing(crossing, describe))
  const last = crossings.at(-1)
  const by = last?.end === 'dropped' || last?.end === 'refused' ? last.steps.at(-1) : undefined
  const { protocol = '', flags = '' } = way[0]?.first ?? {}
  return {
    kind,
    protocol: protocol.toUpperCase(),
    flags,
    crossings,
    end: last === undefined || last.end === 'passed on' ? 'lost' : last.end,
    by: by === undefined || last === undefined ? null : { ...by, place: last.place },
    text: last === undefined ? 'no packet was seen' : endText(last, by),
  }
}

function describeCrossing({ place, first, last, events, end }: Crossing, describe: DescribeStep): PacketCrossing {
  let hook = ''
  const steps = events.filter(isTold).map((event): PacketStep => {
    const { table, chain, handle = null, verdict } = event
    const known = describe(place, event)
    // Only base chains hang on a hook: others are reached from one.
    hook = known.hook === '' ? hook : known.hook
    return { ...known, elements: chosen(known.elements, last), hook, table, chain, handle, verdict }
  })
  const isRefused = end === 'dropped' && /\breject\b/.test(steps.at(-1)?.text ?? '')
  return { place, packet: headText(first), leaves: headText(last), steps, end: isRefused ? 'refused' : end }
}

/** Of all elements that a rule may choose, the one that the packet was sent to. */
function chosen(elements: readonly string[], { destination, destinationPort }: PacketHead): readonly string[] {
  const to = ` : ${destination} . ${destinationPort}`
  return elements.some((element) => element.endsWith(to))
    ? elements.filter((element) => element.endsWith(to))
    : elements
}

/**
 * A chain that ends without a word says nothing of this packet (since Linux 5.17 its end is told as a rule without a
 * handle), and rules that only count decide nothing.
 */
function isTold({ table, kind, verdict, handle }: TraceEvent): boolean {
  if (COUNTING.test(table)) return false
  return handle !== undefined || (kind === 'policy' && verdict === 'drop')
}

function headText({ source, sourcePort, destination, destinationPort }: PacketHead): string {
  const text = (address: string, port: number | null): string => (port === null ? address : hostAndPort(address, port))
  return `${text(source, sourcePort)} -> ${text(destination, destinationPort)}`
}

function endText({ place, end, leaves }: PacketCrossing, by: PacketStep | undefined): string {
  switch (end) {
    case 'dropped':
    case 'refused':
      return `${end} on ${place}${by === undefined ? '' : ` by ${stepName(by)}`}`
    case 'delivered':
      return `delivered on ${place}`
    case 'passed on':
      return `last seen when it left ${place} (${leaves}): no rule of nftables dropped it until there`
    case 'lost':
      return `last seen on ${place} (${leaves}): no rule of nftables dropped it, but routing, legacy iptables or a socket`
    default:
      return end satisfies never
  }
}
