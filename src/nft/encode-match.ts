import { parseCIDR } from '../lib/ip.ts'
import { dataTypes } from './data-type.ts'
import { instruction, register, typeOf, writeExpression } from './encode-expression.ts'
import { firstOf, isPrefix } from './interval-bounds.ts'
import { MessageWriter } from './message-writer.ts'
import { addressTypes, bitsOf } from './flags.ts'
import type { DataType, Statement } from './ruleset.ts'
import { writeValue } from './value.ts'

const equalTo = 0
const notEqualTo = 1

/** Loads the left side and compares it. Throws RangeError where the right side is not of its type. */
export function writeMatch(writer: MessageWriter, { left, op, right }: Statement & { readonly kind: 'match' }): void {
  const type = typeOf(left)
  const operator = op === '==' ? equalTo : notEqualTo
  writeExpression(writer, left, 0)
  if (type === 'bits') {
    writeBitwise(writer, hostBytes(bitsOf(left, right)))
    // Any bit set: not zero. No bit set: zero.
    return writeCompare(writer, operator === equalTo ? notEqualTo : equalTo, hostBytes(0))
  }
  if (type === 'address type') return writeCompare(writer, operator, hostBytes(addressType(right)))
  if (type === 'direction') return writeCompare(writer, operator, Uint8Array.of(right === 'original' ? 0 : 1))
  if (type === 'ifname') return writeCompare(writer, operator, interfaceName(right))
  if (isPrefix(right)) writeBitwise(writer, maskOf(type, right))
  writeCompare(writer, operator, valueBytes(type, firstOf(right)))
}

function addressType(name: string): number {
  const number = addressTypes[name]
  if (number === undefined) throw new RangeError(`${JSON.stringify(name)} is not an address type`)
  return number
}

function valueBytes(type: DataType, text: string): Uint8Array {
  const scratch = new MessageWriter(16)
  writeValue(scratch, type, text)
  return scratch.bytes
}

function hostBytes(value: number): Uint8Array {
  const scratch = new MessageWriter(4)
  scratch.hostU32(value)
  return scratch.bytes
}

/** `veth*` compares as many bytes as it has; a full name all 16, with the NUL. */
function interfaceName(text: string): Uint8Array {
  const name = text.replaceAll('"', '')
  return name.endsWith('*')
    ? valueBytes('ifname', name.slice(0, -1)).subarray(0, name.length - 1)
    : valueBytes('ifname', name)
}

function maskOf(type: DataType, prefix: string): Uint8Array {
  const cidr = parseCIDR(prefix)
  if (cidr === undefined) throw new RangeError(`${JSON.stringify(prefix)} is not a prefix`)
  return Uint8Array.from({ length: dataTypes[type].bytes }, (_, i) => {
    const bits = Math.min(8, Math.max(0, cidr.prefixLength - 8 * i))
    return 256 - 2 ** (8 - bits)
  })
}

function writeBitwise(writer: MessageWriter, mask: Uint8Array): void {
  instruction(writer, 'bitwise', () => {
    writer.attributeU32(1, register(0))
    writer.attributeU32(2, register(0))
    writer.attributeU32(3, mask.length)
    writeBytes(writer, 4, mask)
    writeBytes(writer, 5, new Uint8Array(mask.length))
  })
}

export function writeCompare(writer: MessageWriter, operator: number, value: Uint8Array): void {
  instruction(writer, 'cmp', () => {
    writer.attributeU32(1, register(0))
    writer.attributeU32(2, operator)
    writeBytes(writer, 3, value)
  })
}

function writeBytes(writer: MessageWriter, attribute: number, bytes: Uint8Array): void {
  const at = writer.beginNested(attribute)
  const value = writer.begin(1)
  for (const byte of bytes) writer.u8(byte)
  writer.end(value)
  writer.end(at)
}
