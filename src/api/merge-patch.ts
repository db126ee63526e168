import { isRecord } from './decode.ts'

/** RFC 7386: null takes a field away, objects are merged, everything else replaces. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isRecord(patch)) return patch
  const out: Record<string, unknown> = isRecord(target) ? { ...target } : {}
  for (const [field, value] of Object.entries(patch)) {
    if (value === null) delete out[field]
    else out[field] = mergePatch(out[field], value)
  }
  return out
}

/** Equal as JSON, whatever the order of the fields. */
export function equalJSON(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((item, i) => equalJSON(item, b[i]))
  }
  if (!isRecord(a) || !isRecord(b)) return false
  const fields = Object.keys(a)
  return (
    fields.length === Object.keys(b).length &&
    fields.every((field) => Object.hasOwn(b, field) && equalJSON(a[field], b[field]))
  )
}
