import { hash32 } from '../../../model/hash.ts'

/** Slots of the `endpoints` map are given out in blocks of this many. */
const BLOCK = 1024
const BLOCKS = 1 << 21

/**
 * Where a Service port's endpoints stand in the global maps. The block is a hash of the name, so that it stays the same
 * from one compilation to the next; where two names meet, the one that comes later in the order takes the next free block.
 */
export interface SlotAllocator {
  /** The first of `count` slots. */
  allocate(name: string, count: number): number
  /** A number above 0 that `name` alone has, the same each time it is asked. */
  id(name: string): number
}

export function createSlotAllocator(): SlotAllocator {
  const taken = new Set<number>()
  const ids = new Map<string, number>()
  const names = new Map<number, string>()
  return {
    id(name) {
      const known = ids.get(name)
      if (known !== undefined) return known
      let id = hash32(name)
      while (id === 0 || names.has(id)) id = (id + 1) >>> 0
      ids.set(name, id)
      names.set(id, name)
      return id
    },
    allocate(name, count) {
      const blocks = Math.max(1, Math.ceil(count / BLOCK))
      let first = hash32(name) % BLOCKS
      while (!isFree(taken, first, blocks)) first = (first + 1) % (BLOCKS - blocks)
      for (let i = 0; i < blocks; i++) taken.add(first + i)
      return first * BLOCK
    },
  }
}

function isFree(taken: ReadonlySet<number>, first: number, blocks: number): boolean {
  for (let i = 0; i < blocks; i++) if (taken.has(first + i)) return false
  return true
}
