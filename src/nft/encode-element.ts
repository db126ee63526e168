/** Elements of sets as netlink attributes. */
import { singleElements, withoutBlock } from './blocks.ts'
import { fieldBytes, paddedBytes } from './data-type.ts'
import { firstOf, lastOf, nextAfter } from './interval-bounds.ts'
import type { MessageWriter } from './message-writer.ts'
import type { DataType, Element, NftSet, Verdict } from './ruleset.ts'
import { writeUserComment, writeUserNumber } from './user-data.ts'
import { writeFields, writeFieldsAt, writeValueAt } from './value.ts'

/**
 * Elements one after the other. All of a set without intervals have one shape: each is written over a copy of the one
 * before it, and neighbours have most fields in common.
 */
export function elementWriter(writer: MessageWriter, set: NftSet, withData: boolean): (element: Element) => void {
  if (set.block !== undefined) return blockWriter(writer, set, set.block, withData)
  const dataTypes = withData && set.data !== undefined && set.data !== 'verdict' ? set.data : undefined
  const isOfOneShape = !set.interval && !(withData && set.data === 'verdict') && !set.key.includes('ifname')
  const [keyBytes, keyAt] = [fieldBytes(set.key), 3 * ATTRIBUTE]
  const dataAt = keyAt + paddedBytes(keyBytes) + 2 * ATTRIBUTE
  let last: Element | undefined
  let start = 0
  let end = 0
  return (element) => {
    if (!isOfOneShape || element.comment !== undefined) return writeElement(writer, set, element, withData)
    if (last === undefined) {
      start = writer.length
      writeElement(writer, set, element, withData)
      end = writer.length
    } else {
      start = writer.again(start, end)
      end = writer.length
      writeFieldsAt(writer, start + keyAt, set.key, element.key, last.key)
      if (dataTypes !== undefined) {
        writeFieldsAt(writer, start + dataAt, dataTypes, dataFields(element), dataFields(last))
      }
    }
    last = element
  }
}

const ATTRIBUTE = 4

/** As `elementWriter`, of elements that stand for several: each block is written over a copy of the one before it. */
function blockWriter(writer: MessageWriter, set: NftSet, block: number, withData: boolean): (element: Element) => void {
  const write = elementWriter(writer, withoutBlock(set), withData)
  const keyTypes = set.key.slice(0, -1)
  const [keyAt, keyBytes] = [3 * ATTRIBUTE, fieldBytes(keyTypes)]
  const types = withData && set.data !== undefined && set.data !== 'verdict' ? set.data : []
  const dataAt = keyAt + paddedBytes(fieldBytes(set.key)) + 2 * ATTRIBUTE
  const places = types.map((_, i) => dataAt + (i === 0 ? 0 : paddedBytes(fieldBytes(types.slice(0, i)))))
  let last: Element | undefined
  let start = 0
  let end = 0
  const overwrite = (element: Element, before: Element): void => {
    const size = (end - start) / block
    writeFieldsAt(writer, start + keyAt, keyTypes, element.key, before.key)
    const [fields, there] = [dataFields(element), dataFields(before)]
    if (fields.length < block * types.length) throw new RangeError(`${element.key.join(' . ')}: a block of ${block}`)
    for (let slot = 0, at = start; slot < block; slot++, at += size) {
      if (slot > 0) writer.copy(at + keyAt, start + keyAt, keyBytes)
      for (let i = 0, index = slot * types.length; i < types.length; i++, index++) {
        const [type, place, field] = [types[i], places[i], fields[index]]
        if (type === undefined || place === undefined || field === undefined || field === there[index]) continue
        writeValueAt(writer, at + place, type, field)
      }
    }
  }
  return (element) => {
    if (last === undefined) {
      start = writer.length
      for (const single of singleElements(set, [element])) write(single)
      end = writer.length
    } else {
      start = writer.again(start, end)
      end = writer.length
      overwrite(element, last)
    }
    last = element
  }
}

function dataFields({ data }: Element): readonly string[] {
  return data === undefined || 'kind' in data ? [] : data
}

/** One element, or the two that stand for an interval of a lone field: its first value, and the first one after it. */
function writeElement(writer: MessageWriter, set: NftSet, element: Element, withData: boolean): void {
  const [type] = set.key
  const [field] = element.key
  if (set.interval && set.key.length === 1 && type !== undefined && field !== undefined) {
    const next = nextAfter(type, field)
    writeOne(writer, set, { element, key: [firstOf(field)], withData, open: next === undefined })
    if (next !== undefined) writeIntervalEnd(writer, type, next)
    return
  }
  writeOne(writer, set, { element, key: set.interval ? element.key.map(firstOf) : element.key, withData, open: false })
}

interface OneElement {
  readonly element: Element
  readonly key: readonly string[]
  readonly withData: boolean
  /** The interval goes to the end of its type. */
  readonly open: boolean
}

function writeOne(writer: MessageWriter, set: NftSet, { element, key, withData, open }: OneElement): void {
  const at = writer.beginNested(1)
  writeData(writer, 1, set.key, key)
  if (set.interval && set.key.length > 1) writeData(writer, 10, set.key, element.key.map(lastOf))
  if (withData) {
    const { data, comment } = element
    if (data !== undefined) {
      if ('kind' in data) writeVerdict(writer, 2, data)
      else writeData(writer, 2, set.data === 'verdict' ? [] : (set.data ?? []), data)
    }
    if (comment !== undefined || open) writeElementUserData(writer, comment, open)
  }
  writer.end(at)
}

function writeElementUserData(writer: MessageWriter, comment: string | undefined, open: boolean): void {
  const at = writer.begin(6)
  if (comment !== undefined) writeUserComment(writer, comment)
  if (open) writeUserNumber(writer, 1, 1)
  writer.end(at)
}

function writeIntervalEnd(writer: MessageWriter, type: DataType, key: string): void {
  const at = writer.beginNested(1)
  writer.attributeU32(3, 1)
  writeData(writer, 1, [type], [key])
  writer.end(at)
}

function writeData(
  writer: MessageWriter,
  attribute: number,
  types: readonly DataType[],
  fields: readonly string[],
): void {
  const at = writer.beginNested(attribute)
  const value = writer.begin(1)
  writeFields(writer, types, fields)
  writer.end(value)
  writer.end(at)
}

const verdictCode = { drop: 0, accept: 1, continue: -1, jump: -3, goto: -4, return: -5 }

/** Data that is a verdict, as in an element or in an immediate. */
export function writeVerdict(writer: MessageWriter, attribute: number, verdict: Verdict): void {
  const data = writer.beginNested(attribute)
  const at = writer.beginNested(2)
  writer.attributeU32(1, verdictCode[verdict.kind])
  if ('chain' in verdict) writer.attributeText(2, verdict.chain)
  writer.end(at)
  writer.end(data)
}
