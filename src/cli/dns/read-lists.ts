import { decodeObject } from '../../api/decode.ts'
import { isKind } from '../../api/kinds.ts'

export interface ListedObject {
  readonly kind: string
  readonly value: unknown
}

/**
 * The objects of a text that is JSON and as it should be, such as `kubectl get -o json` writes it; undefined for any other
 * text, which is to be read by who can say what is wrong in it. Reading a large cluster so takes a tenth of the memory.
 */
export function readJsonList(text: string): readonly ListedObject[] | undefined {
  const root = parse(text)
  if (!isRecord(root) || typeof root['kind'] !== 'string' || !Array.isArray(root['items'])) return undefined
  const { kind, apiVersion } = root
  const typed = kind === 'List' ? {} : { kind: kind.replace(/List$/, ''), apiVersion }
  const items: readonly unknown[] = root['items']
  const objects = items.map((item) => (isRecord(item) ? objectOf({ ...typed, ...item }) : undefined))
  return objects.every((object) => object !== undefined) ? objects : undefined
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function objectOf(value: Readonly<Record<string, unknown>>): ListedObject | undefined {
  const { kind, metadata } = value
  if (typeof kind !== 'string' || !isRecord(metadata) || typeof metadata['name'] !== 'string') return undefined
  if (isKind(kind) && 'errors' in decodeObject(kind, value)) return undefined
  return { kind, value }
}
