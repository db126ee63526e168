import { release } from 'node:os'

/** Whether this kernel is of that version or a later one. `of`: as `uname -r` prints it. */
export function kernelIsAtLeast(major: number, minor: number, of: string = release()): boolean {
  const [ofMajor = 0, ofMinor = 0] = of.split('.').map((part) => Number.parseInt(part, 10))
  return ofMajor > major || (ofMajor === major && ofMinor >= minor)
}
