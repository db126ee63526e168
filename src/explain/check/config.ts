/** Settings of a run; `parse-config.ts` reads them from a file. */
import type { SourceRange } from '../../manifest/source.ts'
import type { Severity } from './finding.ts'

/** A finding that all given patterns match is left out. `*` stands for any text without a slash, `**` for any. */
export interface ConfigSuppression {
  /** Code or name. */
  readonly rule?: string
  /** Of the file, as it was given. */
  readonly path?: string
  readonly kind?: string
  readonly namespace?: string
  readonly name?: string
  readonly reason?: string
  readonly location?: SourceRange
}

export interface CheckConfig {
  /** Namespace of objects that state none. */
  readonly namespace: string
  /** Whether objects may exist that were not given. */
  readonly openWorld: boolean
  readonly clusterDomain: string
  readonly nodePortRange: { readonly first: number; readonly last: number }
  /** By code or name. A severity turns a rule on too. */
  readonly rules: Readonly<Record<string, 'on' | 'off' | Severity>>
  readonly suppress: readonly ConfigSuppression[]
  /** File with the JSON output of an earlier run: its findings are left out. */
  readonly baseline?: string
}

export const DEFAULT_CONFIG: CheckConfig = {
  namespace: 'default',
  openWorld: false,
  clusterDomain: 'cluster.local',
  nodePortRange: { first: 30_000, last: 32_767 },
  rules: {},
  suppress: [],
}
