/**
 * Plain scalars as kubectl reads them (sigs.k8s.io/yaml, which is go-yaml 2): booleans of YAML 1.1, octal with a
 * leading 0, but no dates and no numbers to the base of 60. Verified against kubectl 1.32.
 */

const WORDS: ReadonlyMap<string, boolean | number | null> = new Map<string, boolean | number | null>([
  ['', null],
  ...['~', 'null', 'Null', 'NULL'].map((word) => [word, null] as const),
  ...['y', 'Y', 'yes', 'Yes', 'YES', 'true', 'True', 'TRUE', 'on', 'On', 'ON'].map((word) => [word, true] as const),
  ...['n', 'N', 'no', 'No', 'NO', 'false', 'False', 'FALSE', 'off', 'Off', 'OFF'].map((word) => [word, false] as const),
  ...['.inf', '.Inf', '.INF', '+.inf', '+.Inf', '+.INF'].map((word) => [word, Number.POSITIVE_INFINITY] as const),
  ...['-.inf', '-.Inf', '-.INF'].map((word) => [word, Number.NEGATIVE_INFINITY] as const),
  ...['.nan', '.NaN', '.NAN'].map((word) => [word, Number.NaN] as const),
])

const INTEGER = /^([+-]?)(0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|[1-9][0-9]*|0)$/
const FLOAT = /^[+-]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][+-]?[0-9]+)?$/
/** Where a number begins with a dot, an underscore may only stand between two digits. */
const DOT_FLOAT = /^\.[0-9]+(_[0-9]+)*([eE][+-]?[0-9]+(_[0-9]+)*)?$/

const SMALL_DECIMAL = /^-?[1-9][0-9]{0,14}$/
/** A sign, `0b` and 64 digits, with room for leading zeros. */
const LONGEST_INTEGER = 128
const INT64_MINIMUM = -(2n ** 63n)
const INT64_MAXIMUM = 2n ** 63n - 1n
const UINT64_MAXIMUM = 2n ** 64n - 1n

/** The value of a whole number; undefined when it is none or does not fit Go's int64 or uint64. */
export function integerOf(text: string): bigint | undefined {
  const plain = text.replaceAll('_', '')
  const match = plain.length > LONGEST_INTEGER ? null : INTEGER.exec(plain)
  if (match === null) return undefined
  const [, sign = '', digits = ''] = match
  const magnitude = BigInt(/^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits)
  const value = sign === '-' ? -magnitude : magnitude
  const maximum = sign === '' ? UINT64_MAXIMUM : INT64_MAXIMUM
  return value < INT64_MINIMUM || value > maximum ? undefined : value
}

function finite(text: string): number | undefined {
  const value = Number(text)
  // A number beyond the range of a double stays a string.
  return Number.isFinite(value) ? value + 0 : undefined
}

function numberOf(text: string): number | undefined {
  if (SMALL_DECIMAL.test(text)) return Number(text)
  if (text.startsWith('.')) return DOT_FLOAT.test(text) ? finite(text.replaceAll('_', '')) : undefined
  const integer = integerOf(text)
  if (integer !== undefined) return Number(integer)
  const plain = text.replaceAll('_', '')
  return FLOAT.test(plain) ? finite(plain) : undefined
}

/** The value of an unquoted scalar. Not finite for `.inf` and `.nan`, which JSON cannot hold. */
export function resolvePlainScalar(text: string): string | number | boolean | null {
  const word = WORDS.get(text)
  if (word !== undefined) return word
  return /^[0-9+.-]/.test(text) ? (numberOf(text) ?? text) : text
}

/** Whether a whole number is changed by being held as a double. */
export function isInexact(text: string, value: number): boolean {
  if (Number.isSafeInteger(value) || !Number.isInteger(value)) return false
  const integer = integerOf(text) ?? (/^[+-]?[0-9]+$/.test(text) ? BigInt(text.replace('+', '')) : undefined)
  return integer !== undefined && BigInt(value) !== integer
}
