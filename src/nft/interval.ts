import { type CIDR, parseCIDR, parseIP } from '../lib/ip.ts'
import { singleElements } from './blocks.ts'
import { isPrefix } from './interval-bounds.ts'
import type { Element, NftSet } from './ruleset.ts'

/**
 * The elements of a set that the kernel is told of: of an interval set those that lie within no other one. The kernel
 * refuses nested intervals, and a packet is in the set either way. One by one, in order of their keys.
 */
export function effectiveElements(set: NftSet): readonly Element[] {
  const elements = singleElements(set, set.elements.toValues())
  if (!set.interval || !elements.some((element) => element.key.some(isPrefix))) return elements
  const boxes = elements.map((element) => ({ element, fields: element.key.map(parseField) }))
  const lengths = set.key.map((_, i) => [...new Set(boxes.map(({ fields }) => lengthOf(fields[i])))])
  // Wider elements first: whatever covers an element is in `names` before it.
  boxes.sort((a, b) => fixedBits(a.fields) - fixedBits(b.fields))
  const names = new Set<string>()
  const kept = new Set<Element>()
  for (const { element, fields } of boxes) {
    if (namesOfCovers(fields, lengths).some((name) => names.has(name))) continue
    names.add(fields.map((field) => nameOf(field, lengthOf(field))).join(' . '))
    kept.add(element)
  }
  return elements.filter((element) => kept.has(element))
}

/** An address or prefix; any other field stays text. */
type Field = CIDR | string

function parseField(text: string): Field {
  if (isPrefix(text)) return parseCIDR(text) ?? text
  const ip = parseIP(text)
  return ip === undefined ? text : { family: ip.family, base: ip.value, prefixLength: ip.family === 4 ? 32 : 128 }
}

function lengthOf(field: Field | undefined): number {
  return typeof field === 'object' ? field.prefixLength : 0
}

function fixedBits(fields: readonly Field[]): number {
  return fields.reduce((sum, field) => sum + lengthOf(field), 0)
}

function nameOf(field: Field, length: number): string {
  if (typeof field === 'string') return field
  const shift = BigInt((field.family === 4 ? 32 : 128) - length)
  return `${(field.base >> shift) << shift}/${length}`
}

/** The names of every key that covers these fields, itself included, among the prefix lengths that are there. */
function namesOfCovers(fields: readonly Field[], lengths: readonly (readonly number[])[]): readonly string[] {
  let names: readonly string[] = ['']
  for (const [i, field] of fields.entries()) {
    const wider = (lengths[i] ?? [])
      .filter((length) => length <= lengthOf(field))
      .map((length) => nameOf(field, length))
    names = names.flatMap((name) => wider.map((field) => (i === 0 ? field : `${name} . ${field}`)))
  }
  return names
}
