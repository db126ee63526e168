/** How many elements a set is made for. */
import { countElements, inSingles } from './blocks.ts'
import type { NftSet, Table } from './ruleset.ts'

/** From so many elements on. */
const LARGE = 4096
/** More than what an element takes in a transaction: 44 bytes of a map of IPv4, 84 of IPv6. */
const ELEMENT_BYTES = 128
const LARGEST = 2 ** 31

/**
 * `next` with large new sets given a `size`, and those that are there with the one that they have, as long as their
 * elements fit. The kernel makes a set of a size with all its buckets (nft_hash), and one without to grow again and again as
 * it fills (nft_rhash): with 50,000 elements that takes more than twice as long (6.18). A set that is full is made anew,
 * which is one transaction: where `mostBytes` of it do not hold that, none is given a size.
 */
export function withRoom(held: readonly Table[], next: Table, mostBytes: number): Table {
  const before = held.find(({ family, name }) => family === next.family && name === next.name)
  const most = mostBytes / ELEMENT_BYTES
  return {
    ...next,
    sets: next.sets.toValues().reduce((sets, set) => {
      const size = sizeOf(before?.sets.get(set.name), set, most)
      return size === undefined ? sets : sets.set(set.name, { ...set, size })
    }, next.sets),
  }
}

function sizeOf(before: NftSet | undefined, set: NftSet, most: number): number | undefined {
  if (set.interval === true || set.dynamic === true || set.size !== undefined) return undefined
  if (before !== undefined && (before.size === undefined || fits(before, set))) return before.size
  const count = countElements(set)
  const size = 2 ** Math.ceil(Math.log2(count * 1.25))
  return count < LARGE || size > Math.min(most, LARGEST) ? undefined : size
}

/** Elements that go do so when the new ones are there. */
function fits(before: NftSet, next: NftSet): boolean {
  const { size = 0, block = 1 } = before
  if (countElements(before) + countElements(next) <= size) return true
  if (before.block !== next.block) return fits(inSingles(before), inSingles(next))
  const gone = before.elements.changes(next.elements).filter(({ after }) => after === undefined)
  return countElements(next) + gone.length * block <= size
}
