/** Diagnostics as a compiler prints them. */
import type { Diagnostic } from './diagnostic.ts'
import { lineAt, type SourceRange, type SourceText, sourceText } from './source.ts'

/** Characters of a source line that are shown at most. */
const WINDOW = 100
const BEFORE = 40
/** Characters that terminals draw two columns wide, and those that take none. */
const WIDE = /[\u1100-\u115F\u2E80-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6]/u
const NO_WIDTH = /[\p{Mn}\p{Me}\u200B-\u200F\uFEFF]/u
/** Control characters, which must not reach a terminal. */
const CONTROL = /[\p{Cc}\p{Cs}\u2028\u2029\u202A-\u202E\u2066-\u2069]/gu

function blank(text: string): string {
  return Array.from(text, (character) => {
    if (character === '\t') return '\t'
    if (NO_WIDTH.test(character)) return ''
    return WIDE.test(character) || character.length > 1 ? '  ' : ' '
  }).join('')
}

function printable(text: string): string {
  return text.replace(CONTROL, (character) => (character === '\t' ? '\t' : '\uFFFD'))
}

/** The source line, and below it the place drawn with `mark`; of a long line, the part around the place. */
export function sourceSnippet(source: SourceText, range: SourceRange, mark: '^' | '-' = '^'): readonly string[] {
  const line = lineAt(source, range.line)
  const column = Math.min(range.column - 1, line.length)
  const from = line.length <= WINDOW ? 0 : Math.max(0, Math.min(column - BEFORE, line.length - WINDOW))
  const shown = printable(line.slice(from, from + WINDOW))
  const start = column - from
  const end = range.endLine > range.line ? shown.trimEnd().length : range.endColumn - 1 - from
  const carets = blank(shown.slice(start, Math.max(end, start + 1))).replaceAll(/[ \t]/g, mark)
  const left = from > 0 ? '...' : ''
  const right = from + WINDOW < line.length ? '...' : ''
  const number = String(range.line).padStart(5)
  return [
    `${number} | ${left}${shown}${right}`,
    `${' '.repeat(number.length)} | ${blank(left + shown.slice(0, start))}${carets || mark}`,
  ]
}

function placeText(range: SourceRange): string {
  return `${range.file}:${range.line}:${range.column}`
}

// Diagnostics of one file come one after the other: its lines are found once.
let latest: SourceText = sourceText('', '')

/**
 * `file:line:column: error: message`, the source line with the place underlined, and what to do. Several lines without
 * a line feed at the end, without colour. `text` is that of the diagnostic's file; without it there is no source line.
 */
export function formatDiagnostic(diagnostic: Diagnostic, text?: string): string {
  const { severity, message, hint, related } = diagnostic
  const lines = [`${placeText(diagnostic)}: ${severity}: ${printable(message)}`]
  if (text !== undefined) {
    const source = sourceText(diagnostic.file, text)
    if (latest.text !== source.text) latest = source
    lines.push(...sourceSnippet(latest, diagnostic))
  }
  if (hint !== undefined) lines.push(`  hint: ${printable(hint)}`)
  if (related !== undefined) lines.push(`${placeText(related)}: note: ${related.message}`)
  return lines.join('\n')
}
