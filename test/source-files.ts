import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'

/** The repository's folder, with a slash at its end. */
export const ROOT: string = new URL('..', import.meta.url).pathname

export interface Import {
  /** As written: `../lib/ip.ts`, `node:fs`, `commander`. */
  readonly specifier: string
  /** The imported file from the repository's folder, for a relative specifier. */
  readonly file?: string
  /** Gone when compiled. */
  readonly typeOnly: boolean
}

export interface SourceFile {
  /** From the repository's folder: `src/lib/ip.ts`. */
  readonly path: string
  readonly text: string
  readonly imports: readonly Import[]
}

/** Every .ts file below a folder, in order of names. */
export function sourceFiles(folder: string): readonly SourceFile[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.parentPath.includes('node_modules'))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)))
    .toSorted()
    .map((path) => {
      const text = readFileSync(join(ROOT, path), 'utf8')
      return { path, text, imports: importsOf(path, text) }
    })
}

/** Biome formats every file: an import begins its line, and its specifier ends it. */
const STATIC = /^(?:import|export)\s+(type\s+)?(?:[\w\s{},*$]+\sfrom\s+)?'([^']+)'$/gm
const DYNAMIC = /\bimport\('([^']+)'\)/g

function importsOf(path: string, text: string): readonly Import[] {
  const written = [
    ...[...text.matchAll(STATIC)].map(([, type, specifier = '']) => ({ specifier, typeOnly: type !== undefined })),
    ...[...text.matchAll(DYNAMIC)].map(([, specifier = '']) => ({ specifier, typeOnly: false })),
  ]
  return written.map(({ specifier, typeOnly }) => {
    const file = specifier.startsWith('.') ? join(dirname(path), specifier) : undefined
    return { specifier, typeOnly, ...(file !== undefined && { file }) }
  })
}

/** Every file that is loaded with `path`, itself included: imports of types are gone by then. */
export function loadedWith(path: string, files: ReadonlyMap<string, SourceFile>): ReadonlySet<string> {
  const loaded = new Set<string>()
  const waiting = [path]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (loaded.has(next)) continue
    loaded.add(next)
    const values = files.get(next)?.imports.filter(({ typeOnly }) => !typeOnly) ?? []
    waiting.push(...values.map(({ file, specifier }) => file ?? specifier))
  }
  return loaded
}
