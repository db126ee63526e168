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

/** The findings are in order, worst first. */
export function githubReport({ findings }: CheckReport): GithubReport {
  const shown = (['error', 'warning', 'info'] as const).flatMap((severity) =>
    findings.filter((finding) => finding.severity === severity).slice(0, MOST),
  )
  const rows = findings.map(summaryRow)
  const table = ['| severity | rule | place | finding |', '| --- | --- | --- | --- |', ...rows].join('\n')
  return {
    annotations: shown.map(annotation).join(''),
    leftOut: findings.length - shown.length,
    summary: `## portolan check\n\n${findings.length === 0 ? 'Nothing found.' : table}\n`,
  }
}
