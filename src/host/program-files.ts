import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The programs of this package that run as processes or threads of their own. */
export type ProgramName = 'cluster/engine' | 'host/relay-worker' | 'host/nftables-probe' | 'kubelet/stand-in/main'

/** A file that stands at the top of the compiled program, bundled or not. */
const LANDMARK = 'cli/main.js'

/**
 * The compiled file of a program: beside this one, or in dist/ where this one runs from src/ (tests). Node 20 runs no
 * TypeScript in a child or a worker.
 */
export function programFile(name: ProgramName): string {
  return `${programFolder()}/${name}.js`
}

/** Of the nearest package.json above, which is this package's own. */
export function packageFile(): string {
  return `${above((folder) => existsSync(`${folder}/package.json`))}/package.json`
}

function programFolder(): string {
  const compiled = above((folder) => existsSync(`${folder}/${LANDMARK}`) || existsSync(`${folder}/dist/${LANDMARK}`))
  return existsSync(`${compiled}/${LANDMARK}`) ? compiled : `${compiled}/dist`
}

function above(wanted: (folder: string) => boolean): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!wanted(folder)) {
    if (folder === '/') throw new Error('the package is not complete: build it with "npm run build"')
    folder = dirname(folder)
  }
  return folder
}
