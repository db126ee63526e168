/** Lines of files with the places that matter underlined. */
import { lineAt, sourceText, type SourceRange } from '../../manifest/source.ts'
import { draw, paint, printable, widthOf, type Style } from './trace-style.ts'

interface Place {
  readonly location: SourceRange
  readonly text: string
}

/** By file, in the order in which they were named. A file whose text is not known is named alone. */
export function excerpts(
  places: readonly Place[],
  texts: ReadonlyMap<string, string>,
  style: Style,
): readonly string[] {
  const files = [...new Set(places.map(({ location }) => location.file))]
  return files.flatMap((file) => {
    const own = places.filter(({ location }) => location.file === file)
    const text = texts.get(file)
    const head = `      ${paint(style, 'place', printable(file))}`
    if (text === undefined)
      return own.map(({ location, text }) => `      ${location.file}:${location.line} ${printable(text)}`)
    const source = sourceText(file, text)
    return [head, ...own.flatMap((place) => excerpt(lineAt(source, place.location.line), place, style))]
  })
}

function excerpt(line: string, { location, text }: Place, style: Style): readonly string[] {
  const shown = printable(line.replaceAll('\t', ' '))
  const before = widthOf(shown.slice(0, location.column - 1))
  const end = location.endLine > location.line ? shown.length : location.endColumn - 1
  const length = Math.max(1, widthOf(shown.slice(location.column - 1, end)))
  const bar = paint(style, 'frame', draw(style, '│'))
  const under = draw(style, '─'.repeat(length))
  return [
    ` ${String(location.line).padStart(5)} ${bar} ${shown}`,
    `       ${bar} ${' '.repeat(before)}${paint(style, 'fail', under)} ${printable(text)}`.trimEnd(),
  ]
}
