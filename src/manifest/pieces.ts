/** Cuts a text into pieces that can be read one by one, so that a fault in one document does not hide the others. */

/** Offsets in the text, end-exclusive. */
export interface Piece {
  readonly start: number
  readonly end: number
}

/** Always document marks at the beginning of a line, even inside a block scalar. */
const MARK = /(?:---|\.\.\.)(?![^ \t\r\n])/g
function isLineStart(text: string, offset: number): boolean {
  return offset === 0 || text[offset - 1] === '\n' || text[offset - 1] === '\r'
}

function endOfLine(text: string, offset: number): number {
  const lineBreak = /\r\n?|\n/g
  lineBreak.lastIndex = offset
  return lineBreak.exec(text) === null ? text.length : lineBreak.lastIndex
}

/** Blank lines, comments and at least one directive (`%YAML 1.2`): these belong to the document after the `---`. */
function hasOnlyDirectives(text: string, start: number, end: number): boolean {
  const piece = text.slice(start, end)
  if (!piece.includes('%')) return false
  const lines = piece.split(/[\r\n]+/)
  return lines.some((line) => line.startsWith('%')) && lines.every((line) => /^(?:%|[ \t]*(?:#|$))/.test(line))
}

/** The places at which the text is cut: before each `---` and after each `...` line. */
function cuts(text: string): number[] {
  const found: number[] = []
  let start = 0
  for (const mark of text.matchAll(MARK)) {
    if (!isLineStart(text, mark.index)) continue
    const isEnd = mark[0] === '...'
    const cut = isEnd ? endOfLine(text, mark.index) : mark.index
    if (!isEnd && hasOnlyDirectives(text, start, cut)) continue
    found.push(cut)
    start = cut
  }
  return found
}

const QUOTE = 34
const OPENING = 123
const CLOSING = 125

/** The ends of the objects of a JSON stream (`{...} {...}`, as `jq -c` writes it) that another one follows. */
function jsonCuts(text: string, piece: Piece): number[] {
  const found: number[] = []
  let depth = 0
  let isInString = false
  for (let offset = piece.start; offset < piece.end; offset += 1) {
    const code = text.charCodeAt(offset)
    if (code === QUOTE) isInString = !isInString
    else if (isInString) offset += text[offset] === '\\' ? 1 : 0
    else if (code === OPENING) depth += 1
    else if (code === CLOSING) {
      depth -= 1
      if (depth === 0 && /\s*\{/y.test(text.slice(offset + 1, offset + 100))) found.push(offset + 1)
    }
  }
  return found
}

function cutAt(piece: Piece, offsets: readonly number[]): Piece[] {
  let start = piece.start
  return [...offsets, piece.end].flatMap((end) => {
    const part = { start, end }
    start = end
    return part.end > part.start ? [part] : []
  })
}

/** The pieces of a text, in order and without gaps. Each holds one document, or none. */
export function cutPieces(text: string): readonly Piece[] {
  return cutAt({ start: 0, end: text.length }, cuts(text)).flatMap((piece) =>
    /^\s*\{\s*["}]/.test(text.slice(piece.start, piece.start + 100)) ? cutAt(piece, jsonCuts(text, piece)) : [piece],
  )
}
