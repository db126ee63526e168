/** What is wrong in a manifest, where, and what to do. */
import type { SourceRange } from './source.ts'

export type DiagnosticCode =
  | 'syntax'
  | 'duplicate-key'
  | 'invalid-key'
  | 'rewritten-key'
  | 'invalid-alias'
  | 'invalid-merge'
  | 'merge-order'
  | 'invalid-tag'
  | 'not-finite'
  | 'inexact-number'
  | 'too-large'
  | 'not-an-object'
  | 'missing-kind'
  | 'missing-api-version'
  | 'missing-name'
  | 'wrong-api-version'
  | 'unknown-kind'
  | 'unsupported-kind'
  | 'unknown-field'
  | 'wrong-type'
  | 'duplicate-object'
  | 'refused'

/** A second place that belongs to the first, such as the earlier of two equal keys. */
export interface RelatedPlace extends SourceRange {
  readonly message: string
}

export interface Diagnostic extends SourceRange {
  readonly severity: 'error' | 'warning'
  readonly code: DiagnosticCode
  readonly message: string
  /** What to do, without a full stop. */
  readonly hint?: string
  readonly related?: RelatedPlace
}

/** Whether the manifest has to be refused. */
export function hasErrors(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some((diagnostic) => diagnostic.severity === 'error')
}
