import type { ClusterOptions } from '../../cluster/options.ts'
import { programWarnings } from '../../cluster/pods/program-warnings.ts'
import { validateManifest, type ObjectProblem } from '../../cluster/validate-manifest.ts'
import { hasErrors, type Diagnostic } from '../../manifest/diagnostic.ts'
import type { ManifestObject } from '../../manifest/manifest.ts'
import { UsageError, type Context } from '../context.ts'
import { count } from '../format.ts'
import { annotationWarnings, apiWarnings, printDiagnostics, refusals } from '../manifest-problems.ts'
import { readManifests } from '../read-manifests.ts'

/** Manifests that a network can be given. */
export interface LoadedManifests {
  readonly values: readonly unknown[]
  /** All objects of the files, those too that no network acts on. */
  readonly objects: readonly ManifestObject[]
  /** Prints what a network refused of `values`, at its place in the files. */
  printRefused(problems: readonly ObjectProblem[], outcome: string): void
}

/**
 * Reads and validates; prints every problem at once. Undefined where one of them stops the start. Without `cluster` only
 * the text is looked at: a running network knows its own ranges and says what it refuses.
 */
export async function loadManifests(
  files: readonly string[],
  cluster: ClusterOptions | undefined,
  context: Context,
): Promise<LoadedManifests | undefined> {
  const { manifest, texts } = await readManifests(files, context)
  const known = manifest.objects.filter((object) => object.known)
  const values = known.map((object) => object.value)
  const validated = cluster === undefined ? NOTHING : validateManifest(values, cluster.config, cluster.nodes)
  if (!('problems' in validated)) throw new UsageError(validated.join('\n'))
  // What the text got wrong the API would only say again.
  const unreadable = new Set(manifest.diagnostics.filter(({ severity }) => severity === 'error').map(placeOf))
  const refused = refusals(validated.problems, known).filter((diagnostic) => !unreadable.has(placeOf(diagnostic)))
  const warned = apiWarnings(validated.warnings, known)
  const programs = programWarnings(values, cluster?.run ?? {})
  const diagnostics = inOrder(
    [...manifest.diagnostics, ...refused, ...warned, ...annotationWarnings(programs, known)],
    [...texts.keys()],
  )
  printDiagnostics(diagnostics, texts, context, cluster === undefined ? 'nothing was changed' : 'nothing was started')
  for (const { index, message } of programs) {
    if (index === undefined) context.stderr.write(`warning: ${message}\n`)
  }
  if (manifest.skipped > 0)
    context.stderr.write(`${count(manifest.skipped, 'document')} without apiVersion and kind passed over\n`)
  if (hasErrors(diagnostics)) return undefined
  return {
    values,
    objects: manifest.objects,
    printRefused: (problems, outcome) => printDiagnostics(refusals(problems, known), texts, context, outcome),
  }
}

const NOTHING: ReturnType<typeof validateManifest> = { valid: [], problems: [], warnings: [] }

function inOrder(diagnostics: readonly Diagnostic[], files: readonly string[]): readonly Diagnostic[] {
  const rank = new Map(files.map((file, i) => [file, i]))
  return diagnostics.toSorted(
    (a, b) => (rank.get(a.file) ?? 0) - (rank.get(b.file) ?? 0) || a.line - b.line || a.column - b.column,
  )
}

function placeOf({ file, line }: { readonly file: string; readonly line: number }): string {
  return `${file}:${line}`
}
