import { spawn } from 'node:child_process'
import type { Context } from '../context.ts'

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
  child.stdout?.pipe(context.stdout, { end: false })
  child.stderr?.pipe(context.stderr, { end: false })
  const interrupt = (): void => void child.kill('SIGINT')
  process.on('SIGINT', interrupt)
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => resolve(code ?? 1))
    child.once('message', () => {
      process.off('SIGINT', interrupt)
      // What it wrote before it was ready is in the pipes already.
      setImmediate(() => {
        child.stdout?.destroy()
        child.stderr?.destroy()
        child.unref()
        resolve(0)
      })
    })
  })
}
