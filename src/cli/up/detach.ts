import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { finished } from 'node:stream/promises'
import { libc } from '../../host/libc.ts'
import type { Context } from '../context.ts'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * `up -d`: the same command in a session of its own, which says when it is ready. Its words come to this terminal until
 * then; after that nobody listens.
 */
export function detach(context: Context): Promise<number> {
  const child = spawn(process.execPath, process.argv.slice(1), {
    cwd: context.workingDirectory,
    stdio: ['inherit', 'pipe', 'pipe', 'ipc'],
    detached: true,
  })
  const words = [child.stdout, child.stderr].flatMap((stream) => stream ?? [])
  child.stdout?.pipe(context.stdout, { end: false })
  child.stderr?.pipe(context.stderr, { end: false })
  const forward = (signal: NodeJS.Signals): void => void child.kill(signal)
  for (const signal of SIGNALS) process.on(signal, forward)
  return new Promise<number>((resolve, reject) => {
    child.once('error', reject)
    // A signal that comes before it can be heeded ends the child by itself.
    child.once('exit', (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])))
    child.once('message', () => {
      // It has closed the pipes: what it wrote is read to the end.
      Promise.all(words.map((stream) => finished(stream))).then(() => resolve(0), reject)
      child.unref()
    })
  }).finally(() => {
    for (const signal of SIGNALS) process.off(signal, forward)
  })
}

const O_RDWR = 2

/** Until all words have gone where they go: a long list of Services is more than a pipe holds. */
export async function allWritten({ stdout, stderr }: Pick<Context, 'stdout' | 'stderr'>): Promise<void> {
  await Promise.all([stdout, stderr].map((stream) => new Promise((resolve) => stream.write('', resolve))))
}

/** Tells the `up -d` that waits for this process that the network is ready, and lets go of its terminal and its pipes. */
export function tellParent(): void {
  if (process.send === undefined || !process.connected) return
  const nothing = libc().open('/dev/null', O_RDWR, 0)
  for (const fd of [0, 1, 2]) libc().dup3(nothing, fd, 0)
  libc().close(nothing)
  process.send({ kind: 'ready' }, () => process.disconnect())
}
