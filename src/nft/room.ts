/** How many elements a set is made for. */
import { countElements, inSingles } from './blocks.ts'
import type { NftSet, Table } from './ruleset.ts'

/** From so many elements on. */
const LARGE = 4096
const LARGEST = 2 ** 30

/**
 * `next` with large new sets given a `size`, and those that are there with the one that they have, or a larger one where
 * their elements do not fit. The kernel makes a set of a size with all its buckets (nft_hash), and one without to grow again
 * and again as it fills (nft_rhash): with 50,000 elements that takes more than twice as long (6.18). A larger size comes
 * with no further buckets, but nothing is made anew. Kernels before 6.5 cannot change a size.
 */
export function withRoom(held: readonly Table[], next: Table): Table {
  const before = held.find(({ family, name }) => family === next.family && name === next.name)
  const sets = next.sets.toValues().reduce((all, set) => {
    const size = sizeOf(before?.sets.get(set.name), set)
    return size === undefined ? all : all.set(set.name, { ...set, size })
  }, next.sets)
  return { ...next, sets }
}

function sizeOf(before: NftSet | undefined, set: NftSet): number | undefined {
  if (set.interval === true || set.dynamic === true || set.size !== undefined) return undefined
  if (before?.interval === true || before?.dynamic === true) return undefined
  const most = mostElements(before, set)
  if (before !== undefined && (before.size === undefined || most <= before.size)) return before.size
  if (before === undefined && most < LARGE) return undefined
  return Math.min(LARGEST, 2 ** Math.ceil(Math.log2(most * 2)))
}

/** How many there may be on the way: elements that go do so when the new ones are there. */
function mostElements(before: NftSet | undefined, next: NftSet): number {
  if (before === undefined) return countElements(next)
  const atMost = countElements(before) + countElements(next)
  if (atMost <= (before.size ?? 0)) return atMost
  if (before.block !== next.block) return mostElements(inSingles(before), inSingles(next))
  const gone = before.elements.changes(next.elements).filter(({ after }) => after === undefined)
  return countElements(next) + gone.length * (before.block ?? 1)
}
