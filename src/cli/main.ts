import { run } from './run.ts'

// A pipe or a terminal that is closed is no reason to leave a network without its end.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)

const workingDirectory = currentFolder()
if (workingDirectory === undefined) {
  process.stderr.write('portolan: the current folder does not exist any more: change to another one\n')
  process.exitCode = 2
} else {
  process.exitCode = await run(process.argv.slice(2), {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    environment: process.env,
    workingDirectory,
  })
}

/** Of this process; undefined where it was removed meanwhile. */
function currentFolder(): string | undefined {
  try {
    return process.cwd()
  } catch {
    return undefined
  }
}
