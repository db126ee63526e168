/** The fields of the Kubernetes types and the kinds of the Kubernetes API, from generated text that is read when first asked for. */
import { KUBERNETES_KINDS, TYPES } from './field-table.generated.ts'

export type ScalarForm =
  | 'string'
  | 'boolean'
  | 'int32'
  | 'int64'
  | 'number'
  /** RFC 3339. */
  | 'date'
  /** A number, or a string such as `500m` or `64Mi`. */
  | 'quantity'
  | 'intOrString'
  | 'any'

export type FieldType =
  | { readonly form: ScalarForm }
  | { readonly form: 'list'; readonly of: FieldType }
  | { readonly form: 'map'; readonly of: FieldType }
  /** `type` is a name for `fieldsOf`. */
  | { readonly form: 'object'; readonly type: string }

/** Wire name to type, in the order of the alphabet. */
export type Fields = ReadonlyMap<string, FieldType>

const SCALAR_FORMS: ReadonlyMap<string, FieldType> = new Map(
  (['string', 'boolean', 'int32', 'int64', 'number', 'date', 'quantity', 'intOrString', 'any'] as const).map((form) => [
    form,
    { form },
  ]),
)

/** The rest of each line by its first word. */
function readLines(text: string): Map<string, string> {
  const lines = new Map<string, string>()
  for (const line of text.trim().split('\n')) {
    const space = line.indexOf(' ')
    lines.set(space < 0 ? line : line.slice(0, space), space < 0 ? '' : line.slice(space + 1))
  }
  return lines
}

function readType(text: string): FieldType {
  if (text.startsWith('[]')) return { form: 'list', of: readType(text.slice(2)) }
  if (text.startsWith('{}')) return { form: 'map', of: readType(text.slice(2)) }
  return SCALAR_FORMS.get(text) ?? { form: 'object', type: text }
}

function readFields(line: string): Fields {
  const fields = new Map<string, FieldType>()
  for (const field of line.split(' ').filter((word) => word !== '')) {
    const colon = field.indexOf(':')
    fields.set(field.slice(0, colon), readType(field.slice(colon + 1)))
  }
  return fields
}

/** The fields of a type (`ServicePort`) or of a kind (`Service`); undefined when the table does not have it. */
export type FieldTable = (type: string) => Fields | undefined

/** From a text such as TYPES, which is read when first asked for. */
export function fieldTable(text: string): FieldTable {
  let lines: Map<string, string> | undefined
  const read = new Map<string, Fields>()
  return (type) => {
    const known = read.get(type)
    if (known !== undefined) return known
    lines ??= readLines(text)
    const line = lines.get(type)
    if (line === undefined) return undefined
    const fields = readFields(line)
    read.set(type, fields)
    return fields
  }
}

/** Of the Kubernetes API. */
export const fieldsOf: FieldTable = fieldTable(TYPES)

let kinds: ReadonlyMap<string, readonly string[]> | undefined

/** Every kind of the Kubernetes API that can be created, with its apiVersions, stable ones first. */
export function kubernetesKinds(): ReadonlyMap<string, readonly string[]> {
  kinds ??= new Map(Array.from(readLines(KUBERNETES_KINDS), ([kind, versions]) => [kind, versions.split(' ')]))
  return kinds
}
