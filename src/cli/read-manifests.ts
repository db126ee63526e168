import { readdirSync, readFileSync, statSync } from 'node:fs'
import { relative, resolve } from 'node:path'
import { text as readText } from 'node:stream/consumers'
import { readFailure } from '../lib/read-failure.ts'
import { mergeManifests } from '../manifest/merge.ts'
import type { Manifest } from '../manifest/manifest.ts'
import { parseManifest } from '../manifest/parse.ts'
import { UsageError, type Context } from './context.ts'

/** Files, folders and `-`, read and put together; the texts by the name that diagnostics carry. */
export interface ReadManifests {
  readonly manifest: Manifest
  readonly texts: ReadonlyMap<string, string>
}

const EXTENSIONS = /\.(ya?ml|json)$/i

/** Throws a UsageError for a path that cannot be opened. */
export async function readManifests(paths: readonly string[], context: Context): Promise<ReadManifests> {
  const texts = new Map<string, string>()
  const manifests: Manifest[] = []
  for (const path of paths) {
    for (const { file, text, lenient } of await readPath(path, context)) {
      texts.set(file, text)
      manifests.push(parseManifest(text, file, { lenient }))
    }
  }
  return { manifest: mergeManifests(manifests), texts }
}

interface ReadFile {
  readonly file: string
  readonly text: string
  /** Found in a folder: what is no manifest is passed over. */
  readonly lenient: boolean
}

async function readPath(path: string, context: Context): Promise<readonly ReadFile[]> {
  if (path === '') throw new UsageError('an empty file name: is a variable not set?')
  if (path === '-') return [{ file: '<stdin>', text: await readText(context.stdin), lenient: false }]
  const full = resolve(context.workingDirectory, path)
  try {
    if (!statSync(full).isDirectory()) return [{ file: path, text: readFileSync(full, 'utf8'), lenient: false }]
    return filesOf(full).map((file) => ({
      file: relative(context.workingDirectory, file),
      text: readFileSync(file, 'utf8'),
      lenient: true,
    }))
  } catch (error) {
    throw new UsageError(`${path}: ${readFailure(error, 'file or folder')}`)
  }
}

/** Recursively, in order of names; dot folders and node_modules are passed over. */
function filesOf(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true })
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = `${folder}/${entry.name}`
      if (entry.isDirectory()) return entry.name.startsWith('.') || entry.name === 'node_modules' ? [] : filesOf(path)
      return EXTENSIONS.test(entry.name) ? [path] : []
    })
}
