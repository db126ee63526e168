import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Context } from '../context.ts'

/** In the state directory of a network. */
export const REMEMBERED = 'manifests.json'

/** Which files a network holds, for those who say later where something is written. Standard input has no place. */
export function rememberFiles(directory: string, files: readonly string[], context: Context): void {
  const paths = files.filter((file) => file !== '-').map((file) => resolve(context.workingDirectory, file))
  try {
    writeFileSync(`${directory}/${REMEMBERED}`, JSON.stringify(paths), { mode: 0o600 })
  } catch {
    // The network is ending: nobody will ask.
  }
}
