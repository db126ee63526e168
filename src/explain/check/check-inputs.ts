/** From texts to a report: read, run the rules, leave out what is silenced. */
import { type CheckConfig, DEFAULT_CONFIG } from './config.ts'
import { createContext } from './context.ts'
import type { Finding } from './finding.ts'
import { type CheckInput, readInputs } from './inputs.ts'
import { inputUnreadable, type RulePage, unusedSuppression } from './input-rules.ts'
import { type CheckReport, countSeverity } from './report.ts'
import { checks } from './rules/index.ts'
import { runChecks, severityOf, sortFindings } from './run-checks.ts'
import { suppress } from './suppression.ts'

export interface CheckInputsOptions {
  readonly config?: CheckConfig
  readonly baseline?: ReadonlySet<string>
}

/** Every rule that can be found by its code or name. */
export const rulePages: readonly RulePage[] = [inputUnreadable, unusedSuppression, ...checks].toSorted((a, b) =>
  a.code < b.code ? -1 : 1,
)

/** The rule of a code (`PTL301`, in any case) or of a readable name. */
export function findRule(rule: string): RulePage | undefined {
  return rulePages.find(({ code, name }) => code === rule.toUpperCase() || name === rule)
}

function settled(finding: Finding, page: RulePage, config: CheckConfig): readonly Finding[] {
  const setting = severityOf({ ...page, run: () => [] }, config)
  if (setting === undefined) return []
  return [setting === 'as found' ? finding : { ...finding, severity: setting }]
}

/** Never throws, whatever the texts are. */
export function checkInputs(inputs: readonly CheckInput[], options: CheckInputsOptions = {}): CheckReport {
  const { config = DEFAULT_CONFIG, baseline = new Set<string>() } = options
  const { objects, findings: unreadable, sources, unread } = readInputs(inputs)
  const context = createContext(objects, config, unread)
  const codeOf = (rule: string): string | undefined => {
    const page = findRule(rule)
    if (page === undefined) return undefined
    return severityOf({ ...page, run: () => [] }, config) === undefined ? 'off' : page.code
  }
  const { findings, suppressed } = suppress({
    findings: [...unreadable.flatMap((finding) => settled(finding, inputUnreadable, config)), ...runChecks(context)],
    objects,
    sources,
    config,
    baseline,
    namespaceOf: context.namespaceOf,
    codeOf,
  })
  const all = findings.flatMap((finding) =>
    finding.code === unusedSuppression.code ? settled(finding, unusedSuppression, config) : [finding],
  )
  return {
    findings: sortFindings(all, [...sources.keys()]),
    summary: {
      objects: context.objects.length + context.duplicates.length,
      errors: countSeverity(all, 'error'),
      warnings: countSeverity(all, 'warning'),
      infos: countSeverity(all, 'info'),
    },
    services: context.services.length,
    sources,
    suppressed,
  }
}
