import { describe, expect, test } from 'vitest'
import { composePiece } from './compose.ts'
import { entryOf, type SourceNode } from './node.ts'
import { sourceText } from './source.ts'

function compose(text: string): { values: unknown[]; problems: string[]; nodes: SourceNode[] } {
  const { documents, failure } = composePiece(sourceText('f', text), { start: 0, end: text.length })
  const diagnostics = [...documents.flatMap((document) => document.diagnostics), ...(failure ? [failure] : [])]
  return {
    values: documents.map((document) => document.node.value),
    problems: diagnostics.map(({ code, line, column, endColumn }) => `${code} ${line}:${column}-${endColumn}`),
    nodes: documents.map((document) => document.node),
  }
}

/** `v: <text>`; the values are those of kubectl 1.32. */
const VALUES: readonly (readonly [string, unknown])[] = [
  ['"yes"', 'yes'],
  ["'017'", '017'],
  ['!!str 5', '5'],
  ['!!str yes', 'yes'],
  ['!!str', ''],
  ['! 5', '5'],
  ['!foo 5', '5'],
  ['!!int "5"', 5],
  ['!!int 0x1F', 31],
  ['!!float "1.5"', 1.5],
  ['!!bool "yes"', true],
  ['!<tag:yaml.org,2002:bool> no', false],
  ['!!timestamp 2020-01-01', '2020-01-01'],
  ['!foo [a]', ['a']],
  ['!!set {a, b}', { a: null, b: null }],
  ['{yes: 1, on: 3}', { true: 3 }],
  ['{8080: a, 0x10: b, 1.5: c, 1e3: d}', { 8080: 'a', 16: 'b', 1.5: 'c', 1000: 'd' }],
  ['{2020-01-01: b}', { '2020-01-01': 'b' }],
  ['[a: 1]', [{ a: 1 }]],
  ['\n  a: &k foo\n  *k : bar', { a: 'foo', foo: 'bar' }],
  ['\n  a: &n\n  b: *n', { a: null, b: null }],
  ['\n  a: &n 1\n  b: &n 2\n  c: *n', { a: 1, b: 2, c: 2 }],
  ['a\n  b', 'a b'],
  ['>-\n  a\n  b\n', 'a b'],
  ['|\n  a\n   b\n', 'a\n b\n'],
  ['a:b', 'a:b'],
  ['"\\ud83d\\ude00"', '\u{1F600}'],
  // Merge keys.
  ['{"<<": {a: 1}}', { '<<': { a: 1 } }],
  ['\n  <<: {a: 2, b: 3}\n  a: 1', { a: 1, b: 3 }],
  ['\n  a: 1\n  <<: {a: 2, b: 3}', { a: 2, b: 3 }],
  ['\n  <<: [{a: 1}, {a: 2, b: 2}]\n  c: 1', { a: 1, b: 2, c: 1 }],
  ['\n  <<: {a: 1}\n  <<: {a: 2, c: 3}', { a: 2, c: 3 }],
  ['\n  !!str <<: {a: 1}', { '<<': { a: 1 } }],
  ['\n  !!merge <<: {a: 1}', { a: 1 }],
  ['{x: &x {p: 1}, z: {<<: *x, q: 2}}', { x: { p: 1 }, z: { p: 1, q: 2 } }],
]

/** What kubectl refuses, and what it takes but most likely was not meant. */
const PROBLEMS: readonly (readonly [string, unknown, string])[] = [
  ['v: .inf', null, 'not-finite 1:4-8'],
  ['v: !!int 5.5', 5.5, 'invalid-tag 1:10-13'],
  ['v: !!null x', 'x', 'invalid-tag 1:11-12'],
  ['v: !!binary aGk=', 'aGk=', 'invalid-tag 1:13-17'],
  ['v: {~: a}', {}, 'invalid-key 1:5-6'],
  ['v: {[a]: b}', {}, 'invalid-key 1:5-8'],
  ['v: {{ .Values.x }}', {}, 'invalid-key 1:5-18'],
  ['v: &a [*a]', [null], 'invalid-alias 1:8-10'],
  ['v: *x', null, 'invalid-alias 1:4-6'],
  ['v: {<<: 5}', {}, 'invalid-merge 1:5-7'],
  ['v: {<<: [{a: 1}, 5]}', {}, 'invalid-merge 1:5-7'],
  ['v: {a: 1, <<: {a: 2}}', { a: 2 }, 'merge-order 1:11-13'],
  ['v: {a: 1, a: 2}', { a: 2 }, 'duplicate-key 1:11-12'],
  ['v: {<<: {a: 1}, a: 2, a: 3}', { a: 3 }, 'duplicate-key 1:23-24'],
  ['v: {y: 1}', { true: 1 }, 'rewritten-key 1:5-6'],
  ['v: 9007199254740993', 9007199254740992, 'inexact-number 1:4-20'],
]

describe('values of a document', () => {
  test.each(VALUES)('v: %s', (text, expected) => {
    expect(compose(`v: ${text}`).values).toEqual([{ v: expected }])
  })

  test.each(PROBLEMS)('%s', (text, value, problem) => {
    expect(compose(text)).toMatchObject({ values: [{ v: value }], problems: [problem] })
  })

  test('a duplicate key names the first one', () => {
    const text = 'a: 1\nb: 2\na: 3\n'
    const [document] = composePiece(sourceText('f', text), { start: 0, end: text.length }).documents
    expect(document?.diagnostics[0]).toMatchObject({
      line: 3,
      column: 1,
      related: { line: 1, column: 1, endColumn: 2 },
    })
  })

  test('__proto__ is a key like any other', () => {
    const [value] = compose('{"__proto__": {"a": 1}, "constructor": 2}').values
    expect(JSON.stringify(value)).toBe('{"__proto__":{"a":1},"constructor":2}')
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
  })

  test('billion laughs are refused and stay small', () => {
    const levels = 'abcdefghijklm'.split('').map((name, index, names) => {
      const alias = `*${names[index - 1] ?? ''}`
      return `${name}: &${name} [${Array.from({ length: 10 }, () => (index === 0 ? 'lol' : alias)).join(', ')}]`
    })
    const { values, problems } = compose(levels.join('\n'))
    expect(problems).toEqual([expect.stringMatching(/^too-large \d+:/)])
    expect(JSON.stringify(values).length).toBeLessThan(32_000_000)
  })

  test('aliases cannot nest deeper than a text can', () => {
    const deep = (inner: string): string => `${'['.repeat(60)}${inner}${']'.repeat(60)}`
    expect(compose(`a: &a ${deep('1')}\nb: ${deep('*a')}`).problems).toEqual([expect.stringMatching(/^too-large 2:/)])
    expect(compose(deep(deep('1'))).problems).toEqual([expect.stringMatching(/^syntax 1:/)])
  })
})

describe('places of values', () => {
  const text = [
    'a: {x: [1, 22 ] , z: "q"}  # comment',
    'b:',
    '- |',
    '  block',
    '  text',
    '',
    "- 'it''s'",
    '-',
    'c:',
    '  d: &anchor plain text ',
    '  e: *anchor',
  ].join('\n')

  test.each<[string, (string | number)[], string]>([
    ['flow mapping', ['a'], '{x: [1, 22 ] , z: "q"}'],
    ['flow list', ['a', 'x'], '[1, 22 ]'],
    ['item', ['a', 'x', 1], '22'],
    ['double quotes', ['a', 'z'], '"q"'],
    ['block list', ['b'], "- |\n  block\n  text\n\n- 'it''s'"],
    ['block scalar', ['b', 0], '  block\n  text'],
    ['single quotes', ['b', 1], "'it''s'"],
    ['nothing', ['b', 2], ''],
    ['block mapping', ['c'], 'd: &anchor plain text \n  e: *anchor'],
    ['plain scalar', ['c', 'd'], 'plain text'],
    ['alias', ['c', 'e'], '*anchor'],
  ])('%s', (_, path, expected) => {
    let node = compose(text).nodes[0]
    for (const key of path) node = node && entryOf(node, key)?.node
    expect(text.slice(node?.start, node?.end)).toBe(expected)
  })
})
