/** A network of the command under test, in the foreground as a child of the bench. */
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stateDirectory } from '../src/cluster/state/state-directory.ts'
import type { NetworkStatus } from '../src/cluster/control/status.ts'
import { type Runner, runCommand, startChild, stopChild } from './children.ts'
import { ROOT } from './root.ts'

const PORTOLAN = join(ROOT, 'bin/portolan.js')
const NAME = `bench-${process.pid}`

export interface Network {
  /** The front, the root of all the network's processes. */
  readonly front: number
  /** When the command was started, as performance.now() counts. */
  readonly startedAt: number
  /** Resolves when `up` says that the network is ready. */
  readonly ready: Promise<void>
  /** `from` as in `portolan run --from`; a client of its own without. */
  readonly runner: (from?: string) => Runner
  /** The command line of `runner`, for programs that go on. */
  readonly inside: (from?: string) => readonly string[]
  /** The engine's process id, once the network is ready. */
  readonly engine: () => number
  readonly status: () => Promise<NetworkStatus>
  /** The path of its kubeconfig. */
  readonly kubeconfig: () => Promise<string>
  /** Stops it as a user would; the milliseconds that this took. */
  readonly down: () => Promise<number>
}

export interface NetworkOptions {
  /** Further arguments of `up`. */
  readonly arguments?: readonly string[]
  /** The Node.js that runs the network. */
  readonly node?: string
}

export function startNetwork(manifest: string, options: NetworkOptions = {}): Network {
  const directory = mkdtempSync(join(tmpdir(), 'portolan-bench-'))
  const file = join(directory, 'manifest.json')
  writeFileSync(file, manifest)
  const command = [options.node ?? process.execPath, PORTOLAN]
  const name = ['--name', NAME]
  const up = [...command, 'up', file, ...name, '--dns-upstream', 'none', ...(options.arguments ?? [])]
  const startedAt = performance.now()
  const child = startChild(up, { stdio: ['ignore', 'pipe', 'pipe'], cwd: directory })
  const inside = (from?: string): readonly string[] => [
    ...command,
    'run',
    ...name,
    ...(from === undefined ? [] : ['--from', from]),
    '--',
  ]
  return {
    front: child.pid ?? 0,
    startedAt,
    ready: readiness(child),
    runner: (from) => (program, seconds) => runCommand([...inside(from), ...program], seconds),
    inside,
    engine: () => Number(readFileSync(stateDirectory(NAME).enginePid, 'utf8')),
    status: async () => JSON.parse(await runCommand([...command, 'status', ...name, '-o', 'json'], 10)),
    kubeconfig: async () => (await runCommand([...command, 'kubeconfig', ...name], 10)).trim(),
    async down() {
      const before = performance.now()
      if (child.exitCode === null) await runCommand([...command, 'down', ...name], 60).catch(() => stopChild(child))
      await stopChild(child)
      rmSync(directory, { recursive: true })
      return performance.now() - before
    },
  }
}

async function readiness(child: ChildProcess): Promise<void> {
  let errors = ''
  child.stderr?.on('data', (data: Buffer) => (errors += data.toString()))
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`up ended with ${code}: ${errors.trim()}`)
  })
  // Nobody may be waiting when the network is stopped.
  ended.catch(() => undefined)
  if (child.stdout !== null) await Promise.race([once(child.stdout, 'data'), ended])
  child.stdout?.resume()
}
