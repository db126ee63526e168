/** What the elements of a set have counted, read over netlink. */
import { attribute, attributesOf, textOf } from './attribute.ts'
import { type Dump, listElements } from './read-back.ts'
import type { TableName } from './operation.ts'
import { readFields } from './read-value.ts'
import type { NftSet } from './ruleset.ts'

export interface ElementCount {
  readonly key: readonly string[]
  readonly packets: number
  readonly bytes: number
}

/** Of elements without a counter: nothing. */
export function readCounters(table: TableName, set: NftSet, read: Dump): readonly ElementCount[] {
  return listElements(read, table, set.name).flatMap((element) => {
    const [key, expression] = [attribute(element, 1), attribute(element, 7)]
    const value = key && attribute(attributesOf(key), 1)
    const counter = expression && countOf(expression)
    return value === undefined || counter === undefined ? [] : [{ key: readFields(set.key, value), ...counter }]
  })
}

function countOf(expression: DataView): Omit<ElementCount, 'key'> | undefined {
  const instruction = attributesOf(expression)
  const data = attribute(instruction, 2)
  if (textOf(attribute(instruction, 1)) !== 'counter' || data === undefined) return undefined
  const counts = attributesOf(data)
  const numberOf = (type: number): number => Number(attribute(counts, type)?.getBigUint64(0) ?? 0n)
  return { bytes: numberOf(1), packets: numberOf(2) }
}
