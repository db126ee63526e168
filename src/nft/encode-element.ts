/** Elements of sets as netlink attributes. */
import { firstOf, lastOf, nextAfter } from './interval-bounds.ts'
import type { MessageWriter } from './message-writer.ts'
import type { DataType, Element, NftSet, Verdict } from './ruleset.ts'
import { writeUserComment, writeUserNumber } from './user-data.ts'
import { writeFields } from './value.ts'

/** One element, or the two that stand for an interval of a lone field: its first value, and the first one after it. */
export function writeElement(writer: MessageWriter, set: NftSet, element: Element, withData: boolean): void {
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
