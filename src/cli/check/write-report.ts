import { rulePages } from '../../explain/check/check-inputs.ts'
import type { CheckReport } from '../../explain/check/report.ts'
import { shortReport } from '../../explain/report/findings-short.ts'
import { githubReport, type StepChart } from '../../explain/report/github.ts'
import { jsonReport } from '../../explain/report/json.ts'
import { junitReport } from '../../explain/report/junit.ts'
import { prettyReport, type PrettyOptions } from '../../explain/report/pretty.ts'
import { sarifReport } from '../../explain/report/sarif.ts'
import { VERSION } from '../version.ts'

export type CheckFormat = 'text' | 'short' | 'json' | 'sarif' | 'github' | 'junit'

export interface WrittenReport {
  /** For standard output. */
  readonly output: string
  /** Findings that the format does not show. */
  readonly leftOut: number
  /** Markdown for the summary of a step in GitHub Actions. */
  readonly stepSummary?: string
}

const FORMATS: Readonly<
  Record<Exclude<CheckFormat, 'github' | 'text'>, (report: CheckReport, strict: boolean) => string>
> = {
  short: shortReport,
  json: jsonReport,
  sarif: (report) => sarifReport(report, rulePages, VERSION),
  junit: junitReport,
}

export interface WriteOptions {
  readonly format: CheckFormat
  readonly strict: boolean
  readonly pretty: PrettyOptions
  /** Of the broken Services, for the summary of a step; drawn where there is one. */
  readonly charts: () => readonly StepChart[]
}

export function writeReport(report: CheckReport, { format, strict, pretty, charts }: WriteOptions): WrittenReport {
  if (format === 'text') return { output: prettyReport(report, pretty), leftOut: 0 }
  if (format !== 'github') return { output: FORMATS[format](report, strict), leftOut: 0 }
  const { annotations, leftOut, summary } = githubReport(report, charts())
  return { output: annotations, leftOut, stepSummary: summary }
}
