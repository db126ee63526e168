/** Runs the rules over objects: problems with paths become findings with lines. */
import { locate, type ManifestObject } from '../../manifest/manifest.ts'
import type { Check, Problem } from './check.ts'
import { type CheckConfig, DEFAULT_CONFIG } from './config.ts'
import { type CheckContext, createContext } from './context.ts'
import { compareSeverity, type Finding, type Severity } from './finding.ts'
import { checks } from './rules/index.ts'

export interface CheckOptions {
  readonly config?: CheckConfig
  /** Whether part of the input could not be read: then "not given" does not mean "does not exist". */
  readonly unread?: boolean
}

/** What the configuration says of a rule; undefined where it is off. */
export function severityOf(check: Check, { rules }: CheckConfig): Severity | 'as found' | undefined {
  const setting = rules[check.code] ?? rules[check.name]
  if (setting === 'off' || (setting === undefined && check.off === true)) return undefined
  return setting === undefined || setting === 'on' ? 'as found' : setting
}

function findingOf(context: CheckContext, check: Check, problem: Problem, setting: Severity | 'as found'): Finding {
  const { object, path } = problem
  return {
    code: check.code,
    name: check.name,
    severity: setting === 'as found' ? (problem.severity ?? check.severity) : setting,
    message: problem.message,
    object: {
      apiVersion: object.apiVersion,
      kind: object.kind,
      namespace: context.namespaceOf(object),
      name: object.name ?? object.generateName ?? '',
    },
    location: locate(object, path),
    related: (problem.related ?? []).map((related) => ({
      message: related.message,
      location: locate(related.object, related.path),
    })),
    fixes: problem.fixes ?? [],
  }
}

/** Worst first, then in the order of the files. */
export function sortFindings(findings: readonly Finding[], files: readonly string[]): readonly Finding[] {
  const rank = new Map(files.map((file, i) => [file, i]))
  return findings.toSorted(
    (a, b) =>
      compareSeverity(a.severity, b.severity) ||
      (rank.get(a.location.file) ?? 0) - (rank.get(b.location.file) ?? 0) ||
      a.location.line - b.location.line ||
      a.location.column - b.location.column ||
      (a.code < b.code ? -1 : 1),
  )
}

/** All findings of the rules, before suppression, in the order of the rules. */
export function runChecks(context: CheckContext): readonly Finding[] {
  return checks.flatMap((check) => {
    const setting = severityOf(check, context.config)
    return setting === undefined ? [] : check.run(context).map((problem) => findingOf(context, check, problem, setting))
  })
}

/** What the rules say of objects; comments and annotations that silence them are not looked at. */
export function checkObjects(objects: readonly ManifestObject[], options: CheckOptions = {}): readonly Finding[] {
  const { config = DEFAULT_CONFIG, unread = false } = options
  const files = [...new Set(objects.map(({ origin }) => origin.source.file))]
  return sortFindings(runChecks(createContext(objects, config, unread)), files)
}
