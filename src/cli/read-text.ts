import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { UsageError, type Context } from './context.ts'

/** Of a file that a user has named. Throws a UsageError where it cannot be read. */
export function readText(file: string, context: Context): string {
  try {
    return readFileSync(resolve(context.workingDirectory, file), 'utf8')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    const why = code === 'ENOENT' ? 'no such file' : code === 'EACCES' ? 'permission denied' : String(error)
    throw new UsageError(`${file}: ${why}`)
  }
}
