/** Compares an object with the field table: wrong JSON types are errors, unknown fields warnings. */
import { type Fields, type FieldTable, type FieldType, fieldsOf } from '../api/field-table.ts'
import type { Diagnostic } from './diagnostic.ts'
import { isJsonObject, type JsonValue, placeOf, type SourceEntry, type SourceNode } from './node.ts'
import { rangeAt, type SourceText } from './source.ts'
import { suggest } from './suggest.ts'
import { acceptsScalar, describeForm, describeValue, hintForScalar } from './wording.ts'

/** The types that there are, and what to say of a field that is not among theirs. */
export interface KnownTypes {
  readonly fieldsOf: FieldTable
  readonly hintForUnknown: (type: string) => string
}

const KUBERNETES: KnownTypes = {
  fieldsOf,
  hintForUnknown: (type) =>
    `Kubernetes has no such field in ${type}, and an API server refuses it; Portolan ignores it`,
}

interface Check {
  readonly types: KnownTypes
  readonly source: SourceText
  readonly diagnostics: Diagnostic[]
  readonly path: (string | number)[]
}

/** `spec.ports[0].port`; a key with other characters is written as `["a/b"]`. */
export function pathText(path: readonly (string | number)[]): string {
  return path
    .map((part, index) => {
      if (typeof part === 'number') return `[${part}]`
      if (!/^[\w-]+$/.test(part)) return `[${JSON.stringify(part)}]`
      return index === 0 ? part : `.${part}`
    })
    .join('')
}

function reportType(check: Check, entry: SourceEntry, expected: string, hint: string | undefined): void {
  const { start, end } = placeOf(entry)
  check.diagnostics.push({
    severity: 'error',
    code: 'wrong-type',
    message: `${pathText(check.path)} must be ${expected}: found ${describeValue(entry.node.value)}`,
    ...rangeAt(check.source, start, end),
    ...(hint === undefined ? {} : { hint }),
  })
}

/** The fields that have a field of that name, one level down. */
function ownersOf(name: string, fields: Fields, table: FieldTable): string[] {
  return Array.from(fields)
    .filter(([, type]) => {
      const inner = type.form === 'list' ? type.of : type
      return inner.form === 'object' && table(inner.type)?.has(name) === true
    })
    .map(([field]) => field)
}

function suggestField(name: string, fields: Fields, table: FieldTable): string | undefined {
  const near = suggest(name, fields.keys())
  if (near !== undefined) return near
  const owners = ownersOf(name, fields, table)
  const [owner] = owners
  if (owner === undefined || owners.length > 1) return undefined
  return `${owner}${fields.get(owner)?.form === 'list' ? '[]' : ''}.${name}`
}

function reportUnknown(check: Check, entry: SourceEntry, type: string, fields: Fields): void {
  const suggestion = suggestField(String(entry.key), fields, check.types.fieldsOf)
  const name = pathText([...check.path, entry.key])
  check.diagnostics.push({
    severity: 'warning',
    code: 'unknown-field',
    message: `unknown field ${name}${suggestion === undefined ? '' : `: did you mean ${suggestion}?`}`,
    ...rangeAt(check.source, entry.keyStart, entry.keyEnd),
    hint: check.types.hintForUnknown(type),
  })
}

function checkEntries(check: Check, node: SourceNode, typeOf: (entry: SourceEntry) => FieldType | undefined): void {
  for (const entry of node.entries) {
    const type = typeOf(entry)
    if (type === undefined) continue
    check.path.push(entry.key)
    checkValue(check, entry, type)
    check.path.pop()
  }
}

function checkObject(check: Check, node: SourceNode, type: string): void {
  const fields = check.types.fieldsOf(type)
  // An empty type, such as a selector without rules of its own, says nothing about its fields.
  if (fields === undefined || fields.size === 0) return
  checkEntries(check, node, (entry) => {
    const field = fields.get(String(entry.key))
    if (field === undefined) reportUnknown(check, entry, type, fields)
    return field
  })
}

function hintForCollection(form: FieldType['form'], value: JsonValue): string | undefined {
  if (form === 'list')
    return isJsonObject(value) ? 'begin each item with "- "' : 'write the items as a list, each after "- "'
  if (Array.isArray(value)) return 'remove the "- "'
  if (typeof value === 'string' && value.includes(':')) return 'write `key: value`, with a space after the colon'
  return undefined
}

/** null is as good as absent to Kubernetes. */
function checkValue(check: Check, entry: SourceEntry, type: FieldType): void {
  const { node } = entry
  const { value } = node
  if (value === null) return
  if (type.form === 'list') {
    if (Array.isArray(value)) checkEntries(check, node, () => type.of)
    else reportType(check, entry, 'a list', hintForCollection('list', value))
  } else if (type.form === 'map') {
    if (isJsonObject(value)) checkEntries(check, node, () => type.of)
    else reportType(check, entry, 'a mapping', hintForCollection('map', value))
  } else if (type.form === 'object') {
    if (isJsonObject(value)) checkObject(check, node, type.type)
    else reportType(check, entry, 'a mapping', hintForCollection('object', value))
  } else if (!acceptsScalar(type.form, value)) {
    const written = check.source.text.slice(node.start, node.end)
    reportType(check, entry, describeForm(type.form), hintForScalar(type.form, value, written))
  }
}

/** Checks an object whose kind is among the types. */
export function checkFields(
  source: SourceText,
  node: SourceNode,
  kind: string,
  types: KnownTypes = KUBERNETES,
): readonly Diagnostic[] {
  const check: Check = { types, source, diagnostics: [], path: [] }
  checkObject(check, node, kind)
  return check.diagnostics
}
