/** What the allocators of addresses and of ports share: where a search starts and how it goes on. */
import { hash32 } from './hash.ts'

/** A range of `size` values by offset: those below `staticSize` are left to explicit requests while others are free. */
export interface Band {
  readonly size: bigint
  readonly staticSize: bigint
}

/** min(max(`least`, size/`share`), `most`); none where the range has at most `least` values. */
export function staticBandSize(size: bigint, least: bigint, share: bigint, most: bigint): bigint {
  if (size <= least) return 0n
  const wanted = size / share
  return wanted < least ? least : wanted > most ? most : wanted
}

/** The first free offset of the dynamic band from the place that `text` hashes to, around its end; else of the static band. */
export function findFree(band: Band, text: string, isTaken: (offset: bigint) => boolean): bigint | undefined {
  return scan(band.staticSize, band.size - band.staticSize, text, isTaken) ?? scan(0n, band.staticSize, text, isTaken)
}

function scan(from: bigint, size: bigint, text: string, isTaken: (offset: bigint) => boolean): bigint | undefined {
  if (size <= 0n) return undefined
  const start = BigInt(hash32(text)) % size
  for (let step = 0n; step < size; step++) {
    const offset = from + ((start + step) % size)
    if (!isTaken(offset)) return offset
  }
  return undefined
}
