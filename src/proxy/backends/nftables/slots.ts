/** Numbers that stay the same from one compilation to the next: hashes of names, each wanted before it is had. */
import { hash32 } from '../../../model/hash.ts'

/** Slots of the `endpoints` map are given out in blocks of this many. */
const BLOCK = 1024
const BLOCKS = 1 << 21
/** Two names seldom meet in one number; that a name meets others in all of these does not happen. */
const TRIES = [0, 1, 2, 3]

type Owns = (resource: string) => boolean

interface Candidate {
  readonly number: number
  readonly resources: readonly string[]
}

/** Places for `count` slots in a row. */
function slotCandidates(chain: string, count: number): readonly Candidate[] {
  const blocks = Math.max(1, Math.ceil(count / BLOCK))
  return TRIES.map((seed) => {
    const first = hash32(chain, seed) % (BLOCKS - blocks)
    return { number: first * BLOCK, resources: Array.from({ length: blocks }, (_, i) => `block ${first + i}`) }
  })
}

/** What must be claimed so that `firstSlot` can give `count` slots to a chain. */
export function slotResources(chain: string, count: number): readonly string[] {
  return slotCandidates(chain, count).flatMap(({ resources }) => resources)
}

/** Where a chain's endpoints stand in the map: the first of `count` slots that it alone has. */
export function firstSlot(chain: string, count: number, owns: Owns): number {
  return firstOwned(slotCandidates(chain, count), owns, chain)
}

/** Never 0, which is the priority of most packets. */
function idCandidates(name: string): readonly Candidate[] {
  return TRIES.slice(0, 3).map((seed) => {
    const number = hash32(name, seed) || 1
    return { number, resources: [`id ${number}`] }
  })
}

export function idResources(name: string): readonly string[] {
  return idCandidates(name).flatMap(({ resources }) => resources)
}

/** A number that the name alone has. */
export function idOf(name: string, owns: Owns): number {
  return firstOwned(idCandidates(name), owns, name)
}

function firstOwned(candidates: readonly Candidate[], owns: Owns, name: string): number {
  const found = candidates.find(({ resources }) => resources.every(owns))
  if (found === undefined) throw new Error(`${name}: every number that it could have is another's`)
  return found.number
}
