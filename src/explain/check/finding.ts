/** What `portolan check` says, as it stands in its JSON: these names are a promise. */
import type { SourceRange } from '../../manifest/source.ts'

export type Severity = 'error' | 'warning' | 'info'

/** Replaces a range of a file; an empty range inserts. Lines and columns count from 1. */
export interface Edit extends SourceRange {
  readonly newText: string
}

export interface Fix {
  readonly title: string
  /** Whether `--fix` may apply it. */
  readonly safe: boolean
  readonly edits: readonly Edit[]
}

export interface FindingObject {
  readonly apiVersion: string
  readonly kind: string
  readonly namespace: string
  readonly name: string
}

export interface RelatedLocation {
  readonly message: string
  readonly location: SourceRange
}

export interface Finding {
  readonly code: string
  readonly name: string
  readonly severity: Severity
  readonly message: string
  /** All its fields are empty for what belongs to no object. */
  readonly object: FindingObject
  readonly location: SourceRange
  readonly related: readonly RelatedLocation[]
  readonly fixes: readonly Fix[]
}

const RANK: Readonly<Record<Severity, number>> = { error: 0, warning: 1, info: 2 }

/** Negative where `left` is worse. */
export function compareSeverity(left: Severity, right: Severity): number {
  return RANK[left] - RANK[right]
}

/** The same for the same fault after lines were added elsewhere: no place is in it. */
export function findingKey({ code, object, message }: Pick<Finding, 'code' | 'object' | 'message'>): string {
  return [code, object.apiVersion, object.kind, object.namespace, object.name, message].join('\n')
}
