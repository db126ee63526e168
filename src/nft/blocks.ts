/** Elements that stand for several: see `NftSet.block`. */
import { OrderedMap } from '../lib/ordered-map.ts'
import { type Element, elementKey, type NftSet } from './ruleset.ts'

/** What these elements of a set stand for, one by one. */
export function singleElements(set: NftSet, elements: readonly Element[]): readonly Element[] {
  const { block } = set
  if (block === undefined) return elements
  return elements.flatMap((element) => Array.from({ length: block }, (_, i) => singleOf(set, element, i)))
}

/** Number `i` of those that an element of a set of blocks stands for. */
export function singleOf(set: NftSet, { key, data }: Element, i: number): Element {
  if (data === undefined || 'kind' in data) throw new RangeError(`set ${set.name}: only blocks of fields are supported`)
  const fields = fieldsOfData(set)
  return { key: key.concat(String(i)), data: data.slice(i * fields, (i + 1) * fields) }
}

/** How many fields the data of one element has. */
export function fieldsOfData({ data }: NftSet): number {
  return data === undefined || data === 'verdict' ? 0 : data.length
}

/** How the kernel knows the set. */
export function withoutBlock(set: NftSet): NftSet {
  if (set.block === undefined) return set
  const { block: _, ...rest } = set
  return rest
}

/** The same set with its elements one by one. */
export function inSingles(set: NftSet): NftSet {
  if (set.block === undefined) return set
  return { ...withoutBlock(set), elements: OrderedMap.by(singleElements(set, set.elements.toValues()), elementKey) }
}

/** How many elements the kernel has of it. */
export function countElements({ elements, block = 1 }: NftSet): number {
  return elements.size * block
}
