/** Words for what js-yaml finds wrong in a text. */
import { YAMLException } from 'js-yaml'
import type { Diagnostic } from './diagnostic.ts'
import type { Piece } from './pieces.ts'
import { lineAt, rangeAt, type SourceRange, type SourceText } from './source.ts'

const COLON_HINT = 'write `key: value`, with a space after the colon'

/** First match; the text is js-yaml's reason. */
const HINTS: readonly (readonly [RegExp, string])[] = [
  [/tab characters/, 'indent with spaces'],
  [/null byte|non-printable/, 'the file is not a text, or not in UTF-8'],
  [/within a (single|double) quoted scalar/, 'a quote that was opened is never closed'],
  [/within a flow collection/, 'a { or [ that was opened is never closed'],
  [/missed comma/, 'put a comma between the entries, and quotes around texts with special characters'],
  [/unknown escape/, 'in double quotes a backslash begins an escape: write \\\\ or use single quotes'],
  [
    /bad indentation of a (mapping|sequence) entry/,
    'line it up with its neighbours, or put a text that holds ": " or " #" in quotes',
  ],
  [/expected ':'|multiline key/, COLON_HINT],
  [/deficient indentation/, 'a quote, { or [ that was opened is never closed, or its lines are not indented enough'],
  [/end of the stream or a document separator/, 'line it up with the lines above, or put `---` between two documents'],
  [/undeclared tag handle/, 'put a text that begins with ! in quotes'],
  [/nesting exceeded/, 'no Kubernetes object nests this deep'],
  [/directives end mark/, 'put `---` after the % lines, or quotes around a text that begins with %'],
]

export const TEMPLATE_HINT: string =
  'this looks like a template: render it first, for example `helm template . | portolan up -`'

function hintFor(reason: string, source: SourceText, line: number): string | undefined {
  const lines = [lineAt(source, line - 1), lineAt(source, line)]
  if (lines.some((text) => /\{\{|\}\}/.test(text))) return TEMPLATE_HINT
  const isColonGlued = lines.some((text) => /^[ \t]*(?:- )?[\w-]+:[^\s/]/.test(text))
  if (isColonGlued && /expected|separator/.test(reason)) return COLON_HINT
  return HINTS.find(([pattern]) => pattern.test(reason))?.[1]
}

/** js-yaml calls two frequent slips a bad indentation; the place tells them apart. */
function slipAt(source: SourceText, range: SourceRange): { message: string; hint: string } | undefined {
  const line = lineAt(source, range.line)
  const character = line.charAt(range.column - 1)
  if (/[@`%]/.test(character)) return { message: `a value cannot begin with ${character}`, hint: 'put it in quotes' }
  const isSecondColon = character === ':' && /:\s/.test(line.slice(0, range.column - 1))
  return isSecondColon ? { message: 'a value without quotes cannot hold ": "', hint: 'put it in quotes' } : undefined
}

/** The last character up to `offset` that is not white space: what ended too early, not where the text ends. */
function lastCharacter(text: string, start: number, offset: number): number {
  let last = offset
  while (last > start && /[\s\0]/.test(text.charAt(last))) last -= 1
  return last
}

/** What js-yaml threw when it read `piece`. */
export function syntaxDiagnostic(source: SourceText, piece: Piece, error: unknown): Diagnostic {
  const isKnown = error instanceof YAMLException
  const reason = isKnown ? error.reason : 'this document cannot be read'
  const reached = piece.start + (isKnown ? (error.mark?.position ?? 0) : 0)
  const position = reached < piece.end ? reached : lastCharacter(source.text, piece.start, piece.end - 1)
  const range = rangeAt(source, position, position + 1)
  const isSameLine = range.endLine === range.line
  const slip = /bad indentation/.test(reason) ? slipAt(source, range) : undefined
  const hint = slip?.hint ?? hintFor(reason, source, range.line)
  return {
    severity: 'error',
    code: 'syntax',
    message: slip?.message ?? reason,
    ...range,
    ...(isSameLine ? {} : { endLine: range.line, endColumn: range.column }),
    ...(hint === undefined ? {} : { hint }),
  }
}
