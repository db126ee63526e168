import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseHosts, type Hosts } from '../../cluster/dns/hosts.ts'
import { UsageError, type Context } from '../context.ts'
import { readText } from '../read-text.ts'

/** Milliseconds from one look at the file to the next, as in CoreDNS. */
const INTERVAL = 5000

/**
 * What a hosts file holds, read again when somebody asks and it has changed. Throws a UsageError where it cannot be used; where
 * that is so only later, it is told and the names stay as they were.
 */
export function hostsOfFile(file: string, context: Context, interval: number = INTERVAL): () => Hosts {
  const path = resolve(context.workingDirectory, file)
  let hosts = readHosts(file, context)
  let seen = stateOf(path)
  let looked = performance.now()
  return () => {
    if (performance.now() - looked < interval) return hosts
    looked = performance.now()
    const state = stateOf(path)
    if (state === seen) return hosts
    seen = state
    try {
      hosts = readHosts(file, context)
    } catch (error) {
      if (!(error instanceof UsageError)) throw error
      context.stderr.write(`portolan: ${error.message}: the names stay as they were\n`)
    }
    return hosts
  }
}

/** Differs when the file does; the same for all files that are not there. */
function stateOf(path: string): string {
  const { ino = 0, size = 0, mtimeMs = 0 } = statSync(path, { throwIfNoEntry: false }) ?? {}
  return `${ino} ${size} ${mtimeMs}`
}

function readHosts(file: string, context: Context): Hosts {
  const { problems, ...hosts } = parseHosts(readText(file, context))
  const words = problems.map(({ line, text }) => `${file}:${line}: ${JSON.stringify(text)}: say ADDRESS NAME...`)
  if (words.length > 0) throw new UsageError(words.join('\n'))
  return hosts
}
