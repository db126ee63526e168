import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { constants } from 'node:os'
import type { Readable } from 'node:stream'
import { inNamespace, type NetworkNamespace } from '../host/namespaces.ts'
import type { Execution } from './container-runtime.ts'

/** Where and as whom a command runs beside a host program. */
export interface Beside {
  readonly netns: NetworkNamespace | undefined
  /** PID 1 of the program's namespaces. Absent: it has none of its own. */
  readonly init?: number
  readonly workingDirectory: string
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly user?: { readonly uid: number; readonly gid: number }
}

/** As the program itself, in the folder as it sees it: where its user could not be had, neither can it here. */
const SCRIPT = `
become="$1"
cd "$2" || exit 126
shift 2
[ -z "$become" ] || $become true 2>/dev/null || become=
exec $become "$@"`

/** Starts a command in the program's mount, UTS and PID namespaces: it sees its files and its processes. */
export function spawnBeside(place: Beside, command: readonly string[], stdio: StdioOptions): ChildProcess {
  const { netns, init, workingDirectory, environment: env, user } = place
  const become = user === undefined ? '' : `setpriv --reuid ${user.uid} --regid ${user.gid} --clear-groups`
  const shell = ['/bin/sh', '-c', SCRIPT, 'sh', become, workingDirectory, ...command]
  const enter = ['nsenter', '--target', String(init), '--mount', '--uts', '--pid', '--']
  const [file = '', ...args] = init === undefined ? shell : [...enter, ...shell]
  return inNamespace(netns, () => spawn(file, args, { cwd: workingDirectory, env, stdio, detached: true }))
}

/** More is not kept of what a command writes, in bytes. */
const MOST_OUTPUT = 10 * 1024

/** Runs a command to its end, or to the end of its time. Rejects where it cannot be started. */
export function executeBeside(place: Beside, command: readonly string[], timeout: number): Promise<Execution> {
  return new Promise((resolve, reject) => {
    const child = spawnBeside(place, command, ['ignore', 'pipe', 'pipe'])
    const output = collect([child.stdout, child.stderr])
    let late = false
    const timer = setTimeout(() => {
      late = true
      killTree(child)
    }, timeout)
    child.once('error', (error) => {
      clearTimeout(timer)
      reject(error)
    })
    child.once('exit', (code, signal) => {
      clearTimeout(timer)
      const exitCode = signal === null ? (code ?? 0) : 128 + constants.signals[signal]
      // What it started in the background may hold the streams open: they are not waited for.
      setImmediate(() => {
        resolve({ exitCode: late ? undefined : exitCode, output: output() })
        child.stdout?.destroy()
        child.stderr?.destroy()
      })
    })
  })
}

function collect(streams: readonly (Readable | null)[]): () => string {
  const chunks: Buffer[] = []
  let left = MOST_OUTPUT
  for (const stream of streams) {
    stream?.on('error', () => undefined)
    stream?.on('data', (chunk: Buffer) => {
      if (left > 0) chunks.push(chunk.subarray(0, left))
      left -= chunk.length
    })
  }
  return () => Buffer.concat(chunks).toString('utf8').trimEnd()
}

export const childrenOf = (pid: number): readonly number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number)

/** SIGKILL to a command and all that it started: `nsenter` takes nothing along. */
export function killTree(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  for (const pid of treeOf(child.pid)) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // ESRCH: it has just ended.
    }
  }
}

/** The last ones first. */
function treeOf(pid: number): readonly number[] {
  try {
    return [...childrenOf(pid).flatMap(treeOf), pid]
  } catch {
    return [pid]
  }
}
