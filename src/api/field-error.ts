/** What is wrong with one field of an object, in the terms of Kubernetes' Status causes. */

/** Names of fields, keys of maps, indices of lists: `['spec', 'ports', 0, 'port']`. */
export type FieldPath = readonly (string | number)[]

export type FieldErrorReason =
  | 'FieldValueRequired'
  | 'FieldValueInvalid'
  | 'FieldValueNotSupported'
  | 'FieldValueDuplicate'
  | 'FieldValueForbidden'
  | 'FieldValueTooLong'
  | 'FieldValueTooMany'
  | 'FieldValueTypeInvalid'

export interface FieldError {
  readonly reason: FieldErrorReason
  /** As the API server spells it: `spec.ports[0].port`. */
  readonly field: string
  /** Where the value stands in the object. More precise than `field` where Kubernetes is vague. */
  readonly path: FieldPath
  /** The value as it was given. */
  readonly value?: unknown
  readonly detail: string
  /** A sentence for people, where `detail` alone would leave them asking. */
  readonly sentence?: string
  /** `namespace/name` of the Service that holds the value already. */
  readonly holder?: string
}

/** Fields whose children are keys of a map and therefore written in brackets. */
const MAP_FIELDS: ReadonlySet<string> = new Set([
  'annotations',
  'labels',
  'data',
  'binaryData',
  'stringData',
  'matchLabels',
  'nodeSelector',
])

/** `spec.ports[0].port`, `metadata.annotations[example.com/a]`. */
export function formatFieldPath(path: FieldPath): string {
  let text = ''
  path.forEach((step, i) => {
    const parent = path[i - 1]
    const isKey = typeof parent === 'string' && MAP_FIELDS.has(parent)
    if (typeof step === 'number' || isKey) text += `[${step}]`
    else text += text === '' ? step : `.${step}`
  })
  return text
}

function fieldError(reason: FieldErrorReason, path: FieldPath, detail: string): FieldError {
  return { reason, field: formatFieldPath(path), path, detail }
}

export function required(path: FieldPath, detail = ''): FieldError {
  return fieldError('FieldValueRequired', path, detail)
}

export function invalid(path: FieldPath, value: unknown, detail: string): FieldError {
  return { ...fieldError('FieldValueInvalid', path, detail), value }
}

export function notSupported(path: FieldPath, value: unknown, supported: readonly string[]): FieldError {
  const quoted = [...supported].sort().map((name) => JSON.stringify(name))
  return { ...fieldError('FieldValueNotSupported', path, `supported values: ${quoted.join(', ')}`), value }
}

export function duplicate(path: FieldPath, value: unknown): FieldError {
  return { ...fieldError('FieldValueDuplicate', path, ''), value }
}

export function forbidden(path: FieldPath, detail: string): FieldError {
  return fieldError('FieldValueForbidden', path, detail)
}

export function tooLong(path: FieldPath, maximum: number): FieldError {
  return fieldError('FieldValueTooLong', path, `may not be more than ${maximum} bytes`)
}

export function tooMany(path: FieldPath, actual: number, maximum: number): FieldError {
  return { ...fieldError('FieldValueTooMany', path, `must have at most ${maximum} items`), value: actual }
}

/** A JSON value of the wrong type, such as a text where a number belongs. */
export function typeInvalid(path: FieldPath, value: unknown, detail: string): FieldError {
  return { ...fieldError('FieldValueTypeInvalid', path, detail), value }
}

/** One error for each broken sub-rule, as the functions of syntax.ts list them. */
export function invalidEach(path: FieldPath, value: unknown, details: readonly string[]): readonly FieldError[] {
  return details.map((detail) => invalid(path, value, detail))
}

const PREFIX: Readonly<Record<FieldErrorReason, string>> = {
  FieldValueRequired: 'Required value',
  FieldValueInvalid: 'Invalid value',
  FieldValueNotSupported: 'Unsupported value',
  FieldValueDuplicate: 'Duplicate value',
  FieldValueForbidden: 'Forbidden',
  FieldValueTooLong: 'Too long',
  FieldValueTooMany: 'Too many',
  FieldValueTypeInvalid: 'Invalid value',
}

/** `Invalid value: 70000: must be between 1 and 65535, inclusive`: the message of a cause. */
export function fieldErrorBody(error: FieldError): string {
  const value = error.value === undefined ? '' : `: ${JSON.stringify(error.value)}`
  return `${PREFIX[error.reason]}${value}${error.detail === '' ? '' : `: ${error.detail}`}`
}

/** `spec.ports[0].port: Invalid value: 70000: must be between 1 and 65535, inclusive`. */
export function fieldErrorMessage(error: FieldError): string {
  return `${error.field}: ${fieldErrorBody(error)}`
}

/** One plain sentence without the place, which the reader is shown beside it: `port 70000: must be between 1 and 65535`. */
export function fieldErrorSentence(error: FieldError): string {
  if (error.sentence !== undefined) return error.sentence
  const name = error.path.filter((step) => typeof step === 'string').at(-1) ?? error.field
  const value = error.value === undefined ? '' : ` ${JSON.stringify(error.value)}`
  const because = error.detail === '' ? '' : `: ${error.detail}`
  switch (error.reason) {
    case 'FieldValueRequired':
      return `${name} is required${because}`
    case 'FieldValueDuplicate':
      return `${name}${value} is given twice`
    case 'FieldValueForbidden':
      return `${name} ${error.detail}`
    case 'FieldValueNotSupported':
      return `${name}${value} is not known${because}`
    default:
      return `${name}${value}${because}`
  }
}

/** The same error under another spelling of its field. */
export function spelled(error: FieldError, field: string): FieldError {
  return { ...error, field }
}
