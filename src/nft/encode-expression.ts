/** Expressions as nf_tables' instructions on registers. Numbers: linux/netfilter/nf_tables.h. */
import { dataTypes, paddedBytes } from './data-type.ts'
import type { MessageWriter } from './message-writer.ts'
import type { DataType, Expression, Selector } from './ruleset.ts'

/** Registers are 16 slots of 32 bits; slot 0 is register 8. */
export function register(slot: number): number {
  return 8 + slot
}

/** One instruction: its name, then what `write` puts into it. */
export function instruction(writer: MessageWriter, name: string, write: () => void): void {
  const at = writer.beginNested(1)
  writer.attributeText(1, name)
  const data = writer.beginNested(2)
  write()
  writer.end(data)
  writer.end(at)
}

interface PayloadPlace {
  readonly base: 1 | 2
  readonly offset: number
  readonly type: DataType
}

const payloads: Readonly<Record<(Expression & { readonly kind: 'payload' })['field'], PayloadPlace>> = {
  'ip saddr': { base: 1, offset: 12, type: 'ipv4_addr' },
  'ip daddr': { base: 1, offset: 16, type: 'ipv4_addr' },
  'ip6 saddr': { base: 1, offset: 8, type: 'ipv6_addr' },
  'ip6 daddr': { base: 1, offset: 24, type: 'ipv6_addr' },
  'th sport': { base: 2, offset: 0, type: 'inet_service' },
  'th dport': { base: 2, offset: 2, type: 'inet_service' },
}

const metas: Readonly<
  Record<(Expression & { readonly kind: 'meta' })['key'], { readonly key: number; readonly type: DataType }>
> = {
  l4proto: { key: 16, type: 'inet_proto' },
  iifname: { key: 6, type: 'ifname' },
  oifname: { key: 7, type: 'ifname' },
  mark: { key: 3, type: 'mark' },
  priority: { key: 2, type: 'classid' },
}

interface ConntrackKey {
  readonly key: number
  readonly type: DataType | 'bits' | 'direction'
  readonly direction?: 0 | 1
}

const conntracks: Readonly<Record<(Expression & { readonly kind: 'ct' })['key'], ConntrackKey>> = {
  state: { key: 0, type: 'bits' },
  status: { key: 2, type: 'bits' },
  'original ip saddr': { key: 19, type: 'ipv4_addr', direction: 0 },
  'original ip daddr': { key: 20, type: 'ipv4_addr', direction: 0 },
  'original ip6 saddr': { key: 21, type: 'ipv6_addr', direction: 0 },
  'original ip6 daddr': { key: 22, type: 'ipv6_addr', direction: 0 },
  'original proto-dst': { key: 12, type: 'inet_service', direction: 0 },
  'reply ip saddr': { key: 19, type: 'ipv4_addr', direction: 1 },
  'reply ip6 saddr': { key: 21, type: 'ipv6_addr', direction: 1 },
  'reply proto-src': { key: 11, type: 'inet_service', direction: 1 },
  direction: { key: 1, type: 'direction' },
}

/** The type of what a selector loads; those that are no type of a set's field are compared in ways of their own. */
export function typeOf(selector: Selector): DataType | 'bits' | 'address type' | 'direction' {
  switch (selector.kind) {
    case 'payload':
      return payloads[selector.field].type
    case 'meta':
      return metas[selector.key].type
    case 'ct':
      return conntracks[selector.key].type
    case 'fib':
      return 'address type'
    default:
      return 'integer'
  }
}

function bytesOf(selector: Selector): number {
  const type = typeOf(selector)
  return type === 'bits' || type === 'address type' || type === 'direction' ? 4 : dataTypes[type].bytes
}

/** Loads an expression into `slot` and those after it. */
export function writeExpression(writer: MessageWriter, expression: Expression, slot: number): void {
  switch (expression.kind) {
    case 'map':
      writeKey(writer, expression.key, slot)
      return writeLookup(writer, expression.map, slot, slot)
    case 'constant':
      return writeImmediate(writer, slot, () => writer.hostU32(expression.value))
    case 'numgen':
      return instruction(writer, 'numgen', () => {
        writer.attributeU32(1, register(slot))
        writer.attributeU32(2, expression.modulus)
        writer.attributeU32(3, expression.mode === 'inc' ? 0 : 1)
        writer.attributeU32(4, expression.offset)
      })
    case 'jhash':
      return writeHash(writer, expression, slot)
    default:
      return writeLoad(writer, expression, slot)
  }
}

function writeLoad(
  writer: MessageWriter,
  expression: Exclude<Selector, { readonly kind: 'numgen' | 'jhash' }>,
  slot: number,
): void {
  switch (expression.kind) {
    case 'payload': {
      const { base, offset, type } = payloads[expression.field]
      return writePayload(writer, { slot, base, offset, bytes: dataTypes[type].bytes })
    }
    case 'meta':
      return writeMeta(writer, metas[expression.key].key, slot)
    case 'ct':
      return instruction(writer, 'ct', () => {
        const { key, direction } = conntracks[expression.key]
        writer.attributeU32(2, key)
        writer.attributeU32(1, register(slot))
        if (direction !== undefined) writer.attributeU8(3, direction)
      })
    case 'fib':
      return instruction(writer, 'fib', () => {
        writer.attributeU32(3, expression.address === 'saddr' ? 1 : 2)
        writer.attributeU32(2, 3)
        writer.attributeU32(1, register(slot))
      })
  }
}

interface PayloadLoad {
  readonly slot: number
  readonly base: number
  readonly offset: number
  readonly bytes: number
}

function writePayload(writer: MessageWriter, { slot, base, offset, bytes }: PayloadLoad): void {
  instruction(writer, 'payload', () => {
    writer.attributeU32(1, register(slot))
    writer.attributeU32(2, base)
    writer.attributeU32(3, offset)
    writer.attributeU32(4, bytes)
  })
}

export function writeMeta(writer: MessageWriter, key: number, slot: number): void {
  instruction(writer, 'meta', () => {
    writer.attributeU32(2, key)
    writer.attributeU32(1, register(slot))
  })
}

/** The hash of values loaded behind `slot`, into `slot`. */
function writeHash(writer: MessageWriter, hash: Selector & { readonly kind: 'jhash' }, slot: number): void {
  writeKey(writer, hash.of, slot + 1)
  const [first, ...rest] = hash.of
  const length =
    first !== undefined && rest.length === 0
      ? bytesOf(first)
      : hash.of.reduce((sum, selector) => sum + paddedBytes(bytesOf(selector)), 0)
  instruction(writer, 'hash', () => {
    writer.attributeU32(1, register(slot + 1))
    writer.attributeU32(2, register(slot))
    writer.attributeU32(3, length)
    writer.attributeU32(4, hash.modulus)
    writer.attributeU32(5, hash.seed)
    writer.attributeU32(6, hash.offset)
    writer.attributeU32(7, 0)
  })
}

/** Loads the fields of a key one after the other; the slot after the last one. */
export function writeKey(writer: MessageWriter, key: readonly Selector[], slot: number): number {
  let next = slot
  for (const selector of key) {
    writeExpression(writer, selector, next)
    next += paddedBytes(bytesOf(selector)) / 4
  }
  return next
}

/** Looks a key up. `destination`: a slot for a map's data, `verdict`, or nothing for a set. */
export function writeLookup(
  writer: MessageWriter,
  set: string,
  slot: number,
  destination?: number | 'verdict',
  inverted = false,
): void {
  instruction(writer, 'lookup', () => {
    writer.attributeU32(2, register(slot))
    if (destination !== undefined) writer.attributeU32(3, destination === 'verdict' ? 0 : register(destination))
    writer.attributeText(1, set)
    if (inverted) writer.attributeU32(5, 1)
  })
}

export function writeImmediate(writer: MessageWriter, slot: number, write: () => void): void {
  instruction(writer, 'immediate', () => {
    writer.attributeU32(1, register(slot))
    const at = writer.beginNested(2)
    const value = writer.begin(1)
    write()
    writer.end(value)
    writer.end(at)
  })
}
