/** Draws findings under the lines of a text: what `example.ts` reads. */
import type { SourceRange } from '../../manifest/source.ts'
import type { Finding } from './finding.ts'

function drawn(range: SourceRange, mark: '^' | '-', text: string, line: string): string {
  const end = range.endLine > range.line ? line.length + 1 : range.endColumn
  const blank = ' '.repeat(Math.max(range.column - 2, 0))
  return `#${blank}${mark.repeat(Math.max(end - Math.max(range.column, 2), 1))} ${text}`
}

/** The text with the findings of its own lines drawn, and nothing that was drawn before. */
export function drawFindings(text: string, findings: readonly Finding[]): string {
  return text
    .split('\n')
    .flatMap((line, i) => {
      const here = (range: SourceRange): boolean => range.line === i + 1
      const primary = findings.filter(({ location }) => here(location))
      const related = findings.flatMap((finding) => finding.related.filter(({ location }) => here(location)))
      return [
        line,
        ...primary.map(({ location, severity }) => drawn(location, '^', severity, line)),
        ...related.map(({ location, message }) => drawn(location, '-', message, line)),
      ]
    })
    .join('\n')
}
