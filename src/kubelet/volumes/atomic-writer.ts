import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import type { PayloadFile } from './payload.ts'

const DATA = '..data'

/**
 * Makes a folder show `files`, all of them or none: they are links to `..data`, which is a link to a folder with one
 * state of the volume and is replaced by a rename. `version` names the new folder.
 */
export function writeAtomically(folder: string, files: readonly PayloadFile[], version: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o755 })
  const safe = files.filter(({ path }) => isInside(path))
  const before = currentFolder(folder)
  const next = `..${version}`
  for (const { path, data, mode } of safe) {
    const at = join(folder, next, path)
    mkdirSync(dirname(at), { recursive: true, mode: 0o755 })
    writeFileSync(at, data)
    chmodSync(at, mode)
  }
  mkdirSync(join(folder, next), { recursive: true, mode: 0o755 })
  symlinkSync(next, join(folder, `${DATA}_tmp`))
  renameSync(join(folder, `${DATA}_tmp`), join(folder, DATA))
  const names = new Set(safe.map(({ path }) => path.split('/')[0] ?? ''))
  for (const name of names) if (!isLink(join(folder, name))) symlinkSync(`${DATA}/${name}`, join(folder, name))
  for (const name of readdirSync(folder)) {
    if (!name.startsWith('..') && !names.has(name)) rmSync(join(folder, name))
  }
  if (before !== undefined) rmSync(join(folder, before), { recursive: true })
}

/** Paths that lead out of a volume are refused by the API; here they are not written. */
function isInside(path: string): boolean {
  return path !== '' && !path.startsWith('/') && !path.split('/').includes('..') && !path.startsWith('..')
}

function currentFolder(folder: string): string | undefined {
  return isLink(join(folder, DATA)) ? readlinkSync(join(folder, DATA)) : undefined
}

const isLink = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? false
