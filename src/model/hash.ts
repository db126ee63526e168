/** Names that come out the same on every start: hashes instead of random numbers. */

/** The characters that Kubernetes uses in generated names: no vowels, nothing that is easily confused. */
const SAFE_ALPHABET = 'bcdfghjklmnpqrstvwxz2456789'
/** Kubernetes cuts the fixed part of a generated name so that the whole stays a DNS label. */
const MAX_NAME_LENGTH = 63

/** FNV-1a with a final mix, as an unsigned 32-bit number. */
export function hash32(text: string, seed = 0): number {
  let h = (0x811c9dc5 ^ seed) >>> 0
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193)
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

/** `length` characters of the safe alphabet that depend on `text` only. */
export function safeHash(text: string, length: number): string {
  let out = ''
  let rest = 0
  for (let i = 0; i < length; i++) {
    if (i % 5 === 0) rest = hash32(text, i)
    out += SAFE_ALPHABET.charAt(rest % SAFE_ALPHABET.length)
    rest = Math.floor(rest / SAFE_ALPHABET.length)
  }
  return out
}

/** `prefix` and `suffix`, the prefix cut where the name would not be a DNS label. */
export function generatedName(prefix: string, suffix: string): string {
  return prefix.slice(0, MAX_NAME_LENGTH - suffix.length) + suffix
}

/** The first of the names `prefix` + hash of (seed, 0), (seed, 1), ... that is not taken. */
export function freeName(prefix: string, seed: string, isTaken: (name: string) => boolean): string {
  for (let index = 0; ; index++) {
    const name = generatedName(prefix, safeHash(`${seed}/${index}`, 5))
    if (!isTaken(name)) return name
  }
}

/** JSON with the keys of every object in order: equal values have equal texts. */
export function canonicalJSON(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  )
}
