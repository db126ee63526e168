/** A rule's statements as nf_tables' instructions. */
import {
  instruction,
  register,
  writeExpression,
  writeImmediate,
  writeKey,
  writeLookup,
  writeMeta,
} from './encode-expression.ts'
import { writeCompare, writeMatch } from './encode-match.ts'
import { writeVerdict } from './encode-element.ts'
import type { MessageWriter } from './message-writer.ts'
import type { Expression, Family, Rule, Statement } from './ruleset.ts'
import { writeCounter } from './encode-set.ts'
import { writeUserComment } from './user-data.ts'
import { writeValue } from './value.ts'

/** NFPROTO_IPV4, NFPROTO_IPV6, NFPROTO_INET. */
export const familyNumber: Readonly<Record<Family, number>> = { ip: 2, ip6: 10, inet: 1 }

const metaNetworkProtocol = 15
const metaTransportProtocol = 16
const tcp = 6
const fullyRandom = 0x10
const protocolSpecified = 0x2

/** The attributes of a rule that follow its table and chain. */
export function writeRule(writer: MessageWriter, family: Family, rule: Rule): void {
  const at = writer.beginNested(4)
  const implied = new Set<number>()
  for (const statement of rule.statements) {
    if (family === 'inet') writeNetworkProtocol(writer, statement, implied)
    if (needsTcp(rule, statement)) writeProtocol(writer, metaTransportProtocol, tcp)
    writeStatement(writer, family, statement)
  }
  writer.end(at)
  if (rule.comment === undefined) return
  const userData = writer.begin(7)
  writeUserComment(writer, rule.comment)
  writer.end(userData)
}

/** In an inet table an address can be read only after a test of the network protocol, which nft does not show. */
function writeNetworkProtocol(writer: MessageWriter, statement: Statement, implied: Set<number>): void {
  for (const expression of expressionsOf(statement)) {
    if (expression.kind !== 'payload' || expression.field.startsWith('th')) continue
    const protocol = familyNumber[expression.field.startsWith('ip6') ? 'ip6' : 'ip']
    if (!implied.has(protocol)) writeProtocol(writer, metaNetworkProtocol, protocol)
    implied.add(protocol)
  }
}

function writeProtocol(writer: MessageWriter, key: number, protocol: number): void {
  writeMeta(writer, key, 0)
  writeCompare(writer, 0, Uint8Array.of(protocol))
}

/** Whether nft would put `meta l4proto tcp` before this reset. */
export function needsTcp(rule: Rule, statement: Statement): boolean {
  if (statement.kind !== 'reject' || statement.with !== 'tcp reset') return false
  return !rule.statements.some(
    (other) =>
      other.kind === 'match' && other.left.kind === 'meta' && other.left.key === 'l4proto' && other.op === '==',
  )
}

/** Every expression in a statement, also inside others. */
function expressionsOf(statement: Statement): readonly Expression[] {
  switch (statement.kind) {
    case 'match':
      return within(statement.left)
    case 'lookup':
    case 'vmap':
      return statement.key.flatMap(within)
    case 'dnat':
      return 'kind' in statement.to ? within(statement.to) : []
    case 'mark':
    case 'priority':
      return within(statement.value)
    case 'update':
    case 'delete':
      return [...statement.key.flatMap(within), ...(statement.data ? within(statement.data) : [])]
    default:
      return []
  }
}

function within(expression: Expression): readonly Expression[] {
  if (expression.kind === 'map') return expression.key.flatMap(within)
  return expression.kind === 'jhash' ? expression.of.flatMap(within) : [expression]
}

function writeStatement(writer: MessageWriter, family: Family, statement: Statement): void {
  switch (statement.kind) {
    case 'match':
      return writeMatch(writer, statement)
    case 'lookup':
      writeKey(writer, statement.key, 0)
      return writeLookup(writer, statement.set, 0, undefined, statement.not)
    case 'vmap':
      writeKey(writer, statement.key, 0)
      return writeLookup(writer, statement.map, 0, 'verdict')
    case 'verdict':
      return instruction(writer, 'immediate', () => {
        writer.attributeU32(1, 0)
        writeVerdict(writer, 2, statement.verdict)
      })
    case 'counter':
      return instruction(writer, 'counter', () => {})
    case 'mark':
    case 'priority':
      return writeMetaSet(writer, statement)
    case 'nftrace':
      return writeTrace(writer)
    case 'update':
    case 'delete':
      return writeDynamic(writer, statement)
    case 'reject':
      return writeReject(writer, family, statement.with)
    default:
      return writeNat(writer, family, statement)
  }
}

function writeMetaSet(
  writer: MessageWriter,
  { kind, value }: Statement & { readonly kind: 'mark' | 'priority' },
): void {
  writeExpression(writer, value, 0)
  instruction(writer, 'meta', () => {
    writer.attributeU32(2, kind === 'mark' ? 3 : 2)
    writer.attributeU32(3, register(0))
  })
}

/** NFT_META_NFTRACE, of one byte. */
function writeTrace(writer: MessageWriter): void {
  writeImmediate(writer, 0, () => writer.u8(1))
  instruction(writer, 'meta', () => {
    writer.attributeU32(2, 12)
    writer.attributeU32(3, register(0))
  })
}

function writeDynamic(writer: MessageWriter, statement: Statement & { readonly kind: 'update' | 'delete' }): void {
  const { kind, set, key, data } = statement
  const timeout = kind === 'update' ? statement.timeout : undefined
  const slot = writeKey(writer, key, 0)
  if (data !== undefined) writeExpression(writer, data, slot)
  instruction(writer, 'dynset', () => {
    writer.attributeU32(4, register(0))
    if (data !== undefined) writer.attributeU32(5, register(slot))
    writer.attributeU32(3, kind === 'update' ? 1 : 2)
    if (timeout !== undefined) writer.attributeU64(6, timeout * 1000)
    writer.attributeText(1, set)
    if (kind === 'update' && statement.counter) writeCounter(writer, 7)
  })
}

/** Types: 0 ICMP of the table's family, 1 TCP reset, 2 ICMP of the packet's family. Codes: port unreachable of each. */
const unreachable: Readonly<Record<Family, readonly [type: number, code: number]>> = {
  ip: [0, 3],
  ip6: [0, 4],
  inet: [2, 1],
}

function writeReject(writer: MessageWriter, family: Family, reason: 'port-unreachable' | 'tcp reset'): void {
  const [type, code] = reason === 'tcp reset' ? [1, 0] : unreachable[family]
  instruction(writer, 'reject', () => {
    writer.attributeU32(1, type)
    writer.attributeU8(2, code)
  })
}

type NatStatement = Statement & { readonly kind: 'dnat' | 'snat' | 'masquerade' }

function writeNat(writer: MessageWriter, family: Family, statement: NatStatement): void {
  if (statement.kind === 'masquerade') {
    return instruction(writer, 'masq', () => {
      if (statement.fullyRandom) writer.attributeU32(1, fullyRandom)
    })
  }
  if (statement.kind === 'snat') {
    const natFamily = writeAddress(writer, statement.to)
    return writeNatInstruction(writer, { type: 0, family: natFamily, port: undefined, literal: false })
  }
  const { to } = statement
  if ('kind' in to) {
    writeExpression(writer, to, 0)
    const natFamily = familyNumber[statement.family ?? (family === 'ip6' ? 'ip6' : 'ip')]
    return writeNatInstruction(writer, { type: 1, family: natFamily, port: natFamily === 2 ? 1 : 4, literal: false })
  }
  const natFamily = writeAddress(writer, to[0])
  writeImmediate(writer, 4, () => writeValue(writer, 'inet_service', to[1]))
  writeNatInstruction(writer, { type: 1, family: natFamily, port: 4, literal: true })
}

/** Puts an address into slot 0; the number of its family. */
function writeAddress(writer: MessageWriter, address: string): number {
  const type = address.includes(':') ? 'ipv6_addr' : 'ipv4_addr'
  writeImmediate(writer, 0, () => writeValue(writer, type, address))
  return familyNumber[type === 'ipv6_addr' ? 'ip6' : 'ip']
}

interface NatInstruction {
  readonly type: number
  readonly family: number
  /** The slot that holds the port. */
  readonly port: number | undefined
  /** nft sets a flag where address and port stand in the rule, none where they come from a map. */
  readonly literal: boolean
}

function writeNatInstruction(writer: MessageWriter, { type, family, port, literal }: NatInstruction): void {
  instruction(writer, 'nat', () => {
    writer.attributeU32(1, type)
    writer.attributeU32(2, family)
    writer.attributeU32(3, register(0))
    if (port !== undefined) writer.attributeU32(5, register(port))
    if (literal) writer.attributeU32(7, protocolSpecified)
  })
}
