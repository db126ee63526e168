import { readFileSync } from 'node:fs'

interface PackageFile {
  readonly version: string
}

/** Of package.json, which stands two folders above this file, in src/ as in dist/. */
export const VERSION: string = (
  JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as PackageFile
).version
