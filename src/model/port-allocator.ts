import { OrderedMap } from '../lib/ordered-map.ts'
import { findFree, staticBandSize, type Band } from './allocation-band.ts'
import type { Refusal } from './ip-allocator.ts'

/** Which node ports are taken, and by whom: one number space for all protocols and for health-check ports. A value. */
export interface PortAllocator {
  /** Both ends included. */
  readonly range: { readonly from: number; readonly to: number }
  /** Number to owner, `namespace/name`. */
  readonly owners: OrderedMap<string>
}

export function createPortAllocator(range: PortAllocator['range']): PortAllocator {
  return { range, owners: OrderedMap.empty() }
}

/** Takes `port` for `owner`, or says why not. */
export function allocatePort(allocator: PortAllocator, port: number, owner: string): PortAllocator | Refusal {
  const { range, owners } = allocator
  if (port < range.from || port > range.to) return { refused: 'outside' }
  const taken = owners.get(String(port))
  return taken === undefined ? take(allocator, port, owner) : { refused: 'taken', owner: taken }
}

/** A free port for `owner`, looked for from the place that `seed` hashes to; undefined when all are taken. */
export function allocateNextPort(
  allocator: PortAllocator,
  seed: string,
  owner: string,
): { readonly allocator: PortAllocator; readonly port: number } | undefined {
  const { range, owners } = allocator
  const band = bandOf(range)
  if (BigInt(owners.size) >= band.size) return undefined
  const offset = findFree(band, seed, (candidate) => owners.has(String(range.from + Number(candidate))))
  if (offset === undefined) return undefined
  const port = range.from + Number(offset)
  return { allocator: take(allocator, port, owner), port }
}

/** Gives `port` back if it is `owner`'s. */
export function releasePort(allocator: PortAllocator, port: number, owner: string): PortAllocator {
  const key = String(port)
  return allocator.owners.get(key) === owner ? { ...allocator, owners: allocator.owners.delete(key) } : allocator
}

function take(allocator: PortAllocator, port: number, owner: string): PortAllocator {
  return { ...allocator, owners: allocator.owners.set(String(port), owner) }
}

function bandOf(range: PortAllocator['range']): Band {
  const size = BigInt(range.to - range.from + 1)
  return { size, staticSize: staticBandSize(size, 16n, 32n, 128n) }
}
