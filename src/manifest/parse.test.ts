import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { SourceRange } from './source.ts'
import { type Manifest, locate } from './manifest.ts'
import { parseManifest } from './parse.ts'

/** `line:column severity code: message | hint`. */
function problems({ diagnostics }: Manifest): string[] {
  return diagnostics.map(
    ({ line, column, severity, code, message }) => `${line}:${column} ${severity} ${code}: ${message}`,
  )
}

const names = ({ objects }: Manifest): string[] => objects.map(({ kind, name }) => `${kind}/${name}`)

const pod = (name: string): string => `apiVersion: v1\nkind: Pod\nmetadata: {name: ${name}}\n`

describe('documents', () => {
  test.each<[string, string, string[]]>([
    ['nothing', '', []],
    ['comments only', '# a\n\n  # b\n', []],
    ['empty documents', `---\n---\n# c\n---\n${pod('a')}---\nnull\n---\n`, ['Pod/a']],
    ['byte order mark', `\uFEFF${pod('a')}`, ['Pod/a']],
    ['CR LF', `${pod('a')}---\n${pod('b')}`.replaceAll('\n', '\r\n'), ['Pod/a', 'Pod/b']],
    ['CR', `${pod('a')}---\n${pod('b')}`.replaceAll('\n', '\r'), ['Pod/a', 'Pod/b']],
    ['no line end', pod('a').trimEnd(), ['Pod/a']],
    ['end marks', `${pod('a')}...\n# between\n---\n${pod('b')}...\n`, ['Pod/a', 'Pod/b']],
    ['directives', `%YAML 1.1\n---\n${pod('a')}...\n%YAML 1.2\n---\n${pod('b')}`, ['Pod/a', 'Pod/b']],
    ['tabs after values', 'apiVersion: v1\t\nkind:\tPod\t# c\nmetadata:\t{name:\ta}\n', ['Pod/a']],
    ['JSON', '{\t"apiVersion": "v1",\n\t"kind": "Pod",\n\t"metadata": {"name": "a"}}', ['Pod/a']],
    ['JSON stream', '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"}}\n'.repeat(2), ['Pod/a', 'Pod/a']],
    ['List', `kind: List\napiVersion: v1\nitems:\n- {apiVersion: v1, kind: Pod, metadata: {name: a}}\n`, ['Pod/a']],
    ['empty List', 'kind: List\napiVersion: v1\nitems:\n', []],
    ['typed list', '{"kind":"PodList","apiVersion":"v1","items":[{"metadata":{"name":"a"}}]}', ['Pod/a']],
    ['generateName', 'apiVersion: v1\nkind: Pod\nmetadata: {generateName: a-}\n', ['Pod/undefined']],
  ])('%s', (_, text, expected) => {
    const manifest = parseManifest(text, 'f')
    expect([names(manifest), problems(manifest)]).toEqual([expected, []])
  })

  test('what an object says of itself', () => {
    const text =
      'apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n  namespace: shop\nspec:\n  ports: [{port: 80}]\n'
    expect(parseManifest(text, 'f').objects[0]).toMatchObject({
      value: {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'web', namespace: 'shop' },
        spec: { ports: [{ port: 80 }] },
      },
      apiVersion: 'v1',
      kind: 'Service',
      name: 'web',
      namespace: 'shop',
      known: true,
    })
  })
})

describe('problems', () => {
  test.each<[string, string, string[]]>([
    ['a scalar', 'foo', ['1:1 error not-an-object: this is the string "foo", not a Kubernetes object']],
    ['a list', '- 1', ['1:1 error not-an-object: this is a list, not a Kubernetes object']],
    [
      'no apiVersion',
      'kind: Pod\nmetadata: {name: a}',
      ['1:1 error missing-api-version: this object has no apiVersion'],
    ],
    ['no kind', 'apiVersion: v1\nmetadata: {name: a}', ['1:1 error missing-kind: this object has no kind']],
    ['an empty kind', 'apiVersion: v1\nkind:\n', ['2:1 error missing-kind: this object has no kind']],
    [
      'a misspelt header',
      'apiversion: v1\nKind: Pod',
      [
        '1:1 error missing-api-version: this object has no apiVersion, but a field apiversion',
        '2:1 error missing-kind: this object has no kind, but a field Kind',
      ],
    ],
    [
      'a number as apiVersion',
      'apiVersion: 1\nkind: Pod',
      ['1:13 error missing-api-version: apiVersion must be a string: found the number 1'],
    ],
    ['no metadata', 'apiVersion: v1\nkind: Pod', ['1:1 error missing-name: this Pod has no metadata.name']],
    ['no name', 'apiVersion: v1\nkind: Pod\nmetadata: {}', ['3:1 error missing-name: this Pod has no metadata.name']],
    ['a number as name', pod('5'), ['3:18 error wrong-type: metadata.name must be a string: found the number 5']],
    [
      'items that are no list',
      'apiVersion: v1\nkind: List\nitems: {}',
      ['3:1 error wrong-type: items must be a list: found a mapping'],
    ],
    [
      'an item that is no object',
      'apiVersion: v1\nkind: List\nitems:\n- 5',
      ['4:3 error not-an-object: this is the number 5, not a Kubernetes object'],
    ],
    [
      'one in each document',
      `a: b: c\n---\n${pod('a')}---\nmetadata:\n\tname: a\n---\nkind: "Pod\n---\n${pod('*x')}`,
      [
        '1:5 error syntax: a value without quotes cannot hold ": "',
        '8:1 error syntax: tab characters must not be used in indentation',
        '10:10 error syntax: deficient indentation',
        '14:18 error invalid-alias: there is no anchor &x before this alias',
        '14:1 error missing-name: this Pod has no metadata.name',
      ],
    ],
    ['a null byte', `${pod('a')}\0`, ['4:1 error syntax: null byte is not allowed in input']],
    [
      'an unfinished JSON text',
      '{"apiVersion": "v1",\n "kind": "Pod"\n\n',
      ['2:14 error syntax: unexpected end of the stream within a flow collection'],
    ],
  ])('%s', (_, text, expected) => {
    expect(problems(parseManifest(text, 'f'))).toEqual(expected)
  })

  test.each([
    ['apiVersion:v1\nkind: Pod\n', /after the colon/],
    ['a: {{ .Values.x }}\n', /template/],
    ['{{- if .x }}\na: 1\n{{- end }}\n', /template/],
    ['a:\n\tb: 1\n', /spaces/],
    ['a: "b\n', /never closed/],
    ['image: nginx: 1.21\n', /quotes/],
    ['a: @b\n', /quotes/],
    ['a: 1\n   b: 2\n', /line it up/],
    ['a: !x!y 1\n', /begins with !/],
    ['a: |1x\n', undefined],
  ])('%j has a hint', (text, hint) => {
    const [diagnostic] = parseManifest(text, 'f').diagnostics
    if (hint === undefined) expect(diagnostic?.hint).toBeUndefined()
    else expect(diagnostic?.hint).toMatch(hint)
  })
})

describe('lenient', () => {
  test.each<[string, string, number, string[]]>([
    ['a foreign document', 'name: chart\nname: twice\n', 1, []],
    ['a foreign JSON list', '[1, 2]', 1, []],
    ['a foreign text that cannot be read', '{\n  // comment\n  "a": 1\n}', 1, []],
    ['an object that cannot be read', 'kind: Pod\n\ta: b', 0, ['syntax']],
    ['half an object', 'kind: Pod', 0, ['missing-api-version']],
    ['an empty document', '---\n# c\n', 0, []],
  ])('%s', (_, text, skipped, codes) => {
    const manifest = parseManifest(text, 'f', { lenient: true })
    expect([manifest.skipped, manifest.diagnostics.map(({ code }) => code)]).toEqual([skipped, codes])
    // In a file that the user named, each is an error, unless it is empty.
    if (skipped > 0)
      expect(parseManifest(text, 'f').diagnostics.some(({ severity }) => severity === 'error')).toBe(true)
  })
})

const SERVICE = `# the shop
apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  ports:
    - name: http
      port: 80
    - {port: 443, targetPort: "https"}
  selector:
---
`

describe('locate', () => {
  const place = ({ line, column, endLine, endColumn }: SourceRange): string =>
    `${line}:${column}-${endLine}:${endColumn}`
  const [service] = parseManifest(SERVICE, 'f').objects

  test.each<[(string | number)[], string]>([
    [['spec', 'ports', 0, 'port'], '9:13-9:15'],
    [['spec', 'ports', 1, 'targetPort'], '10:31-10:38'],
    [['spec', 'ports', 1], '10:7-10:39'],
    [['spec', 'ports', 0], '8:7-9:15'],
    [['spec', 'ports'], '7:3-7:8'],
    [['spec', 'selector'], '11:3-11:11'],
    [['spec'], '6:1-6:5'],
    [[], '2:1-11:11'],
    // The nearest parent of what is not there.
    [['spec', 'type'], '6:1-6:5'],
    [['spec', 'ports', 7, 'port'], '7:3-7:8'],
    [['spec', 'ports', 0, 'port', 'x'], '9:13-9:15'],
    [['status', 'x'], '2:1-11:11'],
  ])('%j', (path, expected) => {
    expect(service && place(locate(service, path))).toBe(expected)
  })

  test('items of a List, also of one in a List', () => {
    const inner = '{kind: List, apiVersion: v1, items: [{kind: Pod, apiVersion: v1, metadata: {name: a}}]}'
    const text = `---\n---\nkind: List\napiVersion: v1\nitems:\n- ${inner}\n- kind: Pod\n  apiVersion: v1\n  metadata:\n    name: b\n`
    const { objects } = parseManifest(text, 'f')
    expect(objects.map((object) => place(locate(object, ['metadata', 'name'])))).toEqual(['6:85-6:86', '10:11-10:12'])
  })

  test('a byte order mark does not count', () => {
    const [object] = parseManifest(`\uFEFF${pod('a')}`, 'f').objects
    expect(object && place(locate(object, []))).toBe('1:1-3:20')
  })
})

describe('any text', () => {
  const word = fc.constantFrom(
    ...'apiVersion kind metadata name spec ports items v1 Pod Service List 0x1 .inf 1e9 << !!int !x &a *a'.split(' '),
    ...'" \' { } [ ] , : - # ? | > % --- ... \\'.split(' '),
    ' ',
    '\n',
    '\r\n',
    '\r',
    '\t',
    '\n  ',
    '\n    ',
    '---\n',
    '...\n',
    ': ',
    '- ',
    '|\n',
    '%YAML 1.2\n',
    '\uFEFF',
    '\0',
    '\u{1F600}',
    '\uD800',
    '\u2028',
  )
  const text = fc.oneof(
    fc.array(word, { maxLength: 60 }).map((words) => words.join('')),
    fc.string({ unit: 'binary', maxLength: 80 }),
    fc.json().map((json) => `{"apiVersion": "v1", "kind": "Pod", "metadata": ${json}}`),
    fc.tuple(fc.nat(SERVICE.length), word).map(([at, piece]) => SERVICE.slice(0, at) + piece + SERVICE.slice(at)),
  )

  function expectInside({ line, column, endLine, endColumn }: SourceRange, lines: readonly string[]): void {
    expect(lines[line - 1]?.length).toBeGreaterThanOrEqual(column - 1)
    expect(lines[endLine - 1]?.length).toBeGreaterThanOrEqual(endColumn - 1)
    expect(column >= 1 && endColumn >= 1 && (endLine > line || (endLine === line && endColumn >= column))).toBe(true)
  }

  test('never throws, and every place is inside the text', () => {
    fc.assert(
      fc.property(text, fc.boolean(), (input, lenient) => {
        const { objects, diagnostics } = parseManifest(input, 'f', { lenient })
        // With its line ends: a place may be just after the last character of a line.
        const lines = input.replace(/^\uFEFF/, '').split(/(?<=\n|\r(?!\n))/)
        lines.push('')
        const places = [...diagnostics, ...diagnostics.flatMap(({ related }) => related ?? [])]
        for (const place of places) expectInside(place, lines)
        for (const object of objects) {
          for (const path of [[], ['metadata', 'name'], ['spec', 'ports', 0, 'port']])
            expectInside(locate(object, path), lines)
          expect(() => JSON.stringify(object.value)).not.toThrow()
        }
      }),
      { numRuns: 400 },
    )
  })

  test('more problems than arguments fit into a call', () => {
    const text = `apiVersion: v1\nkind: Pod\nmetadata: {name: a, finalizers: [${'1,'.repeat(130_000)}]}`
    expect(parseManifest(text, 'f').diagnostics.length).toBe(130_000)
  })

  test('JSON means the same as to JSON.parse', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 4, noUnicodeString: false }), (json) => {
        const manifest = parseManifest(`{"apiVersion": "example.org/v1", "kind": "Any", "metadata": ${json}}`, 'f')
        const wanted: unknown = JSON.parse(json, (_, value: unknown) => (Object.is(value, -0) ? 0 : value))
        if (manifest.diagnostics.every(({ severity }) => severity === 'warning')) {
          expect(manifest.objects[0]?.value['metadata']).toEqual(wanted)
        } else expect(manifest.diagnostics.some(({ code }) => code === 'duplicate-key' || code === 'syntax')).toBe(true)
      }),
    )
  })
})
