/**
 * What the kernel tells of a packet that is traced (`meta nftrace set 1`): one message for every rule that matched, and
 * for the policy at a base chain's end. Numbers: enum nft_trace_attributes of linux/netfilter/nf_tables.h; since Linux 4.6.
 */
import { formatIP } from '../lib/ip.ts'
import { attribute, attributesOf, messageAttributes, textOf } from './attribute.ts'
import { familyNumber } from './encode-rule.ts'
import type { Family } from './ruleset.ts'
import { protocolName } from './value.ts'

/** A packet's headers, as they are at the beginning of a base chain. */
export interface PacketHead {
  /** As nft names it: `tcp`. */
  readonly protocol: string
  readonly source: string
  readonly sourcePort: number | null
  readonly destination: string
  readonly destinationPort: number | null
  /** TTL or hop limit: each router takes one away. */
  readonly hopLimit: number
  /** `SYN`, `SYN+ACK`; empty for other protocols than TCP. */
  readonly flags: string
  /** The same wherever the packet is: of what neither NAT nor a router changes. */
  readonly identity: string
}

export interface TraceEvent {
  /** Of one packet in one namespace; the kernel uses it again for others. */
  readonly id: number
  /** With its family: `inet filter`. */
  readonly table: string
  readonly chain: string
  /** Absent where the chain's end or its policy is told. */
  readonly handle?: number
  /** `accept`, `drop`, `continue`, `jump CHAIN` and so on, as nft writes them. */
  readonly verdict: string
  /** `return`: a chain ended, and the one that jumped there goes on. */
  readonly kind: 'rule' | 'policy' | 'return'
  /** With the first event of each base chain only. */
  readonly packet?: PacketHead
}

/** NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_TRACE. */
const TRACE_MESSAGE = 0xa11
const TABLE = 1
const CHAIN = 2
const HANDLE = 3
const TYPE = 4
const VERDICT = 5
const ID = 6
const NETWORK_HEADER = 8
const TRANSPORT_HEADER = 9
const POLICY = 16
const KINDS: Readonly<Record<number, TraceEvent['kind']>> = { 1: 'policy', 2: 'return', 3: 'rule' }
const FAMILIES = new Map<number, string>([
  ...Object.entries(familyNumber).map(([name, number]): [number, Family] => [number, name as Family]),
  [3, 'arp'],
  [5, 'netdev'],
  [7, 'bridge'],
])
const VERDICTS: Readonly<Record<number, string>> = { 0: 'drop', 1: 'accept', 2: 'stolen', 3: 'queue', 4: 'repeat' }
const CONTROLS: Readonly<Record<number, string>> = {
  [-1]: 'continue',
  [-2]: 'continue',
  [-3]: 'jump',
  [-4]: 'goto',
  [-5]: 'return',
}

/** Undefined for another message. */
export function readTraceEvent(message: DataView): TraceEvent | undefined {
  if (message.byteLength < 20 || message.getUint16(4, true) !== TRACE_MESSAGE) return undefined
  const attributes = messageAttributes(message)
  const kind = KINDS[attribute(attributes, TYPE)?.getUint32(0) ?? 0]
  if (kind === undefined) return undefined
  const handle = attribute(attributes, HANDLE)
  const network = attribute(attributes, NETWORK_HEADER)
  const packet = network && readPacket(network, attribute(attributes, TRANSPORT_HEADER))
  return {
    id: attribute(attributes, ID)?.getUint32(0) ?? 0,
    table: `${FAMILIES.get(message.getUint8(16)) ?? 'unknown'} ${textOf(attribute(attributes, TABLE))}`,
    chain: textOf(attribute(attributes, CHAIN)),
    kind,
    verdict:
      kind === 'policy' ? policyText(attribute(attributes, POLICY)) : verdictText(attribute(attributes, VERDICT)),
    ...(handle !== undefined && { handle: Number(handle.getBigUint64(0)) }),
    ...(packet !== undefined && { packet }),
  }
}

function policyText(value: DataView | undefined): string {
  return VERDICTS[value?.getUint32(0) ?? 1] ?? 'accept'
}

function verdictText(value: DataView | undefined): string {
  if (value === undefined) return 'continue'
  const verdict = attributesOf(value)
  const code = attribute(verdict, 1)?.getInt32(0) ?? -1
  const target = textOf(attribute(verdict, 2))
  // Above the low byte stands why it is dropped (NF_DROP_REASON, since Linux 6.7), or the queue.
  const word = code < 0 ? CONTROLS[code] : VERDICTS[code & 0xff]
  return `${word ?? `verdict ${code}`}${target === '' ? '' : ` ${target}`}`
}

const [TCP, UDP, SCTP] = [6, 17, 132]

function readPacket(network: DataView, transport: DataView | undefined): PacketHead | undefined {
  const version = network.byteLength >= 20 ? network.getUint8(0) >> 4 : 0
  if (version !== 4 && (version !== 6 || network.byteLength < 40)) return undefined
  const isFour = version === 4
  const number = network.getUint8(isFour ? 9 : 6)
  const [from, to] = isFour ? [12, 16] : [8, 24]
  const ports = transport !== undefined && transport.byteLength >= 4 && [TCP, UDP, SCTP].includes(number)
  // In IPv6, which has no identification, the flow label stands for the socket.
  const identification = isFour ? network.getUint16(4) : network.getUint32(0) & 0xfffff
  return {
    protocol: protocolName(number),
    source: addressAt(network, from, isFour),
    destination: addressAt(network, to, isFour),
    sourcePort: ports ? transport.getUint16(0) : null,
    destinationPort: ports ? transport.getUint16(2) : null,
    hopLimit: network.getUint8(isFour ? 8 : 7),
    flags:
      number === TCP && transport !== undefined && transport.byteLength >= 14 ? flagsText(transport.getUint8(13)) : '',
    identity: `${number} ${identification} ${identityOf(number, transport)}`,
  }
}

function addressAt(view: DataView, at: number, isFour: boolean): string {
  if (isFour) return formatIP({ family: 4, value: BigInt(view.getUint32(at)) })
  return formatIP({ family: 6, value: (view.getBigUint64(at) << 64n) | view.getBigUint64(at + 8) })
}

/** Of TCP both numbers and the flags, of others the beginning of what they carry: NAT changes ports and checksums. */
function identityOf(protocol: number, transport: DataView | undefined): string {
  if (transport === undefined) return ''
  const [from, to] = protocol === TCP ? [4, 14] : [8, 20]
  let text = ''
  for (let i = from; i < Math.min(to, transport.byteLength); i++)
    text += transport.getUint8(i).toString(16).padStart(2, '0')
  return text
}

const FLAGS = ['FIN', 'SYN', 'RST', 'PSH', 'ACK', 'URG'] as const

function flagsText(bits: number): string {
  return FLAGS.filter((_, i) => (bits & (1 << i)) !== 0).join('+')
}
