/** The outcome of a run, before it is written in a format. */
import type { SourceText } from '../../manifest/source.ts'
import type { Finding, Severity } from './finding.ts'

export interface CheckReport {
  /** Worst first, then in the order of the files. */
  readonly findings: readonly Finding[]
  readonly summary: {
    readonly objects: number
    readonly errors: number
    readonly warnings: number
    readonly infos: number
  }
  /** How many Services are among the objects. */
  readonly services: number
  /** By the name that places carry. */
  readonly sources: ReadonlyMap<string, SourceText>
  /** Findings that comments, annotations, the configuration or the baseline left out. */
  readonly suppressed: number
}

export function countSeverity(findings: readonly Finding[], severity: Severity): number {
  return findings.filter((finding) => finding.severity === severity).length
}

/** Whether the run has to end with exit code 1. */
export function isFailure({ summary }: CheckReport, strict: boolean): boolean {
  return summary.errors > 0 || (strict && summary.warnings > 0)
}
