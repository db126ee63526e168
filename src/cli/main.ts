import { run } from './run.ts'

// A pipe or a terminal that is closed is no reason to leave a network without its end.
const CLOSED: ReadonlySet<string | undefined> = new Set(['EPIPE', 'EIO'])
let isCutShort = false
process.stderr.on('error', () => undefined)
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (CLOSED.has(error.code) || isCutShort) return
  // A full disk: what was printed is not complete, and nobody may take it for the answer.
  isCutShort = true
  process.exitCode ||= 1
  process.stderr.write(`portolan: the output is cut short: ${error.message}\n`)
})

const workingDirectory = currentFolder()
if (workingDirectory === undefined) {
  process.stderr.write('portolan: the current folder does not exist any more: change to another one\n')
  process.exitCode = 2
} else {
  const code = await run(process.argv.slice(2), {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    environment: process.env,
    workingDirectory,
  })
  process.exitCode = code === 0 && isCutShort ? 1 : code
}

/** Of this process; undefined where it was removed meanwhile. */
function currentFolder(): string | undefined {
  try {
    return process.cwd()
  } catch {
    return undefined
  }
}
