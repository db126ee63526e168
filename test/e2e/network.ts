/**
 * Machines for end-to-end tests: network, mount and PID namespaces of their own in which the real command runs, so that
 * no port can collide with anything on the host and nothing can be left behind.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { text as readText } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

export interface Outcome {
  /** 124 where it took more than PATIENCE seconds. */
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export interface ExecOptions {
  readonly input?: string
  /** Default: the checkout. */
  readonly folder?: string
  readonly environment?: Readonly<Record<string, string>>
}

/** A program that goes on running. */
export interface Background {
  readonly ended: Promise<Outcome>
  /** All of its output so far, both streams. */
  output(): string
  /** To the program itself, as a terminal's Ctrl-C is. */
  signal(name: NodeJS.Signals): void
}

export interface Machine {
  /** An empty folder, gone with the machine. */
  readonly folder: string
  exec(command: readonly string[], options?: ExecOptions): Promise<Outcome>
  /** A line for `sh`. */
  sh(line: string, options?: ExecOptions): Promise<Outcome>
  /** `bin/portolan.js`. */
  portolan(...args: readonly string[]): Promise<Outcome>
  /** `portolan up -d` without a DNS server upstream. Throws where it fails. */
  up(...args: readonly string[]): Promise<Outcome>
  /** A line for `sh`, run inside the network; `from` as `portolan run` has it, `own` for a client of its own. */
  inside(from: string, line: string): Promise<Outcome>
  start(command: readonly string[], options?: ExecOptions): Background
  /** Processes, links, listening sockets, nftables and files that a bare machine does not have. */
  leftovers(): Promise<readonly string[]>
  close(): Promise<void>
}

export const CHECKOUT: string = fileURLToPath(new URL('../..', import.meta.url))
export const PORTOLAN: string = join(CHECKOUT, 'bin/portolan.js')
/** Longest time of one command, in seconds. */
const PATIENCE = 30

const NAMESPACES = ['--user', '--map-root-user', '--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc']
/** PID 1, with which everything ends. It ends with the test. */
const INIT = `"$1" "$2" && echo ready && read -r _`
const ENTER = `cd "$1" || exit 126; shift; exec "$@"`

export async function createMachine(): Promise<Machine> {
  const folder = mkdtempSync(join(tmpdir(), 'portolan-e2e-'))
  const init = ['sh', '-c', INIT, 'sh', process.execPath, beside('machine.mjs')]
  const holder = spawn('unshare', [...NAMESPACES, ...init], { stdio: ['pipe', 'pipe', 'inherit'] })
  await new Promise<void>((resolve, reject) => {
    holder.stdout.once('data', () => resolve())
    holder.once('exit', (code) => reject(new Error(`the machine could not be made: exit code ${code}`)))
  })
  const target = firstChild(holder.pid)
  const enter = ['--preserve-credentials', '--user', '--net', '--mount', '--pid', '--target', String(target), '--']
  const launch = (command: readonly string[], options: ExecOptions): ChildProcess => {
    const { XDG_RUNTIME_DIR: _, ...inherited } = process.env
    const child = spawn('nsenter', [...enter, 'sh', '-c', ENTER, 'sh', options.folder ?? CHECKOUT, ...command], {
      env: {
        ...inherited,
        NO_COLOR: '1',
        TMPDIR: folder,
        XDG_RUNTIME_DIR: join(folder, 'run'),
        ...options.environment,
      },
      stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    })
    child.stdin?.end(options.input)
    return child
  }
  const exec: Machine['exec'] = (command, options = {}) =>
    outcomeOf(launch(['timeout', '-k', '1', String(PATIENCE), ...command], options))
  const machine: Machine = {
    folder,
    exec,
    sh: (line, options) => exec(['sh', '-c', line], options),
    portolan: (...args) => exec([PORTOLAN, ...args]),
    async up(...args) {
      const outcome = await machine.portolan('up', ...args, '-d', '--dns-upstream', 'none')
      if (outcome.code !== 0)
        throw new Error(`portolan up ${args.join(' ')}: exit code ${outcome.code}\n${outcome.stderr}`)
      return outcome
    },
    inside: (from, line) =>
      machine.portolan('run', ...(from === 'own' ? [] : ['--from', from]), '--', 'sh', '-c', line),
    start: (command, options = {}) => background(launch(command, options)),
    leftovers: () => leftovers(exec, folder),
    async close() {
      const ended = new Promise((resolve) => holder.once('exit', resolve))
      holder.stdin.end()
      await ended
      rmSync(folder, { recursive: true, force: true })
    },
  }
  return machine
}

async function outcomeOf(child: ChildProcess): Promise<Outcome> {
  const code = new Promise<number>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve(code ?? 128))
  })
  const [stdout, stderr] = await Promise.all([textOf(child.stdout), textOf(child.stderr)])
  return { code: await code, stdout, stderr }
}

async function textOf(stream: Readable | null): Promise<string> {
  return stream === null ? '' : readText(stream)
}

function background(child: ChildProcess): Background {
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (chunk: string) => (output += chunk))
  }
  return {
    ended: outcomeOf(child),
    output: () => output,
    signal: (name) => void process.kill(firstChild(child.pid), name),
  }
}

/** `unshare --fork` and `nsenter` with a PID namespace have one child: the program. */
function firstChild(pid = 0): number {
  const child = Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ')[0])
  // A signal to 0 would be one to this whole process group.
  if (!(child > 0)) throw new Error(`process ${pid} has no child`)
  return child
}

async function leftovers(exec: Machine['exec'], folder: string): Promise<readonly string[]> {
  const { stdout, stderr } = await exec([process.execPath, beside('leftovers.mjs')])
  const runtime = join(folder, 'run/portolan')
  const files = existsSync(runtime) ? readdirSync(runtime).map((name) => `file ${name}`) : []
  return [...`${stdout}${stderr}`.split('\n').filter((line) => line !== ''), ...files]
}

export function beside(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url))
}

/** Why this machine cannot run the end-to-end tests; undefined where it can. With CI=true that is an error. */
export function missing(...programs: readonly string[]): string | undefined {
  const reason = probe(['curl', ...programs])
  if (reason !== undefined && process.env['CI'] === 'true') throw new Error(`CI must run these tests, but ${reason}`)
  return reason
}

function probe(programs: readonly string[]): string | undefined {
  if (process.platform !== 'linux') return 'this is not Linux'
  if (!existsSync(join(CHECKOUT, 'dist/cli/main.js'))) return 'dist is not built: npm run build'
  const absent = programs.filter((program) => spawnSync('which', [program]).status !== 0)
  if (absent.length > 0) return `${absent.join(', ')} is not installed`
  const tried = spawnSync('unshare', [...NAMESPACES, 'true'], { encoding: 'utf8' })
  return tried.status === 0 ? undefined : `namespaces cannot be made: ${tried.stderr ?? tried.error?.message}`
}

/** A suite's title with the reason why it is skipped. */
export function title(name: string, reason: string | undefined): string {
  return reason === undefined ? name : `${name} (skipped: ${reason})`
}

/** Looks until `seen` is content, for what comes by itself a moment later. At most PATIENCE seconds; the last look. */
export async function eventually<T>(look: () => Promise<T>, seen: (value: T) => boolean): Promise<T> {
  const end = Date.now() + PATIENCE * 1000
  let value = await look()
  while (!seen(value) && Date.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, 50))
    value = await look()
  }
  return value
}
