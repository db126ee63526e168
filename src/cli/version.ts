import { readFileSync } from 'node:fs'
import { packageFile } from '../host/program-files.ts'

interface PackageFile {
  readonly version: string
}

/** Of package.json. */
export const VERSION: string = (JSON.parse(readFileSync(packageFile(), 'utf8')) as PackageFile).version
