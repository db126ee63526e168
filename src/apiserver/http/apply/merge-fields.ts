/** Values by their fields: what an applied object changes, and what goes when a manager gives it up. */
import type { FieldType } from '../../../api/field-table.ts'
import { equalJSON } from '../../../api/merge-patch.ts'
import { childrenOf, listRule, NOTHING, type Child, type FieldSet, type ListRule } from './field-set.ts'

/** `applied` over `live`: fields one by one, lists by their keys. */
export function mergeApplied(kind: string, live: unknown, applied: unknown): unknown {
  return merge({ form: 'object', type: kind }, live, applied, undefined)
}

function merge(type: FieldType, live: unknown, applied: unknown, rule: ListRule | undefined): unknown {
  const [before, after] = [childrenOf(type, live, rule), childrenOf(type, applied, rule)]
  if (before === undefined || after === undefined) return applied
  const merged = new Map(before.map((child) => [child.step, child.value]))
  for (const { step, type: inner, value } of after) {
    merged.set(step, merged.has(step) ? merge(inner, merged.get(step), value, listRule(type, step)) : value)
  }
  return assemble(applied, merged)
}

/** The value of the same form as `like`. */
function assemble(like: unknown, children: ReadonlyMap<string, unknown>): unknown {
  if (Array.isArray(like)) return [...children.values()]
  return Object.fromEntries([...children].map(([step, value]) => [step.slice(2), value]))
}

/** The value without the fields of the set. */
export function withoutFields(kind: string, value: unknown, gone: FieldSet): unknown {
  return strip({ form: 'object', type: kind }, value, gone, undefined)
}

function strip(type: FieldType, value: unknown, gone: FieldSet, rule: ListRule | undefined): unknown {
  const children = childrenOf(type, value, rule)
  if (children === undefined) return value
  const left = new Map<string, unknown>()
  for (const child of children) {
    const below = gone[child.step]
    if (below === undefined) left.set(child.step, child.value)
    else if (!isWhole(below)) left.set(child.step, strip(child.type, child.value, below, listRule(type, child.step)))
  }
  return assemble(value, left)
}

/** A leaf, or an entry of a list with its own mark. */
function isWhole(set: FieldSet): boolean {
  return Object.keys(set).length === 0 || set['.'] !== undefined
}

/** The fields of `after` that `before` does not have, or has with another value. */
export function changedFields(kind: string, before: unknown, after: unknown): FieldSet {
  return changed({ form: 'object', type: kind }, before, after, undefined)
}

function changed(type: FieldType, before: unknown, after: unknown, rule: ListRule | undefined): FieldSet {
  const old = new Map((childrenOf(type, before, rule) ?? []).map((child): [string, Child] => [child.step, child]))
  const out: Record<string, FieldSet> = {}
  for (const { step, type: inner, value } of childrenOf(type, after, rule) ?? []) {
    const previous = old.get(step)?.value
    if (equalJSON(previous, value)) continue
    const inside = listRule(type, step)
    const below = changed(inner, previous, value, inside)
    const hasParts = Object.keys(below).length > 0
    const areContainers =
      childrenOf(inner, value, inside) !== undefined && childrenOf(inner, previous, inside) !== undefined
    // Parts are gone, or in another order: nothing of this is new.
    if (!hasParts && areContainers) continue
    out[step] = previous === undefined && step.startsWith('k:') ? { '.': NOTHING, ...below } : below
  }
  return out
}
