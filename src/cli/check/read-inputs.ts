import { readdirSync, readFileSync, statSync } from 'node:fs'
import { relative, resolve } from 'node:path'
import { buffer } from 'node:stream/consumers'
import type { CheckInput } from '../../explain/check/inputs.ts'
import { readFailure } from '../../lib/read-failure.ts'
import { UsageError, type Context } from '../context.ts'

export const STANDARD_INPUT = '<stdin>'
const EXTENSIONS = /\.(ya?ml|json)$/i
/** Read in no time, and far more than any manifest; a string in Node ends at half a gigabyte. */
const MOST_BYTES = 256 * 1024 * 1024

/** All files, each once, in the order given. Throws a UsageError for a path that cannot be opened. */
export async function readCheckInputs(paths: readonly string[], context: Context): Promise<readonly CheckInput[]> {
  const inputs = new Map<string, CheckInput>()
  for (const path of paths) {
    for (const input of path === '-' ? [await readStandardInput(context)] : readPath(path, context)) {
      const key = input.file === STANDARD_INPUT ? input.file : resolve(context.workingDirectory, input.file)
      if (!inputs.has(key)) inputs.set(key, input)
    }
  }
  return [...inputs.values()]
}

async function readStandardInput(context: Context): Promise<CheckInput> {
  return { file: STANDARD_INPUT, ...decode(await buffer(context.stdin)) }
}

function readPath(path: string, context: Context): readonly CheckInput[] {
  const full = resolve(context.workingDirectory, path)
  try {
    if (!statSync(full).isDirectory()) return [{ file: path, ...decode(readFileSync(full)) }]
    return filesOf(full).map((file) => ({
      file: relative(context.workingDirectory, file),
      ...readFound(file),
      lenient: true,
    }))
  } catch (error) {
    throw new UsageError(`${path}: ${readFailure(error, 'file or folder')}`)
  }
}

/** A file of a folder that cannot be opened is a finding: nobody named it. */
function readFound(file: string): Pick<CheckInput, 'text' | 'unreadable'> {
  try {
    return decode(readFileSync(file))
  } catch (error) {
    return { text: '', unreadable: `this file cannot be opened: ${readFailure(error, 'file or folder')}` }
  }
}

function decode(bytes: Uint8Array): Pick<CheckInput, 'text' | 'unreadable'> {
  if (bytes.length > MOST_BYTES)
    return { text: '', unreadable: `this file is larger than ${MOST_BYTES / 1024 / 1024} MB` }
  const encoding =
    bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : 'utf-8'
  try {
    return { text: new TextDecoder(encoding, { fatal: true, ignoreBOM: encoding === 'utf-8' }).decode(bytes) }
  } catch {
    return { text: '', unreadable: 'this file is no text in UTF-8' }
  }
}

/** Recursively, in order of names; dot folders and node_modules are passed over. A link to a folder is not followed. */
function filesOf(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true })
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = `${folder}/${entry.name}`
      if (entry.isDirectory()) return entry.name.startsWith('.') || entry.name === 'node_modules' ? [] : filesOf(path)
      return EXTENSIONS.test(entry.name) ? [path] : []
    })
}
