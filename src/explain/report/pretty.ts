/** The report for people: each finding with the lines that take part in it. */
import { sourceSnippet } from '../../manifest/format.ts'
import type { SourceRange, SourceText } from '../../manifest/source.ts'
import type { Finding } from '../check/finding.ts'
import type { CheckReport } from '../check/report.ts'

function placeText({ file, line, column }: SourceRange): string {
  return `${file}:${line}:${column}`
}

function snippet(sources: ReadonlyMap<string, SourceText>, range: SourceRange, mark: '^' | '-'): readonly string[] {
  const source = sources.get(range.file)
  return source === undefined || source.text === '' ? [] : sourceSnippet(source, range, mark)
}

/** The chart's template, which `helm template` writes above what it made. */
function templateOf(sources: ReadonlyMap<string, SourceText>, { file, line }: SourceRange): readonly string[] {
  const source = sources.get(file)
  if (source === undefined || !source.text.includes('# Source: ')) return []
  const before = source.text.split('\n', line).join('\n')
  const [, template] = /^# Source: (\S+)$/m.exec(before.slice(before.lastIndexOf('\n---') + 1)) ?? []
  return template === undefined ? [] : [`  rendered from ${template}`]
}

function findingText(sources: ReadonlyMap<string, SourceText>, finding: Finding): string {
  const { code, name, severity, message, location, related, fixes } = finding
  const template = templateOf(sources, location)
  const lines = [
    `${placeText(location)}: ${severity}: ${message}`,
    ...snippet(sources, location, '^'),
    ...related.flatMap((one) => [
      `  ${placeText(one.location)}: ${one.message}`,
      ...snippet(sources, one.location, '-'),
    ]),
    ...fixes.map(
      ({ title, safe }) => `  fix: ${title}${safe && template.length === 0 ? ' (portolan check --fix)' : ''}`,
    ),
    ...template,
    `  ${code} ${name}`,
  ]
  return `${lines.join('\n')}\n\n`
}

function countText(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

function summaryText({ summary, suppressed, findings }: CheckReport): string {
  const { objects, errors, warnings, infos } = summary
  const left = suppressed === 0 ? '' : `, ${suppressed} silenced`
  if (findings.length === 0) return `${countText(objects, 'object')}: nothing found${left}\n`
  const counts = [
    [errors, 'error'],
    [warnings, 'warning'],
    [infos, 'info'],
  ] as const
  const found = counts
    .filter(([count]) => count > 0)
    .map(([count, noun]) => (noun === 'info' ? `${count} info` : countText(count, noun)))
  return `${countText(objects, 'object')}: ${found.join(', ')}${left}\n`
}

export function prettyReport(report: CheckReport): string {
  return report.findings.map((finding) => findingText(report.sources, finding)).join('') + summaryText(report)
}
