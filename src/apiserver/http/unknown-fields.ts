/** `fieldValidation`: what to do with fields that Kubernetes does not have. */
import { fieldsOf, type FieldType } from '../../api/field-table.ts'
import { isRecord } from '../../api/decode.ts'
import { badRequest } from './failures.ts'

export type FieldValidation = 'Ignore' | 'Warn' | 'Strict'

export function fieldValidationOf(query: URLSearchParams): FieldValidation {
  const text = query.get('fieldValidation') ?? ''
  if (text === '') return 'Warn'
  if (text === 'Ignore' || text === 'Warn' || text === 'Strict') return text
  throw badRequest(`invalid value for fieldValidation: ${JSON.stringify(text)}, use Ignore, Warn or Strict`)
}

/** `spec.ports[0].prot` of each unknown field, in the order of the object. */
export function unknownFields(type: string, value: unknown): readonly string[] {
  const found: string[] = []
  walk({ form: 'object', type }, value, '', found)
  return found
}

function walk(type: FieldType, value: unknown, path: string, found: string[]): void {
  if (type.form === 'list' && Array.isArray(value)) {
    value.forEach((item: unknown, i) => walk(type.of, item, `${path}[${i}]`, found))
  } else if (type.form === 'map' && isRecord(value)) {
    for (const [key, item] of Object.entries(value)) walk(type.of, item, `${path}.${key}`, found)
  } else if (type.form === 'object' && isRecord(value)) {
    const fields = fieldsOf(type.type)
    // An empty type says nothing about its fields.
    if (fields === undefined || fields.size === 0) return
    for (const [name, item] of Object.entries(value)) {
      const inner = path === '' ? name : `${path}.${name}`
      const field = fields.get(name)
      if (field === undefined) found.push(inner)
      else walk(field, item, inner, found)
    }
  }
}

/** The object without the fields that are not known: what a typed server would store. */
export function withoutUnknownFields(type: string, value: unknown): unknown {
  return prune({ form: 'object', type }, value)
}

function prune(type: FieldType, value: unknown): unknown {
  if (type.form === 'list' && Array.isArray(value)) return value.map((item: unknown) => prune(type.of, item))
  if (!isRecord(value)) return value
  if (type.form === 'map') return mapEntries(value, (_key, item) => prune(type.of, item))
  const fields = type.form === 'object' ? fieldsOf(type.type) : undefined
  if (fields === undefined || fields.size === 0) return value
  return mapEntries(value, (key, item) => {
    const field = fields.get(key)
    return field === undefined ? undefined : prune(field, item)
  })
}

/** Entries that come out undefined are gone. */
function mapEntries(
  value: Readonly<Record<string, unknown>>,
  change: (key: string, item: unknown) => unknown,
): Record<string, unknown> {
  const entries = Object.entries(value).map(([key, item]) => [key, change(key, item)] as const)
  return Object.fromEntries(entries.filter(([, item]) => item !== undefined))
}
