import type { ProgramWarning } from '../cluster/pods/program-warnings.ts'
import type { ObjectProblem } from '../cluster/validate-manifest.ts'
import type { Diagnostic } from '../manifest/diagnostic.ts'
import { formatDiagnostic } from '../manifest/format.ts'
import { locate, type ManifestObject } from '../manifest/manifest.ts'
import type { Context } from './context.ts'

/** What the API refuses, at its place in the files. */
export function refusals(
  problems: readonly ObjectProblem[],
  objects: readonly ManifestObject[],
): readonly Diagnostic[] {
  return problems.flatMap(({ index, path, object, message, other }) => {
    const source = objects[index]
    if (source === undefined) return []
    const elsewhere = other === undefined ? undefined : objects[other]
    const related = elsewhere && { ...locate(elsewhere, path), message: 'the other one' }
    return [
      {
        severity: 'error' as const,
        code: 'refused' as const,
        message: `${object}: ${message}`,
        ...locate(source, path),
        ...(related && { related }),
      },
    ]
  })
}

/** What the API would accept with a warning, at the annotation that it is about, else at the object's name. */
export function apiWarnings(
  warnings: readonly { readonly index: number; readonly message: string }[],
  objects: readonly ManifestObject[],
): readonly Diagnostic[] {
  return warnings.flatMap(({ index, message }) => {
    const source = objects[index]
    if (source === undefined) return []
    const { kind, name = '' } = source
    const annotation = /^metadata\.annotations\[([^\]]+)\]/.exec(message)?.[1]
    const place = locate(
      source,
      annotation === undefined ? ['metadata', 'name'] : ['metadata', 'annotations', annotation],
    )
    return [{ severity: 'warning', code: 'refused', message: `${kind} ${name}: ${message}`, ...place }]
  })
}

/** Annotations that ask for a host program and name no container. */
export function annotationWarnings(
  warnings: readonly ProgramWarning[],
  objects: readonly ManifestObject[],
): readonly Diagnostic[] {
  return warnings.flatMap(({ index, path, message }) => {
    const source = index === undefined ? undefined : objects[index]
    if (source === undefined) return []
    const { kind, name = '' } = source
    return [{ severity: 'warning', code: 'refused', message: `${kind} ${name}: ${message}`, ...locate(source, path) }]
  })
}

/** All of them, as a compiler would, in the order of the files. */
export function printDiagnostics(
  diagnostics: readonly Diagnostic[],
  texts: ReadonlyMap<string, string>,
  context: Context,
  outcome: string,
): void {
  for (const diagnostic of diagnostics) {
    context.stderr.write(`${formatDiagnostic(diagnostic, texts.get(diagnostic.file))}\n`)
  }
  const errors = diagnostics.filter(({ severity }) => severity === 'error').length
  if (errors > 0) context.stderr.write(`${errors} ${errors === 1 ? 'error' : 'errors'}: ${outcome}\n`)
}
