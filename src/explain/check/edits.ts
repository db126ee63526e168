/** Makes edits of the text of an object, keeping its comments and layout. */
import { locate, type ManifestObject } from '../../manifest/manifest.ts'
import { lineAt, type SourceRange } from '../../manifest/source.ts'
import type { Place } from './check.ts'
import type { Edit, Fix } from './finding.ts'

const PLAIN = /^[A-Za-z][\w./-]*$/
const RESERVED = /^(?:true|false|yes|no|on|off|y|n|null)$/i

function isJson({ origin: { source, piece } }: ManifestObject): boolean {
  return /^\s*[{[]/.test(source.text.slice(piece.start, piece.start + 200))
}

function scalarText(value: string | number | boolean, quoted: boolean): string {
  if (typeof value !== 'string') return String(value)
  return !quoted && PLAIN.test(value) && !RESERVED.test(value) ? value : JSON.stringify(value)
}

/** Writes another value in the place of a scalar. */
export function replaceScalar({ object, path }: Place, value: string | number): Edit {
  return { ...locate(object, path), newText: scalarText(value, isJson(object)) }
}

/** Column, from 1, at which the key begins whose key or scalar is at `range`; undefined in a flow collection. */
function keyColumn(line: string, range: SourceRange): number | undefined {
  const before = line.slice(0, range.column - 1)
  const match = /^([ -]*)(?:"[^"]*"|'[^']*'|[^\s"'{[:]+)?(?::[ \t]+)?$/.exec(before)
  return match === null ? undefined : (match[1] ?? '').length + 1
}

/** Adds a field before another one of the same mapping; no edit where the layout does not allow it. */
export function insertField(sibling: Place, field: string, value: string | number | boolean): readonly Edit[] {
  const { object } = sibling
  const { source } = object.origin
  const range = locate(object, sibling.path)
  const line = lineAt(source, range.line)
  const quoted = isJson(object)
  const column = keyColumn(line, range)
  const written = `${quoted ? JSON.stringify(field) : fieldText(field)}: ${scalarText(value, quoted)}`
  if (column === undefined) return insertInFlow(range, line, written)
  const at = { ...range, column, endLine: range.line, endColumn: column }
  const lineBreak = source.text.includes('\r\n') ? '\r\n' : '\n'
  return [{ ...at, newText: `${written}${quoted ? ',' : ''}${lineBreak}${' '.repeat(column - 1)}` }]
}

/** Before the key of `{ key: value }` that the range points at, or after the brace. */
function insertInFlow(range: SourceRange, line: string, written: string): readonly Edit[] {
  const before = line.slice(0, range.column - 1)
  const match = /[{,]\s*(?:(?:"[^"]*"|[\w./-]+)\s*:\s*)?$/.exec(before)
  if (match === null) return []
  const column = match.index + 2 + (/^[{,](\s*)/.exec(match[0])?.[1]?.length ?? 0)
  return [{ ...range, column, endLine: range.line, endColumn: column, newText: `${written}, ` }]
}

function fieldText(field: string): string {
  return PLAIN.test(field) ? field : JSON.stringify(field)
}

/** A fix that `--fix` applies; none where there is nothing to edit. */
export function safeFix(title: string, edits: readonly Edit[]): readonly Fix[] {
  return edits.length === 0 ? [] : [{ title, safe: true, edits }]
}

/** A fix that is only offered. */
export function unsafeFix(title: string, edits: readonly Edit[]): readonly Fix[] {
  return edits.length === 0 ? [] : [{ title, safe: false, edits }]
}
