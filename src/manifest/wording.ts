/** What each form of scalar accepts, and the words for it. */
import type { ScalarForm } from '../api/field-table.ts'
import type { JsonValue } from './node.ts'

interface Wording {
  readonly name: string
  readonly accepts: (value: JsonValue) => boolean
}

const isInt32 = (value: JsonValue): boolean => Number.isInteger(value) && Math.abs(Number(value)) <= 2 ** 31 - 1

const FORMS: Readonly<Record<ScalarForm, Wording>> = {
  string: { name: 'a string', accepts: (value) => typeof value === 'string' },
  boolean: { name: 'true or false', accepts: (value) => typeof value === 'boolean' },
  int32: { name: 'a number', accepts: isInt32 },
  int64: { name: 'a number', accepts: (value) => Number.isInteger(value) },
  number: { name: 'a number', accepts: (value) => typeof value === 'number' },
  date: { name: 'a time such as "2026-01-31T12:00:00Z"', accepts: (value) => typeof value === 'string' },
  quantity: {
    name: 'a quantity such as 500m or 64Mi',
    accepts: (value) => typeof value === 'string' || typeof value === 'number',
  },
  intOrString: {
    name: 'a whole number or a name',
    accepts: (value) => typeof value === 'string' || isInt32(value),
  },
  any: { name: 'a value', accepts: () => true },
}

export function acceptsScalar(form: ScalarForm, value: JsonValue): boolean {
  return FORMS[form].accepts(value)
}

export function describeForm(form: ScalarForm): string {
  return FORMS[form].name
}

/** `the string "80"`; long strings are cut. */
export function describeValue(value: JsonValue): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'a mapping'
  if (typeof value !== 'string') return `the ${typeof value} ${String(value)}`
  return `the string ${JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}...` : value)}`
}

function hintForNumber(value: JsonValue): string | undefined {
  if (typeof value === 'string') {
    return /^\s*[+-]?\d+\s*$/.test(value) ? 'remove the quotes' : 'write a number, without quotes or unit'
  }
  if (typeof value !== 'number') return undefined
  return Number.isInteger(value) ? 'the number must fit in 32 bits' : 'write a whole number'
}

/** `written` is the scalar as it stands in the text. */
export function hintForScalar(form: ScalarForm, value: JsonValue, written: string): string | undefined {
  if (typeof value === 'object') return 'write a single value here'
  if (form === 'int32' || form === 'int64' || form === 'number' || form === 'intOrString') return hintForNumber(value)
  if (form === 'boolean') return /^(true|false|yes|no|on|off)$/i.test(String(value)) ? 'remove the quotes' : undefined
  return typeof value === 'string' ? undefined : `put it in quotes: "${written}"`
}
