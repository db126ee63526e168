import { formatIP, formatIPv4, parseIP, type IP } from '../lib/ip.ts'
import { KernelError, libc } from './libc.ts'
import type { NetworkNamespace } from './namespaces.ts'
import { createNetlinkWriter, type NetlinkWriter } from './netlink-writer.ts'
import { openNetlink, type NetlinkSocket } from './netlink.ts'

/** One direction of a tracked flow. */
export interface FlowTuple {
  readonly source: string
  readonly sourcePort: number
  readonly destination: string
  readonly destinationPort: number
}

/** A tracked flow: as its first packet was sent, and as the answers come. */
export interface Flow {
  /** IP protocol number. */
  readonly protocol: number
  readonly original: FlowTuple
  readonly reply: FlowTuple
  /** Both sides have closed it, or one has reset it: TCP that connection tracking only remembers. */
  readonly hasEnded: boolean
}

/** The connection tracking of one network namespace. */
export interface Conntrack {
  /** Flows of one IP protocol, of both IP families. */
  list(protocol: number): readonly Flow[]
  /** A flow that has ended meanwhile is no error. */
  delete(flows: readonly Flow[]): void
  close(): void
}

export const UDP = 17

// linux/netfilter/nfnetlink_conntrack.h
const CTNETLINK = 1 << 8
const [CT_GET, CT_DELETE] = [CTNETLINK | 1, CTNETLINK | 2]
const [REQUEST, DUMP] = [1, 0x300]
const AF_UNSPEC = 0
const AF = { 4: 2, 6: 10 } as const
const [TUPLE_ORIGINAL, TUPLE_REPLY, TUPLE_IP, TUPLE_PROTO] = [1, 2, 1, 2]
const [IP_SOURCE, IP_DESTINATION, IPV6_SOURCE, IPV6_DESTINATION] = [1, 2, 3, 4]
const [PROTO_NUMBER, PROTO_SOURCE_PORT, PROTO_DESTINATION_PORT] = [1, 2, 3]
const [PROTOCOL_INFORMATION, INFORMATION_TCP, TCP_STATE] = [4, 1, 1]
const NESTED = 0x8000
const TYPE_MASK = 0x3fff
/** Netlink header and struct nfgenmsg. */
const HEADER = 20
const ENOENT = 2
const DELETES_PER_SEND = 500

export function openConntrack(namespace?: NetworkNamespace, receiveBuffer?: number): Conntrack {
  const socket = openNetlink('netfilter', namespace, receiveBuffer)
  return {
    list: (protocol) => listFlows(socket, protocol),
    delete(flows) {
      for (let from = 0; from < flows.length; from += DELETES_PER_SEND) {
        deleteFlows(socket, flows.slice(from, from + DELETES_PER_SEND))
      }
    },
    close: () => socket.close(),
  }
}

function listFlows(socket: NetlinkSocket, protocol: number): readonly Flow[] {
  const writer = createNetlinkWriter()
  writer.begin(CT_GET, REQUEST | DUMP)
  writer.bytes(Uint8Array.of(AF_UNSPEC, 0, 0, 0))
  writer.end()
  const flows: Flow[] = []
  socket.dump(writer.finish(), (message) => {
    const flow = readFlow(message)
    if (flow?.protocol === protocol) flows.push(flow)
  })
  return flows
}

/** From a message of a list or of an event. */
export function readFlow(message: DataView): Flow | undefined {
  const found = attributes(message, HEADER, message.byteLength)
  const [original, reply] = [readTuple(message, found, TUPLE_ORIGINAL), readTuple(message, found, TUPLE_REPLY)]
  if (original === undefined || reply === undefined) return undefined
  const { protocol, tuple } = original
  return { protocol, original: tuple, reply: reply.tuple, hasEnded: hasEnded(message, found) }
}

/** linux/netfilter/nf_conntrack_tcp.h: LAST_ACK, TIME_WAIT, CLOSE. */
const ENDED = [6, 7, 8]

function hasEnded(message: DataView, found: Attributes): boolean {
  const place = nested(message, nested(message, found, PROTOCOL_INFORMATION), INFORMATION_TCP).get(TCP_STATE)
  return place !== undefined && ENDED.includes(message.getUint8(place.start))
}

type Attributes = ReadonlyMap<number, { readonly start: number; readonly end: number }>

function attributes(view: DataView, from: number, to: number): Attributes {
  const found = new Map<number, { start: number; end: number }>()
  for (let at = from; at + 4 <= to; ) {
    const length = view.getUint16(at, true)
    if (length < 4) break
    found.set(view.getUint16(at + 2, true) & TYPE_MASK, { start: at + 4, end: at + length })
    at += (length + 3) & ~3
  }
  return found
}

function nested(view: DataView, parent: Attributes, type: number): Attributes {
  const { start = 0, end = 0 } = parent.get(type) ?? {}
  return attributes(view, start, end)
}

function readTuple(
  view: DataView,
  tuples: Attributes,
  which: number,
): { readonly protocol: number; readonly tuple: FlowTuple } | undefined {
  const tuple = nested(view, tuples, which)
  const [ip, proto] = [nested(view, tuple, TUPLE_IP), nested(view, tuple, TUPLE_PROTO)]
  const address = (v4: number, v6: number): string | undefined => {
    const [four, six] = [ip.get(v4)?.start, ip.get(v6)?.start]
    if (four !== undefined) return formatIPv4(view.getUint32(four))
    if (six === undefined) return undefined
    return formatIP({ family: 6, value: (view.getBigUint64(six) << 64n) | view.getBigUint64(six + 8) })
  }
  const port = (type: number): number => {
    const place = proto.get(type)
    return place === undefined ? 0 : view.getUint16(place.start)
  }
  const [source, destination] = [address(IP_SOURCE, IPV6_SOURCE), address(IP_DESTINATION, IPV6_DESTINATION)]
  const number = proto.get(PROTO_NUMBER)
  if (source === undefined || destination === undefined || number === undefined) return undefined
  return {
    protocol: view.getUint8(number.start),
    tuple: {
      source,
      sourcePort: port(PROTO_SOURCE_PORT),
      destination,
      destinationPort: port(PROTO_DESTINATION_PORT),
    },
  }
}

function deleteFlows(socket: NetlinkSocket, flows: readonly Flow[]): void {
  const writer = createNetlinkWriter()
  for (const { protocol, original } of flows) {
    writer.begin(CT_DELETE, REQUEST)
    writer.bytes(Uint8Array.of(AF[addressOf(original.source).family], 0, 0, 0))
    writer.attribute(NESTED | TUPLE_ORIGINAL, () => writeTuple(writer, protocol, original))
    writer.end()
  }
  const failure = socket.transact(writer.finish()).find(({ errno }) => errno !== ENOENT)
  if (failure === undefined) return
  const flow = flows[failure.sequence - 1]
  throw new KernelError(flow === undefined ? 'conntrack -D' : deleteCommand(flow), libc().errorName(failure.errno))
}

function deleteCommand({ protocol, original }: Flow): string {
  const { source, sourcePort, destination, destinationPort } = original
  return `conntrack -D -p ${protocol} -s ${source} --sport ${sourcePort} -d ${destination} --dport ${destinationPort}`
}

function writeTuple(writer: NetlinkWriter, protocol: number, tuple: FlowTuple): void {
  const bigEndian = (value: bigint | number, bytes: number): Uint8Array =>
    Uint8Array.from({ length: bytes }, (_, i) => Number((BigInt(value) >> BigInt(8 * (bytes - 1 - i))) & 255n))
  const [source, destination] = [addressOf(tuple.source), addressOf(tuple.destination)]
  writer.attribute(NESTED | TUPLE_IP, () => {
    const isIPv4 = source.family === 4
    writer.attributeBytes(isIPv4 ? IP_SOURCE : IPV6_SOURCE, bigEndian(source.value, isIPv4 ? 4 : 16))
    writer.attributeBytes(isIPv4 ? IP_DESTINATION : IPV6_DESTINATION, bigEndian(destination.value, isIPv4 ? 4 : 16))
  })
  writer.attribute(NESTED | TUPLE_PROTO, () => {
    writer.attributeBytes(PROTO_NUMBER, Uint8Array.of(protocol))
    writer.attributeBytes(PROTO_SOURCE_PORT, bigEndian(tuple.sourcePort, 2))
    writer.attributeBytes(PROTO_DESTINATION_PORT, bigEndian(tuple.destinationPort, 2))
  })
}

function addressOf(text: string): IP {
  const ip = parseIP(text)
  if (ip === undefined) throw new Error(`${JSON.stringify(text)} is not an address`)
  return ip
}
