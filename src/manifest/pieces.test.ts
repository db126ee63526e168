import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cutPieces } from './pieces.ts'

const pieces = (text: string): string[] => cutPieces(text).map(({ start, end }) => text.slice(start, end))

describe('pieces of a text', () => {
  test.each<[string, string, string[]]>([
    ['nothing', '', []],
    ['one document', 'a: 1\n', ['a: 1\n']],
    ['two documents', 'a: 1\n---\nb: 2\n', ['a: 1\n', '---\nb: 2\n']],
    ['CR LF', 'a: 1\r\n---\r\nb: 2', ['a: 1\r\n', '---\r\nb: 2']],
    ['content on the line of the mark', '--- {a: 1}\n--- # b\nb: 2', ['--- {a: 1}\n', '--- # b\nb: 2']],
    ['a mark inside a block scalar ends it', 'a: |\n  x\n---\ny', ['a: |\n  x\n', '---\ny']],
    ['an indented mark is text', 'a: |\n  ---\n  y', ['a: |\n  ---\n  y']],
    ['no mark: more dashes', 'a\n----\n---x\n', ['a\n----\n---x\n']],
    ['end marks', 'a: 1\n...\n# c\n---\nb: 2\n...\n', ['a: 1\n...\n', '# c\n', '---\nb: 2\n...\n']],
    ['directives go with their document', '%YAML 1.2\n---\na: 1\n---\nb', ['%YAML 1.2\n---\na: 1\n', '---\nb']],
    [
      'directives after an end mark',
      'a: 1\n...\n# c\n\n%YAML 1.1\n---\nb',
      ['a: 1\n...\n', '# c\n\n%YAML 1.1\n---\nb'],
    ],
    ['a % in data is no directive', 'a: 1%\n---\nb', ['a: 1%\n', '---\nb']],
    ['a JSON stream', '{"a": "}{\\""}\n{"b": {}} {}', ['{"a": "}{\\""}', '\n{"b": {}}', ' {}']],
    ['a template is not a JSON stream', '{{ if }}\n{{ end }}', ['{{ if }}\n{{ end }}']],
  ])('%s', (_, text, expected) => {
    expect(pieces(text)).toEqual(expected)
  })

  test('nothing is lost and nothing is twice', () => {
    const part = fc.constantFrom('---', '...', '\n', '\r', '%Y 1\n', '{"', '"}', '{', '}', ' ', '#', 'a: 1', '\\', '"')
    fc.assert(
      fc.property(fc.array(part), (parts) => {
        expect(pieces(parts.join('')).join('')).toBe(parts.join(''))
      }),
    )
  })
})
