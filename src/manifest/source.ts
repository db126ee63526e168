/** A text, the name of its file, and where an offset lies in it. */

/** A place in a file. Lines and columns count from 1, columns in UTF-16 units; the end is after the last character. */
export interface SourceRange {
  readonly file: string
  readonly line: number
  readonly column: number
  readonly endLine: number
  readonly endColumn: number
}

export interface SourceText {
  readonly file: string
  /** Without a byte order mark. */
  readonly text: string
}

export function sourceText(file: string, text: string): SourceText {
  return { file, text: text.startsWith('\uFEFF') ? text.slice(1) : text }
}

const lineStartsOf = new WeakMap<SourceText, readonly number[]>()

/** The offset at which each line begins. CR LF, LF and CR alone end a line, as in YAML. */
function lineStarts(source: SourceText): readonly number[] {
  const known = lineStartsOf.get(source)
  if (known !== undefined) return known
  const { text } = source
  const starts = [0]
  if (text.includes('\r')) {
    for (const match of text.matchAll(/\r\n?|\n/g)) starts.push(match.index + match[0].length)
  } else {
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', end + 1)) starts.push(end + 1)
  }
  lineStartsOf.set(source, starts)
  return starts
}

/** The last index whose start is at or before `offset`. */
function lineIndex(starts: readonly number[], offset: number): number {
  let low = 0
  let high = starts.length - 1
  while (low < high) {
    const middle = (low + high + 1) >>> 1
    if ((starts[middle] ?? 0) <= offset) low = middle
    else high = middle - 1
  }
  return low
}

/** The range between two offsets, held inside the text. */
export function rangeAt(source: SourceText, start: number, end: number): SourceRange {
  const starts = lineStarts(source)
  const first = Math.min(Math.max(start, 0), source.text.length)
  const last = Math.min(Math.max(end, first), source.text.length)
  const line = lineIndex(starts, first)
  const endLine = lineIndex(starts, last)
  return {
    file: source.file,
    line: line + 1,
    column: first - (starts[line] ?? 0) + 1,
    endLine: endLine + 1,
    endColumn: last - (starts[endLine] ?? 0) + 1,
  }
}

/** The text of a line (from 1) without its end; empty beyond the last line. */
export function lineAt(source: SourceText, line: number): string {
  const starts = lineStarts(source)
  const start = starts[line - 1]
  if (start === undefined) return ''
  let end = starts[line] ?? source.text.length
  while (end > start && '\r\n'.includes(source.text.charAt(end - 1))) end -= 1
  return source.text.slice(start, end)
}
