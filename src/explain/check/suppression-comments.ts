/** Comments that silence rules: `# portolan-ignore PTL301: reason`, on the line, the line above, or at the head of a document. */
import { cutPieces } from '../../manifest/pieces.ts'
import { rangeAt, type SourceRange, type SourceText } from '../../manifest/source.ts'

export interface CommentSuppression {
  /** Codes or names. */
  readonly rules: readonly string[]
  /** Empty where none is given. */
  readonly reason: string
  /** Lines of findings that it silences. */
  readonly firstLine: number
  readonly lastLine: number
  /** From the `#` to the end of the line; of a line that holds nothing else, the whole line. */
  readonly range: SourceRange
}

const COMMENT = /#[ \t]*portolan[:-]ignore[: \t]+([^\r\n]*)/g

function readText(text: string): { readonly rules: readonly string[]; readonly reason: string } {
  const [, list = '', reason = ''] = /^([\w ,-]*?)(?:\s+--\s+|:\s*)(.*)$/.exec(text) ?? [undefined, text, '']
  return { rules: list.split(/[\s,]+/).filter((rule) => rule !== ''), reason: reason.trim() }
}

function lineStart(text: string, offset: number): number {
  return Math.max(text.lastIndexOf('\n', offset - 1), text.lastIndexOf('\r', offset - 1)) + 1
}

/** Whether only comments, blank lines and marks stand before the offset in its document. */
function isHead(text: string, from: number, offset: number): boolean {
  return text
    .slice(from, offset)
    .split(/\r\n?|\n/)
    .every((line) => /^\s*(?:#.*)?$|^---\s*(?:#.*)?$|^%/.test(line))
}

/** The next line below that is no comment and not blank. */
function nextContent(text: string, offset: number): number {
  const rest = /\r\n?|\n/g
  rest.lastIndex = offset
  for (let match = rest.exec(text); match !== null; match = rest.exec(text)) {
    const line = text.slice(rest.lastIndex).match(/^[^\r\n]*/)?.[0] ?? ''
    if (!/^\s*(?:#.*)?$/.test(line)) return rest.lastIndex
  }
  return text.length
}

/** In the order of the text. */
export function commentSuppressions(source: SourceText): readonly CommentSuppression[] {
  const { text } = source
  if (!/portolan[:-]ignore/.test(text)) return []
  const pieces = cutPieces(text)
  const lineOf = (offset: number): number => rangeAt(source, offset, offset).line
  return [...text.matchAll(COMMENT)].map((match) => {
    const start = lineStart(text, match.index)
    const end = match.index + match[0].length
    const isAlone = text.slice(start, match.index).trim() === ''
    const piece = pieces.find((one) => one.start <= match.index && match.index < one.end)
    const lineEnd = /^(?:\r\n?|\n)/.exec(text.slice(end))?.[0].length ?? 0
    const range = isAlone ? rangeAt(source, start, end + lineEnd) : rangeAt(source, match.index, end)
    const read = readText(match[1] ?? '')
    if (isAlone && piece !== undefined && isHead(text, piece.start, start)) {
      return { ...read, firstLine: lineOf(piece.start), lastLine: lineOf(Math.max(piece.end - 1, piece.start)), range }
    }
    const line = lineOf(isAlone ? nextContent(text, end) : match.index)
    return { ...read, firstLine: line, lastLine: line, range }
  })
}
