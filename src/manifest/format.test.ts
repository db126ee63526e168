import { describe, expect, test } from 'vitest'
import type { Diagnostic } from './diagnostic.ts'
import { formatDiagnostic } from './format.ts'

const at = (line: number, column: number, endLine: number, endColumn: number): Diagnostic => ({
  severity: 'error',
  code: 'wrong-type',
  message: 'wrong',
  file: 'dir/app.yaml',
  line,
  column,
  endLine,
  endColumn,
})

describe('a diagnostic as text', () => {
  test('with everything', () => {
    const place = { file: 'b.yaml', line: 9, column: 1, endLine: 9, endColumn: 5, message: 'the first one' }
    const diagnostic: Diagnostic = { ...at(2, 7, 2, 11), hint: 'remove the quotes', related: place }
    expect(formatDiagnostic(diagnostic, 'a: 1\nport: "80"\n')).toBe(
      [
        'dir/app.yaml:2:7: error: wrong',
        '    2 | port: "80"',
        '      |       ^^^^',
        '  hint: remove the quotes',
        'b.yaml:9:1: note: the first one',
      ].join('\n'),
    )
  })

  test('without the text', () => {
    expect(formatDiagnostic({ ...at(2, 7, 2, 11), severity: 'warning' })).toBe('dir/app.yaml:2:7: warning: wrong')
  })

  test.each<[string, string, Diagnostic, string, string]>([
    ['tabs', 'a:\t\tb', at(1, 5, 1, 6), 'a:\t\tb', '  \t\t^'],
    ['wide characters', '名前: ab\u{1F600}x', at(1, 5, 1, 9), '名前: ab\u{1F600}x', '      ^^^^'],
    ['combining characters', 'e\u0301: x', at(1, 5, 1, 6), 'e\u0301: x', '   ^'],
    ['several lines', 'a: [1,\n2]', at(1, 4, 2, 3), 'a: [1,', '   ^^^'],
    ['the end of a line', 'ab', at(1, 3, 1, 3), 'ab', '  ^'],
    ['an empty line', '', at(1, 1, 1, 1), '', '^'],
    ['CR LF', 'ab\r\ncd\r\n', at(1, 1, 2, 1), 'ab', '^^'],
    ['a byte order mark', '\uFEFFab', at(1, 1, 1, 3), 'ab', '^^'],
    ['control characters', 'a\u001B[31mb', at(1, 1, 1, 2), 'a\uFFFD[31mb', '^'],
    ['a line that is not there', 'ab', at(7, 1, 7, 3), '', '^'],
  ])('%s', (_, text, diagnostic, line, carets) => {
    const [, shown, underline] = formatDiagnostic(diagnostic, text).split('\n')
    expect([shown?.slice(8), underline?.slice(8)]).toEqual([line, carets])
  })

  test('of a long line the part around the place', () => {
    const text = `${'x'.repeat(5000)}"80"${'y'.repeat(5000)}`
    const [, shown = '', underline = ''] = formatDiagnostic(at(1, 5001, 1, 5005), text).split('\n')
    expect(shown).toMatch(/^ {4}1 \| \.\.\.x{40}"80"y{56}\.\.\.$/)
    expect(underline.indexOf('^')).toBe(shown.indexOf('"'))
    expect(underline.match(/\^+$/)?.[0]).toBe('^^^^')
  })
})
