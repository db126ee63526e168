import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { readFailure } from '../lib/read-failure.ts'
import { UsageError, type Context } from './context.ts'

/** Of a file that a user has named. Throws a UsageError where it cannot be read. */
export function readText(file: string, context: Context): string {
  try {
    return readFileSync(resolve(context.workingDirectory, file), 'utf8')
  } catch (error) {
    throw new UsageError(`${file}: ${readFailure(error)}`)
  }
}
