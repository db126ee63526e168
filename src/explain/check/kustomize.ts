/** Kustomizations among the input: which files they take in, and which labels they write into selectors. */
import type { ManifestObject } from '../../manifest/manifest.ts'
import { labelsAt, listAt, type Path, textAt, valueAt } from './json.ts'

export interface SelectorLabel {
  readonly key: string
  readonly value: string
  readonly path: Path
}

export interface Kustomization {
  readonly object: ManifestObject
  /** The pairs that it writes into selectors and Pod templates alike. */
  readonly selectorLabels: readonly SelectorLabel[]
  /** The files whose objects it takes in, also by way of other Kustomizations. */
  readonly files: ReadonlySet<string>
}

export function isKustomization({ kind, apiVersion }: ManifestObject): boolean {
  return /^(?:Kustomization|Component)$/.test(kind) && apiVersion.startsWith('kustomize.config.k8s.io/')
}

function folderOf({ origin }: ManifestObject): string {
  return origin.source.file.replace(/[^/]*$/, '')
}

/** `overlays/prod/` and `../../base` give `base`. */
function joined(folder: string, path: string): string {
  const parts: string[] = folder.startsWith('/') ? [''] : []
  for (const part of `${folder}/${path}`.split('/')) {
    if (part === '' || part === '.') continue
    if (part === '..' && parts.length > 0 && parts.at(-1) !== '..') parts.pop()
    else parts.push(part)
  }
  return parts.join('/')
}

/** The files of patches that a Kustomization names: parts of objects, which mean nothing by themselves. */
export function patchFiles(object: ManifestObject): readonly string[] {
  const paths = [
    ...listAt(object.value, 'patches').map((patch) => textAt(patch, 'path')),
    ...listAt(object.value, 'patchesStrategicMerge').map((path) => (typeof path === 'string' ? path : undefined)),
  ]
  return paths.flatMap((path) => (path === undefined ? [] : [joined(folderOf(object), path)]))
}

/** `commonLabels` always goes into selectors, an entry of `labels` where it says so. */
function selectorLabels({ value }: ManifestObject): readonly SelectorLabel[] {
  const pairsAt = (...path: Path): readonly SelectorLabel[] =>
    Object.entries(labelsAt(value, ...path)).map(([key, text]) => ({ key, value: text, path: [...path, key] }))
  const entries = listAt(value, 'labels').flatMap((entry, i) =>
    valueAt(entry, 'includeSelectors') === true ? pairsAt('labels', i, 'pairs') : [],
  )
  return [...pairsAt('commonLabels'), ...entries]
}

function filesOf(object: ManifestObject, byFolder: ReadonlyMap<string, ManifestObject>): ReadonlySet<string> {
  const files = new Set<string>()
  const seen = new Set<ManifestObject>([object])
  // The set grows while it is walked.
  for (const one of seen) {
    for (const field of ['resources', 'bases', 'components']) {
      for (const entry of listAt(one.value, field)) {
        if (typeof entry !== 'string') continue
        const path = joined(folderOf(one), entry)
        const inner = byFolder.get(path)
        if (inner === undefined) files.add(path)
        else seen.add(inner)
      }
    }
  }
  return files
}

export function readKustomizations(objects: readonly ManifestObject[]): readonly Kustomization[] {
  const all = objects.filter(isKustomization)
  const byFolder = new Map(all.map((object) => [joined(folderOf(object), ''), object]))
  return all.map((object) => ({
    object,
    selectorLabels: selectorLabels(object),
    files: filesOf(object, byFolder),
  }))
}

/** Whether the Kustomization takes the object in. */
export function includes({ files }: Kustomization, { origin }: ManifestObject): boolean {
  return files.has(joined(origin.source.file, ''))
}
