/** A value of a document together with the places of its parts. */

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject
export interface JsonObject {
  readonly [key: string]: JsonValue
}

/** Offsets are those of the text of the file, end-exclusive. */
export interface SourceNode {
  readonly value: JsonValue
  readonly start: number
  readonly end: number
  /** The entries of a mapping, each key once; the items of a list; empty for a scalar. */
  readonly entries: readonly SourceEntry[]
  /** About the characters that it takes to write the value. */
  readonly weight: number
  /** 0 for a scalar. */
  readonly depth: number
}

export interface SourceEntry {
  /** A field's name, or the index of an item. */
  readonly key: string | number
  /** The place of the key; of an item, the place of the item. */
  readonly keyStart: number
  readonly keyEnd: number
  readonly node: SourceNode
}

export const NO_ENTRIES: readonly SourceEntry[] = []

export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function entryOf(node: SourceNode, key: string | number): SourceEntry | undefined {
  return node.entries.find((entry) => entry.key === key)
}

/** A field of a value; undefined when the value is no mapping or lacks it. */
export function fieldOf(value: JsonValue, key: string): JsonValue | undefined {
  if (!isJsonObject(value)) return undefined
  const found: unknown = value[key]
  // What every object inherits is a function, but for one: asking who owns a field is slow.
  if (typeof found !== 'function' && key !== '__proto__') return value[key]
  return Object.hasOwn(value, key) ? value[key] : undefined
}

/**
 * What to point at: a scalar itself, and of a mapping or list the key that it stands under, because its own text runs
 * over many lines.
 */
export function placeOf(entry: SourceEntry): { readonly start: number; readonly end: number } {
  const { node } = entry
  const isPlaced = (typeof node.value !== 'object' && node.end > node.start) || typeof entry.key === 'number'
  return isPlaced ? { start: node.start, end: node.end } : { start: entry.keyStart, end: entry.keyEnd }
}

/** Sets a field of a mapping that is being made, with `__proto__` as an ordinary key. */
export function putField(fields: Record<string, JsonValue>, key: string, value: JsonValue): void {
  if (key === '__proto__') {
    Object.defineProperty(fields, key, { value, enumerable: true, configurable: true, writable: true })
  } else fields[key] = value
}
