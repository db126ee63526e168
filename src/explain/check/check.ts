/** What a rule is: one file in rules/, one line in rules/index.ts. Its examples are its tests and its documentation. */
import type { ManifestObject } from '../../manifest/manifest.ts'
import type { CheckConfig } from './config.ts'
import type { CheckContext } from './context.ts'
import type { Fix, Severity } from './finding.ts'
import type { Path } from './json.ts'

/** A field of an object. */
export interface Place {
  readonly object: ManifestObject
  readonly path: Path
}

export interface RelatedProblemPlace extends Place {
  readonly message: string
}

/** A finding before its places are looked up. */
export interface Problem extends Place {
  /** What will happen, in plain words with real values; then the one change to make. */
  readonly message: string
  /** Where it differs from the rule's. */
  readonly severity?: Severity
  readonly related?: readonly RelatedProblemPlace[]
  readonly fixes?: readonly Fix[]
}

/** `#  ^^^^ warning: text` under a line is an expected finding there, `#  ---- text` a related place. */
export interface Example {
  readonly title: string
  readonly yaml: string
  readonly config?: Partial<CheckConfig>
}

export interface Check {
  readonly code: string
  /** Readable name, never reused. */
  readonly name: string
  readonly severity: Severity
  /** Runs only where the configuration turns it on. */
  readonly off?: true
  /** What is wrong, one sentence. */
  readonly summary: string
  /** What becomes of a packet, and what the client sees. */
  readonly why: string
  readonly remediation: string
  /** Kubernetes version or proxy mode that it hangs on. */
  readonly dependsOn?: string
  /** At least one that fires and one that does not. */
  readonly examples: readonly Example[]
  run(context: CheckContext): readonly Problem[]
}
