import { appendFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { checkInputs, type CheckInputsOptions, rulePages } from '../../explain/check/check-inputs.ts'
import { fixInputs } from '../../explain/check/fix.ts'
import type { CheckInput } from '../../explain/check/inputs.ts'
import { type CheckReport, isFailure } from '../../explain/check/report.ts'
import { liveRules } from '../../explain/check/live-rules.ts'
import { findPage } from '../../explain/check/rule-page.ts'
import { suggest } from '../../manifest/suggest.ts'
import { UsageError, type Context } from '../context.ts'
import { count } from '../format.ts'
import { styleOf, type StyleOptions } from '../trace/style.ts'
import type { StepChart } from '../../explain/report/github.ts'
import { DEFAULT_CONFIG } from '../../explain/check/config.ts'
import { readConfig } from './read-config.ts'
import { readCheckInputs, STANDARD_INPUT } from './read-inputs.ts'
import { brokenCharts } from './summary-charts.ts'
import { unifiedDiff } from './unified-diff.ts'
import { writeReport, type CheckFormat } from './write-report.ts'

export interface CheckCommandOptions extends StyleOptions {
  readonly namespace?: string
  readonly format: CheckFormat
  readonly config?: string
  readonly strict?: boolean
  readonly fix?: boolean
  readonly explain?: string
}

/** Exit code 0, or 1 with an error (`--strict`: or a warning) among the findings. */
export async function runCheck(
  files: readonly string[],
  options: CheckCommandOptions,
  context: Context,
): Promise<number> {
  if (options.explain !== undefined) return explain(options.explain, context)
  const start = performance.now()
  const settings = readConfig(options.config, options.namespace, context)
  const inputs = await readCheckInputs(files, context)
  const report = options.fix === true ? fix(inputs, settings, context) : checkInputs(inputs, settings)
  const strict = options.strict === true
  const terminal = 'isTTY' in context.stdout && context.stdout.isTTY === true
  const seconds = (performance.now() - start) / 1000
  // Where it is piped, the same input gives the same bytes.
  const pretty = { style: styleOf(options, context), terminal, ...(terminal && { seconds }) }
  const summaryFile = context.environment['GITHUB_STEP_SUMMARY']
  const charts = (): readonly StepChart[] =>
    summaryFile === undefined
      ? []
      : brokenCharts(report, inputs, settings.config?.namespace ?? DEFAULT_CONFIG.namespace)
  const { format } = options
  const { output, leftOut, stepSummary } = writeReport(report, { format, strict, pretty, charts })
  context.stdout.write(output)
  if (leftOut > 0) context.stderr.write(`${count(leftOut, 'more finding')} than GitHub shows\n`)
  if (stepSummary !== undefined && summaryFile !== undefined) appendFileSync(summaryFile, stepSummary)
  return isFailure(report, strict) ? 1 : 0
}

function explain(rule: string, context: Context): number {
  const page = findPage(rule)
  if (page === undefined) {
    const all = [...rulePages, ...liveRules]
    const near =
      suggest(
        rule.toUpperCase(),
        all.map(({ code }) => code),
      ) ??
      suggest(
        rule,
        all.map(({ name }) => name),
      )
    throw new UsageError(`there is no rule ${rule}${near === undefined ? '' : `: did you mean ${near}?`}`)
  }
  context.stdout.write(page)
  return 0
}

/** What a template made is made anew the next time: only files that people write are edited. */
function mayEdit(inputs: readonly CheckInput[]): (file: string) => boolean {
  const rendered = new Set(inputs.filter(({ text }) => /^# Source: /m.test(text)).map(({ file }) => file))
  return (file) => file !== STANDARD_INPUT && !rendered.has(file)
}

function fix(inputs: readonly CheckInput[], settings: CheckInputsOptions, context: Context): CheckReport {
  const { inputs: fixed, applied, report } = fixInputs(inputs, mayEdit(inputs), settings)
  for (const [i, { file, text }] of fixed.entries()) {
    const before = inputs[i]?.text ?? text
    if (before === text) continue
    try {
      writeFileSync(resolve(context.workingDirectory, file), text)
    } catch (error) {
      throw new UsageError(`${file}: cannot be written: ${error instanceof Error ? error.message : String(error)}`)
    }
    context.stderr.write(unifiedDiff(file, before, text))
  }
  context.stderr.write(`${count(applied.length, 'fix').replace(/fixs$/, 'fixes')} applied\n`)
  return report
}
