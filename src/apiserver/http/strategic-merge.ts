/** Strategic merge patch: as RFC 7386, but lists of objects are merged by a key and the patch may carry directives. */
import { isRecord } from '../../api/decode.ts'
import { fieldsOf, type FieldType } from '../../api/field-table.ts'
import { badRequest } from './failures.ts'
import { mergeRule, type MergeRule } from './merge-keys.ts'

type JSONObject = Readonly<Record<string, unknown>>

const [ORDER, PRIMITIVES] = ['$setElementOrder/', '$deleteFromPrimitiveList/']
const ANY: FieldType = { form: 'any' }

/** `type`: the name of the object's type in the field table. Throws a Refusal where a directive cannot be followed. */
export function strategicMerge(type: string, target: unknown, patch: unknown): unknown {
  if (!isRecord(patch)) throw badRequest('a strategic merge patch must be an object')
  return mergeObject({ form: 'object', type }, isRecord(target) ? target : {}, patch)
}

function mergeObject(type: FieldType, target: JSONObject, patch: JSONObject): JSONObject | undefined {
  const directive = patch['$patch']
  if (directive === 'delete') return undefined
  const base = directive === 'replace' ? {} : retained(target, patch['$retainKeys'])
  if (directive !== undefined && directive !== 'replace' && directive !== 'merge') {
    throw badRequest(`unknown patch type found: ${JSON.stringify(directive)}`)
  }
  const out: Record<string, unknown> = { ...base }
  for (const [field, value] of Object.entries(patch)) {
    if (field === '$patch' || field === '$retainKeys' || field.startsWith(ORDER)) continue
    if (field.startsWith(PRIMITIVES)) {
      const name = field.slice(PRIMITIVES.length)
      out[name] = without(out[name], value)
      continue
    }
    const merged = value === null ? undefined : mergeField(type, field, out[field], value, patch)
    if (merged === undefined) delete out[field]
    else out[field] = merged
  }
  return out
}

/** Fields that a union's patch does not name are dropped. */
function retained(target: JSONObject, keys: unknown): JSONObject {
  if (!Array.isArray(keys)) return target
  return Object.fromEntries(Object.entries(target).filter(([field]) => keys.includes(field)))
}

function mergeField(type: FieldType, field: string, target: unknown, value: unknown, patch: JSONObject): unknown {
  const inner = fieldType(type, field)
  const rule = type.form === 'object' ? mergeRule(type.type, field) : undefined
  if (isRecord(value)) return mergeObject(inner, isRecord(target) ? target : {}, value)
  if (!Array.isArray(value) || rule === undefined) return value
  const present: readonly unknown[] = Array.isArray(target) ? target : []
  const order = patch[`${ORDER}${field}`]
  if (rule.mergeKey === undefined) return mergeTexts(present, value, order)
  return mergeList(inner.form === 'list' ? inner.of : ANY, rule, rule.mergeKey, present, value, order)
}

function fieldType(type: FieldType, field: string): FieldType {
  if (type.form === 'map') return type.of
  return (type.form === 'object' ? fieldsOf(type.type)?.get(field) : undefined) ?? ANY
}

function mergeTexts(present: readonly unknown[], patch: readonly unknown[], order: unknown): readonly unknown[] {
  return inOrder([...new Set([...present, ...patch])], order, (item) => item)
}

function without(list: unknown, gone: unknown): unknown {
  return Array.isArray(list) && Array.isArray(gone) ? list.filter((item) => !gone.includes(item)) : list
}

function mergeList(
  type: FieldType,
  rule: MergeRule,
  key: string,
  present: readonly unknown[],
  patch: readonly unknown[],
  order: unknown,
): readonly unknown[] {
  if (patch.some((item) => isRecord(item) && item['$patch'] === 'replace' && item[key] === undefined)) {
    return patch.filter((item) => !(isRecord(item) && item['$patch'] === 'replace' && item[key] === undefined))
  }
  let out = [...present]
  for (const item of patch) {
    if (!isRecord(item)) throw badRequest(`an entry of a list that is merged by ${key} must be an object`)
    const value = item[key]
    if (value === undefined)
      throw badRequest(`map: ${JSON.stringify(item)} does not contain declared merge key: ${key}`)
    const index = out.findIndex((candidate) => isRecord(candidate) && candidate[key] === value)
    const old = out[index]
    const merged = mergeObject(type, isRecord(old) ? old : {}, item)
    if (merged === undefined) out = out.filter((candidate) => !(isRecord(candidate) && candidate[key] === value))
    else if (index < 0) out.push(merged)
    else out[index] = merged
  }
  void rule
  return inOrder(out, order, (item) => (isRecord(item) ? item[key] : undefined))
}

/** The entries that the order names in that order; the others stay behind the entry that they stood behind. */
function inOrder(items: readonly unknown[], order: unknown, keyOf: (item: unknown) => unknown): readonly unknown[] {
  if (!Array.isArray(order)) return items
  const wanted = order.map((entry: unknown) => (isRecord(entry) ? keyOf(entry) : entry))
  const position = (item: unknown): number => wanted.indexOf(keyOf(item))
  const named = items.filter((item) => position(item) >= 0).toSorted((a, b) => position(a) - position(b))
  const out = [...named]
  items.forEach((item, i) => {
    if (position(item) >= 0) return
    const before = items.slice(0, i).findLast((candidate) => out.includes(candidate))
    out.splice(before === undefined ? 0 : out.indexOf(before) + 1, 0, item)
  })
  return out
}
