/** Sets of fields, as FieldsV1 writes them: `f:NAME` a field, `k:{...}` a list's entry by its keys, `v:...` by its value, `.` itself. */
import { isRecord } from '../../../api/decode.ts'
import { fieldsOf, type FieldType } from '../../../api/field-table.ts'
import { mergeRule } from '../merge-keys.ts'

/** A tree: a node without children is a field that is owned as a whole. */
export interface FieldSet {
  readonly [step: string]: FieldSet
}

export const NOTHING: FieldSet = {}

/** What nobody owns: it names the object, or the server writes it. */
const UNOWNED: ReadonlySet<string> = new Set([
  'apiVersion',
  'kind',
  'metadata.name',
  'metadata.generateName',
  'metadata.namespace',
  'metadata.uid',
  'metadata.resourceVersion',
  'metadata.generation',
  'metadata.creationTimestamp',
  'metadata.deletionTimestamp',
  'metadata.deletionGracePeriodSeconds',
  'metadata.selfLink',
  'metadata.managedFields',
])

/** Maps and objects that are owned as a whole. */
const ATOMIC_TYPES: ReadonlySet<string> = new Set([
  'LabelSelector',
  'ObjectReference',
  'ObjectFieldSelector',
  'IntOrString',
])
const ATOMIC_FIELDS: ReadonlySet<string> = new Set(['ServiceSpec.selector', 'PodSpec.nodeSelector'])

/** One value with its type and the steps below it. Absent steps: it is a leaf. */
export interface Child {
  readonly step: string
  readonly type: FieldType
  readonly value: unknown
}

const ANY: FieldType = { form: 'any' }

/** The parts of a value that can have owners of their own; undefined where it is owned as a whole. */
export function childrenOf(type: FieldType, value: unknown, rule: ListRule | undefined): readonly Child[] | undefined {
  if (Array.isArray(value))
    return rule === undefined ? undefined : value.map((item: unknown) => entryOf(type, item, rule))
  if (!isRecord(value)) return undefined
  if (type.form === 'map')
    return Object.entries(value).map(([key, item]) => ({ step: `f:${key}`, type: type.of, value: item }))
  if (type.form !== 'object' || ATOMIC_TYPES.has(type.type)) return undefined
  const fields = fieldsOf(type.type)
  return Object.entries(value).map(([name, item]) => ({
    step: `f:${name}`,
    type: isAtomic(type.type, name) ? ANY : (fields?.get(name) ?? ANY),
    value: item,
  }))
}

function isAtomic(type: string, field: string): boolean {
  return ATOMIC_FIELDS.has(`${type}.${field}`)
}

/** Keys that tell the entries of a list apart; none: by their value. */
export type ListRule = readonly string[]

/** How the list in a field is merged; undefined where it is owned as a whole. */
export function listRule(parent: FieldType, step: string): ListRule | undefined {
  const rule = parent.form === 'object' ? mergeRule(parent.type, step.slice(2)) : undefined
  if (rule === undefined || !rule.strategy.startsWith('merge')) return undefined
  return rule.mapKeys ?? (rule.mergeKey === undefined ? [] : [rule.mergeKey])
}

/** What Kubernetes fills in before it looks at the keys. */
const KEY_DEFAULTS: Readonly<Record<string, unknown>> = { protocol: 'TCP' }

function entryOf(type: FieldType, item: unknown, keys: ListRule): Child {
  const inner = type.form === 'list' ? type.of : ANY
  if (keys.length === 0 || !isRecord(item)) return { step: `v:${JSON.stringify(item)}`, type: ANY, value: item }
  const values = Object.fromEntries(keys.toSorted().map((key) => [key, item[key] ?? KEY_DEFAULTS[key] ?? null]))
  return { step: `k:${JSON.stringify(values)}`, type: inner, value: item }
}

/** All fields of an object. `kind`: a type of the field table. */
export function fieldsIn(kind: string, object: unknown): FieldSet {
  const type: FieldType = { form: 'object', type: kind }
  return setOf(type, object, undefined, '') ?? NOTHING
}

function setOf(type: FieldType, value: unknown, rule: ListRule | undefined, path: string): FieldSet {
  const children = childrenOf(type, value, rule)
  const out: Record<string, FieldSet> = {}
  for (const { step, type: inner, value: item } of children ?? []) {
    const name = path === '' ? step.slice(2) : `${path}.${step.slice(2)}`
    if (path.length < 10 && UNOWNED.has(name)) continue
    const below = setOf(inner, item, listRule(type, step), name)
    // `spec: {}` says nothing, and must not own the whole.
    const isBare = path === '' && isRecord(item) && Object.keys(below).length === 0
    if (!isBare) out[step] = step.startsWith('k:') ? { '.': NOTHING, ...below } : below
  }
  return out
}

const isLeaf = (set: FieldSet): boolean => Object.keys(set).length === 0

export function union(a: FieldSet, b: FieldSet): FieldSet {
  const out: Record<string, FieldSet> = { ...a }
  for (const [step, below] of Object.entries(b)) out[step] = out[step] === undefined ? below : union(out[step], below)
  return out
}

/** The leaves of `a` that are not in `b`, whole or above. */
export function difference(a: FieldSet, b: FieldSet): FieldSet {
  return filterLeaves(a, b, false)
}

/** The leaves of `a` that are in `b`. */
export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  return filterLeaves(a, b, true)
}

function filterLeaves(a: FieldSet, b: FieldSet, wanted: boolean): FieldSet {
  const out: Record<string, FieldSet> = {}
  for (const [step, below] of Object.entries(a)) {
    const other = b[step]
    const isShared = other !== undefined && (isLeaf(below) || isLeaf(other))
    if (isShared || other === undefined) {
      if (isShared === wanted) out[step] = below
      continue
    }
    const rest = filterLeaves(below, other, wanted)
    if (!isLeaf(rest)) out[step] = rest
  }
  return out
}

export function isEmptySet(set: FieldSet): boolean {
  return isLeaf(set)
}

/** `.spec.ports[port=80,protocol="TCP"].name`, as conflicts name fields. */
export function pathsOf(set: FieldSet, prefix = ''): readonly string[] {
  return Object.entries(set).flatMap(([step, below]) => {
    if (step === '.') return []
    const path = `${prefix}${stepText(step)}`
    return isLeaf(below) ? [path] : pathsOf(below, path)
  })
}

function stepText(step: string): string {
  const rest = step.slice(2)
  if (step.startsWith('f:')) return `.${rest}`
  if (step.startsWith('v:')) return `[=${rest}]`
  const keys = Object.entries(JSON.parse(rest) as Record<string, unknown>)
  return `[${keys.map(([key, value]) => `${key}=${JSON.stringify(value)}`).join(',')}]`
}
