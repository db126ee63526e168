import { describe, expect, test } from 'vitest'
import { isInexact, resolvePlainScalar } from './scalar.ts'

/** What kubectl 1.32 makes of each text as an unquoted value. */
const KUBECTL: readonly (readonly [string, string | number | boolean | null])[] = [
  // Booleans of YAML 1.1.
  ...['yes', 'Yes', 'YES', 'y', 'Y', 'on', 'On', 'true', 'True', 'TRUE'].map((text) => [text, true] as const),
  ...['no', 'No', 'NO', 'n', 'N', 'off', 'OFF', 'false'].map((text) => [text, false] as const),
  ...['yEs', 'nO', 'tRUE', 'oFF', 'nULL', '.iNF'].map((text) => [text, text] as const),
  ...['', '~', 'null', 'Null', 'NULL'].map((text) => [text, null] as const),
  // Octal, hexadecimal, binary.
  ['017', 15],
  ['0o17', 15],
  ['0O17', 15],
  ['-017', -15],
  ['+017', 15],
  ['-0o17', -15],
  ['08', 8],
  ['09.5', 9.5],
  ['0123456789', 123456789],
  ['00', 0],
  ['0b11', 3],
  ['-0b11', -3],
  ['0B11', 3],
  ['0x1F', 31],
  ['-0x1f', -31],
  ['0o', '0o'],
  ['0x', '0x'],
  ['0b2', '0b2'],
  ['0xg', '0xg'],
  // Underscores.
  ['1_000', 1000],
  ['1_000.5', 1000.5],
  ['1_', 1],
  ['1__0', 10],
  ['_1', '_1'],
  ['0x_1F', 31],
  ['0_17', 15],
  ['1._5', 1.5],
  ['.5_0', 0.5],
  ['._5', '._5'],
  ['1e1_0', 1e10],
  // Times and dates stay strings.
  ['1:30', '1:30'],
  ['2020-01-01', '2020-01-01'],
  ['2020-01-01T00:00:00Z', '2020-01-01T00:00:00Z'],
  // Floating point.
  ['1e3', 1000],
  ['1E3', 1000],
  ['1e+3', 1000],
  ['1e-3', 0.001],
  ['.5', 0.5],
  ['5.', 5],
  ['+.5', 0.5],
  ['-.5', -0.5],
  ['-0', 0],
  ['-0.0', 0],
  ['12e03', 12000],
  ['1e', '1e'],
  ['e3', 'e3'],
  ['.', '.'],
  ['+', '+'],
  ['1.2.3', '1.2.3'],
  ['0x1p4', '0x1p4'],
  ['inf', 'inf'],
  ['NaN', 'NaN'],
  // The limits of int64, uint64 and double.
  ['9223372036854775808', 2 ** 63],
  ['18446744073709551616', 2 ** 64],
  ['123456789012345678901234567890', 1.2345678901234568e29],
  ['07777777777777777777777', 7.777777777777777e21],
  ['0xFFFFFFFFFFFFFFFF', 2 ** 64],
  ['0x1FFFFFFFFFFFFFFFF', '0x1FFFFFFFFFFFFFFFF'],
  ['1e400', '1e400'],
  ['1,000', '1,000'],
  ['<<', '<<'],
  ['=', '='],
]

describe('plain scalars as kubectl reads them', () => {
  test.each(KUBECTL)('%s', (text, expected) => {
    expect(resolvePlainScalar(text)).toBe(expected)
  })

  test.each([
    ['.inf', Number.POSITIVE_INFINITY],
    ['+.Inf', Number.POSITIVE_INFINITY],
    ['-.INF', Number.NEGATIVE_INFINITY],
    ['.nan', Number.NaN],
  ])('%s is not finite', (text, expected) => {
    expect(resolvePlainScalar(text)).toBe(expected)
  })

  test.each([
    ['9007199254740991', false],
    ['9007199254740992', false],
    ['9007199254740993', true],
    ['-9223372036854775807', true],
    ['0x20000000000001', true],
    ['1.5', false],
    ['1e300', false],
    ['123456789012345678901234567890', true],
  ])('%s is changed by a double: %s', (text, expected) => {
    expect(isInexact(text, Number(resolvePlainScalar(text)))).toBe(expected)
  })
})
