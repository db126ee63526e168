/** Sets as netlink attributes. Numbers: linux/netfilter/nf_tables.h, and libnftnl's udata.h for user data. */
import { dataTypes, fieldBytes, typeId } from './data-type.ts'
import type { MessageWriter } from './message-writer.ts'
import type { DataType, NftSet } from './ruleset.ts'
import { writeUserHeader, writeUserNumber } from './user-data.ts'

const setFlag = { interval: 0x4, map: 0x8, timeout: 0x10, eval: 0x20, concat: 0x80 }
const verdictType = 0xffffff00
const hostOrder = new Set<DataType>(['mark', 'classid', 'integer', 'ifname'])

/** A set's declaration, after the table's name. `id` tells it from others of its transaction. */
export function writeSet(writer: MessageWriter, set: NftSet, id: number): void {
  if (set.interval && set.key.some((type) => hostOrder.has(type))) {
    throw new RangeError(`set ${set.name}: an interval of ${set.key.join(' . ')} is not supported`)
  }
  writer.attributeText(2, set.name)
  writer.attributeU32(3, flagsOf(set))
  writer.attributeU32(4, typeId(set.key))
  writer.attributeU32(5, fieldBytes(set.key))
  if (set.data !== undefined) {
    writer.attributeU32(6, set.data === 'verdict' ? verdictType : typeId(set.data))
    writer.attributeU32(7, set.data === 'verdict' ? 0 : fieldBytes(set.data))
  }
  writer.attributeU32(10, id)
  writeDescription(writer, set)
  if (set.timeout !== undefined) writer.attributeU64(11, set.timeout * 1000)
  writeUserData(writer, set)
  if (set.counter) writeCounter(writer, 17)
}

function flagsOf(set: NftSet): number {
  return (
    (set.interval ? setFlag.interval : 0) |
    (set.data === undefined ? 0 : setFlag.map) |
    (set.timeout === undefined ? 0 : setFlag.timeout) |
    (set.dynamic ? setFlag.eval : 0) |
    (set.interval && set.key.length > 1 ? setFlag.concat : 0)
  )
}

/** Most elements; of an interval set of concatenations also each field's length. */
function writeDescription(writer: MessageWriter, set: NftSet): void {
  const fields = set.interval && set.key.length > 1 ? set.key : []
  // A set that rules add to needs a bound: nft gives the same one.
  const size = set.size ?? (set.dynamic ? 65535 : undefined)
  if (fields.length === 0 && size === undefined) return
  const at = writer.beginNested(9)
  if (size !== undefined) writer.attributeU32(1, size)
  if (fields.length > 0) {
    const concatenation = writer.beginNested(2)
    for (const type of fields) {
      const field = writer.beginNested(1)
      writer.attributeU32(1, dataTypes[type].bytes)
      writer.end(field)
    }
    writer.end(concatenation)
  }
  writer.end(at)
}

/** What nft needs to print the set as it was declared: the kernel keeps it unread. */
function writeUserData(writer: MessageWriter, set: NftSet): void {
  const { key, data } = set
  const at = writer.begin(13)
  writeUserNumber(writer, 0, byteOrderOf(key))
  if (data !== undefined) writeUserNumber(writer, 1, data === 'verdict' ? 0 : byteOrderOf(data))
  const named = key.includes('integer') || (data !== undefined && data !== 'verdict' && data.includes('integer'))
  if (named) {
    writeTypeof(writer, 3, key)
    if (data !== undefined && data !== 'verdict') writeTypeof(writer, 4, data)
  }
  if (data !== undefined) writeUserNumber(writer, 6, 0)
  writer.end(at)
}

function byteOrderOf(types: readonly DataType[]): number {
  const [first, ...rest] = types
  return first === undefined || rest.length > 0 ? 0 : dataTypes[first].byteOrder
}

const concatenationExpression = 13

function typeofBytes(type: DataType): number {
  return 6 + 2 + dataTypes[type].typeof.attributes.length * 6
}

function writeTypeof(writer: MessageWriter, attribute: number, types: readonly DataType[]): void {
  const [first] = types
  if (first !== undefined && types.length === 1) {
    writeUserHeader(writer, attribute, typeofBytes(first))
    return writeTypeofField(writer, first)
  }
  const inner = types.reduce((sum, type) => sum + 2 + typeofBytes(type), 0)
  writeUserHeader(writer, attribute, 6 + 2 + inner)
  writeUserNumber(writer, 0, concatenationExpression)
  writeUserHeader(writer, 1, inner)
  for (const [i, type] of types.entries()) {
    writeUserHeader(writer, i, typeofBytes(type))
    writeTypeofField(writer, type)
  }
}

function writeTypeofField(writer: MessageWriter, type: DataType): void {
  const { expression, attributes } = dataTypes[type].typeof
  writeUserNumber(writer, 0, expression)
  writeUserHeader(writer, 1, attributes.length * 6)
  for (const [attribute, value] of attributes) writeUserNumber(writer, attribute, value)
}

/** The counter that each element has. */
export function writeCounter(writer: MessageWriter, attribute: number): void {
  const at = writer.beginNested(attribute)
  writer.attributeText(1, 'counter')
  writer.end(writer.beginNested(2))
  writer.end(at)
}
