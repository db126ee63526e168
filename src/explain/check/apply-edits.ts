/** Edits of a text by ranges; what is not edited stays as it is, to the byte. */
import { sourceText } from '../../manifest/source.ts'
import type { Edit } from './finding.ts'

function offsets(text: string): readonly number[] {
  return [0, ...Array.from(text.matchAll(/\r\n?|\n/g), (match) => match.index + match[0].length)]
}

/** The text with the edits, of which none may overlap another. Its byte order mark stays. */
export function applyEdits(text: string, edits: readonly Edit[]): string {
  const { text: plain } = sourceText('', text)
  const mark = text.slice(0, text.length - plain.length)
  const starts = offsets(plain)
  const at = (line: number, column: number): number => (starts[line - 1] ?? plain.length) + column - 1
  const ordered = edits
    .map((edit) => ({
      start: at(edit.line, edit.column),
      end: at(edit.endLine, edit.endColumn),
      newText: edit.newText,
    }))
    .toSorted((a, b) => a.start - b.start || a.end - b.end)
  let from = 0
  const parts = ordered.map(({ start, end, newText }) => {
    const part = plain.slice(from, start) + newText
    from = end
    return part
  })
  return mark + parts.join('') + plain.slice(from)
}

function isBefore(line: number, column: number, otherLine: number, otherColumn: number): boolean {
  return line < otherLine || (line === otherLine && column < otherColumn)
}

/** Two insertions at one place count as an overlap: their order would be chance. */
export function overlaps(left: Edit, right: Edit): boolean {
  if (left.file !== right.file) return false
  const isSame = left.line === right.line && left.column === right.column
  const leftEndsAfter = isBefore(right.line, right.column, left.endLine, left.endColumn)
  const rightEndsAfter = isBefore(left.line, left.column, right.endLine, right.endColumn)
  return isSame || (leftEndsAfter && rightEndsAfter)
}
