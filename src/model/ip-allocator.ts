import { cidrAddress, cidrContains, cidrSize, formatIP, type CIDR, type IP } from '../lib/ip.ts'
import { OrderedMap } from '../lib/ordered-map.ts'
import { findFree, staticBandSize, type Band } from './allocation-band.ts'

/** Which addresses of some ranges are taken, and by whom. A value: every change makes another one. */
export interface IPAllocator {
  /** Addresses are taken from the first one that has some. They may overlap. */
  readonly ranges: readonly CIDR[]
  /** Canonical address to owner, `namespace/name`. */
  readonly owners: OrderedMap<string>
}

export type Refusal = { readonly refused: 'taken'; readonly owner: string } | { readonly refused: 'outside' }

export function createIPAllocator(...ranges: readonly CIDR[]): IPAllocator {
  return { ranges, owners: OrderedMap.empty() }
}

/** Takes `address` for `owner`, or says why not. */
export function allocateIP(allocator: IPAllocator, address: IP, owner: string): IPAllocator | Refusal {
  if (!allocator.ranges.some((range) => isUsable(range, address))) return { refused: 'outside' }
  const taken = allocator.owners.get(formatIP(address))
  return taken === undefined ? take(allocator, address, owner) : { refused: 'taken', owner: taken }
}

/** Takes `address` for `owner` where nobody has it, in whatever range it is: what a Service has it keeps. */
export function holdIP(allocator: IPAllocator, address: IP, owner: string): IPAllocator {
  return allocator.owners.has(formatIP(address)) ? allocator : take(allocator, address, owner)
}

/** The address that `owner` gets; undefined when all ranges are full. The same owner gets the same one while it is free. */
export function allocateNextIP(
  allocator: IPAllocator,
  owner: string,
): { readonly allocator: IPAllocator; readonly address: IP } | undefined {
  for (const range of allocator.ranges) {
    const address = findAddress(range, allocator.owners, owner)
    if (address !== undefined) return { allocator: take(allocator, address, owner), address }
  }
  return undefined
}

function findAddress(range: CIDR, owners: IPAllocator['owners'], owner: string): IP | undefined {
  const isTaken = (candidate: bigint): boolean => owners.has(formatIP(addressAt(range, candidate)))
  const offset = findFree(usableBand(range), owner, isTaken)
  return offset === undefined ? undefined : addressAt(range, offset)
}

/** Gives `address` back if it is `owner`'s. */
export function releaseIP(allocator: IPAllocator, address: IP, owner: string): IPAllocator {
  const key = formatIP(address)
  return allocator.owners.get(key) === owner ? { ...allocator, owners: allocator.owners.delete(key) } : allocator
}

function take(allocator: IPAllocator, address: IP, owner: string): IPAllocator {
  return { ...allocator, owners: allocator.owners.set(formatIP(address), owner) }
}

/** IPv4 without network and broadcast address; IPv6 without the first address. */
function usableBand(range: CIDR): Band {
  const all = cidrSize(range)
  const size = range.family === 4 ? all - 2n : all - 1n
  return { size: size > 0n ? size : 0n, staticSize: staticBandSize(all, 16n, 16n, 256n) }
}

function addressAt(range: CIDR, offset: bigint): IP {
  return cidrAddress(range, offset + 1n)
}

function isUsable(range: CIDR, address: IP): boolean {
  if (!cidrContains(range, address)) return false
  const offset = address.value - range.base - 1n
  return offset >= 0n && offset < usableBand(range).size
}
