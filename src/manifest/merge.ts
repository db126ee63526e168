/** Puts the manifests of several files together. */
import { isKind, KINDS } from '../api/kinds.ts'
import type { Diagnostic } from './diagnostic.ts'
import { locate, type Manifest, type ManifestObject } from './manifest.ts'

/** Equal for two objects that would be the same in a cluster; undefined when the object cannot be a double. */
function identityOf(object: ManifestObject): string | undefined {
  if (!object.known || object.name === undefined || !isKind(object.kind)) return undefined
  const namespace = KINDS[object.kind].namespaced ? (object.namespace ?? 'default') : ''
  return [object.kind, namespace, object.name].join('/')
}

function duplicateDiagnostic(first: ManifestObject, second: ManifestObject): Diagnostic {
  const place =
    isKind(second.kind) && KINDS[second.kind].namespaced ? ` in namespace ${second.namespace ?? 'default'}` : ''
  return {
    severity: 'error',
    code: 'duplicate-object',
    message: `the ${second.kind} ${second.name}${place} is there twice`,
    ...locate(second, ['metadata', 'name']),
    hint: 'rename or remove one of the two',
    related: { ...locate(first, ['metadata', 'name']), message: 'the first one' },
  }
}

/**
 * All objects and diagnostics, in order. Of two objects of the same kind, namespace and name the first is kept, with an
 * error that names both places. Objects that Portolan does not know are not compared.
 */
export function mergeManifests(manifests: readonly Manifest[]): Manifest {
  const objects: ManifestObject[] = []
  const duplicates: Diagnostic[] = []
  const firsts = new Map<string, ManifestObject>()
  for (const object of manifests.flatMap((manifest) => manifest.objects)) {
    const identity = identityOf(object)
    const first = identity === undefined ? undefined : firsts.get(identity)
    if (first === undefined) objects.push(object)
    else duplicates.push(duplicateDiagnostic(first, object))
    if (identity !== undefined && first === undefined) firsts.set(identity, object)
  }
  return {
    objects,
    diagnostics: [...manifests.flatMap((manifest) => manifest.diagnostics), ...duplicates],
    skipped: manifests.reduce((sum, manifest) => sum + manifest.skipped, 0),
  }
}
