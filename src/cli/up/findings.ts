import type { ManifestObject } from '../../manifest/manifest.ts'

/** What `check` says of a manifest that runs all the same. */
export interface ManifestFindings {
  /** A line each. */
  readonly lines: readonly string[]
  /** Their codes: what is said of the running network need not say them again. */
  readonly codes: ReadonlySet<string>
}

export const NO_FINDINGS: ManifestFindings = { lines: [], codes: new Set() }

/** Errors and warnings, worst first. The rules are loaded here, when the network runs already. */
export async function manifestFindings(objects: readonly ManifestObject[]): Promise<ManifestFindings> {
  const { checkObjects } = await import('../../explain/check/run-checks.ts')
  const findings = checkObjects(objects).filter(({ severity }) => severity !== 'info')
  return {
    lines: findings.map(
      ({ code, message, location: { file, line, column } }) => `${file}:${line}:${column}: ${code} ${message}`,
    ),
    codes: new Set(findings.map(({ code }) => code)),
  }
}
