/** Annotations of GitHub Actions, and the full list as Markdown for the summary of the step. */
import type { Finding, Severity } from '../check/finding.ts'
import type { CheckReport } from '../check/report.ts'

const COMMANDS: Readonly<Record<Severity, string>> = { error: 'error', warning: 'warning', info: 'notice' }
/** GitHub shows no more of each kind in a step. */
const MOST = 10

export interface GithubReport {
  readonly annotations: string
  /** Findings that are not among the annotations. */
  readonly leftOut: number
  /** Markdown. */
  readonly summary: string
}

function escapeData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
}

function annotation({ code, name, severity, message, location }: Finding): string {
  const { file, line, column, endLine, endColumn } = location
  // A column is taken for a place in one line only.
  const columns = endLine === line ? `,col=${column},endColumn=${endColumn}` : ''
  const title = escapeProperty(`${code} ${name}`)
  return `::${COMMANDS[severity]} file=${escapeProperty(file)},line=${line},endLine=${endLine}${columns},title=${title}::${escapeData(message)}\n`
}

function summaryRow({ code, severity, message, location }: Finding): string {
  const text = message
    .replaceAll('|', '\\|')
    .replaceAll(/[\r\n]+/g, ' ')
    .replaceAll('<', '&lt;')
  return `| ${severity} | ${code} | ${location.file}:${location.line} | ${text} |`
}

/** A chart of a broken Service, as Markdown. */
export interface StepChart {
  readonly service: string
  readonly mermaid: string
}

/** Near one MiB GitHub drops the summary of a step, at times without a word (actions/runner#4337). */
const MOST_BYTES = 900 * 1024

/** Bytes of the text in UTF-8. */
function utf8Length(text: string): number {
  let length = 0
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i)
    // Half of a surrogate pair counts half of its four bytes.
    length += code < 0x80 ? 1 : code < 0x800 || (code >= 0xd800 && code < 0xe000) ? 2 : 3
  }
  return length
}

/** As many of the parts as fit, and a line that says how many do not. */
function fitting(parts: readonly string[], room: number, what: string): string {
  let left = room
  const kept = parts.findIndex((part) => {
    left -= utf8Length(part)
    return left < 0
  })
  if (kept < 0) return parts.join('')
  return `${parts.slice(0, kept).join('')}\n${parts.length - kept} more ${what} do not fit here.\n`
}

/** The findings are in order, worst first. */
export function githubReport({ findings }: CheckReport, charts: readonly StepChart[] = []): GithubReport {
  const shown = (['error', 'warning', 'info'] as const).flatMap((severity) =>
    findings.filter((finding) => finding.severity === severity).slice(0, MOST),
  )
  const head = '| severity | rule | place | finding |\n| --- | --- | --- | --- |\n'
  const rows = findings.map((finding) => `${summaryRow(finding)}\n`)
  const table = `${head}${fitting(rows, MOST_BYTES / 2, 'findings')}`
  const drawn = charts.map(({ service, mermaid }) => `\n### ${service.replaceAll('<', '&lt;')}\n\n${mermaid}`)
  const pictures = fitting(drawn, MOST_BYTES / 2 - head.length, 'charts')
  return {
    annotations: shown.map(annotation).join(''),
    leftOut: findings.length - shown.length,
    summary: `## portolan check\n\n${findings.length === 0 ? 'Nothing found.\n' : table}${pictures}`,
  }
}
