/** Reads raw objects of any kind: what is absent or of another type is undefined or empty, never an error. */
import { fieldOf, isJsonObject, type JsonObject, type JsonValue } from '../../manifest/node.ts'

export type Path = readonly (string | number)[]

const NOTHING: JsonObject = {}

/** The value at a path. */
export function valueAt(value: JsonValue | undefined, ...path: Path): JsonValue | undefined {
  let found = value
  for (const key of path) {
    if (found === undefined) return undefined
    found = typeof key === 'string' ? fieldOf(found, key) : Array.isArray(found) ? found[key] : undefined
  }
  return found
}

export function textAt(value: JsonValue | undefined, ...path: Path): string | undefined {
  const found = valueAt(value, ...path)
  return typeof found === 'string' ? found : undefined
}

export function numberAt(value: JsonValue | undefined, ...path: Path): number | undefined {
  const found = valueAt(value, ...path)
  return typeof found === 'number' ? found : undefined
}

export function listAt(value: JsonValue | undefined, ...path: Path): readonly JsonValue[] {
  const found = valueAt(value, ...path)
  return Array.isArray(found) ? found : []
}

export function objectAt(value: JsonValue | undefined, ...path: Path): JsonObject {
  const found = valueAt(value, ...path)
  return isJsonObject(found) ? found : NOTHING
}

/** Labels and the like; numbers and booleans, which the API would refuse, count as their text. */
export function labelsAt(value: JsonValue | undefined, ...path: Path): Readonly<Record<string, string>> {
  const found = objectAt(value, ...path)
  if (Object.values(found).every((text) => typeof text === 'string')) return found as Readonly<Record<string, string>>
  const entries = Object.entries(found).filter(([, text]) => text !== null && typeof text !== 'object')
  return Object.fromEntries(entries.map(([key, text]) => [key, scalarText(text)]))
}

/** Whether the field is there and says something: null and the empty string do not. */
export function isSet(value: JsonValue | undefined, ...path: Path): boolean {
  const found = valueAt(value, ...path)
  return found !== undefined && found !== null && found !== ''
}

/** A scalar as text; empty for null, lists and mappings. */
export function scalarText(value: JsonValue | undefined): string {
  return value === undefined || value === null || typeof value === 'object' ? '' : String(value)
}
