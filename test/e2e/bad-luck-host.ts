/**
 * A host of a test's own: network, mount and PID namespaces in which `portolan up` is the user's. Nothing else is in it, so
 * that whatever a network leaves behind shows. All of it ends with the test.
 */
import { spawn, spawnSync, type ChildProcess, type StdioOptions } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'
import { HOST_STATE_SCRIPT, hostDifference, parseHostState, type HostState } from './host-state.ts'

export const CHECKOUT: string = fileURLToPath(new URL('../..', import.meta.url))
/** Another build can be tested by naming it. */
export const PORTOLAN: string = process.env['PORTOLAN_PROGRAM'] ?? `${CHECKOUT}bin/portolan.js`
/** Longer loops are for `npm run test:long`. */
export const LONG: boolean = process.env['PORTOLAN_LONG'] === '1'
export const NGINX: string = `${CHECKOUT}examples/nginx.yaml`

export interface Ended {
  /** The exit code; 128 + n where signal n ended it. */
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** A program that runs in the host. */
export interface Running {
  /** As the host counts. */
  readonly pid: number
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
  /** What it has written so far, both streams. */
  output(): string
  /** Resolves when the output holds the text; rejects when the program ends before. */
  says(text: string): Promise<void>
}

export interface TestHost {
  /** Environment of everything that runs in it. */
  readonly environment: NodeJS.ProcessEnv
  /** Folder for files of the test; the user's. */
  readonly directory: string
  /** A command of sh. */
  run(command: string, environment?: NodeJS.ProcessEnv): Promise<Ended>
  start(command: string, environment?: NodeJS.ProcessEnv): Promise<Running>
  /** portolan with these arguments; `--name` and `--dns-upstream` are the caller's. */
  portolan(...args: readonly string[]): Promise<Ended>
  signal(pid: number, signal: NodeJS.Signals): Promise<void>
  state(): Promise<HostState>
  /** What differs from `before`, once nothing does or after two seconds; sections of `except` may. */
  differenceFrom(before: HostState, except?: readonly string[]): Promise<readonly string[]>
  /** Ends everything that still runs, so that one failed test does not fail the next. */
  clear(): Promise<void>
  close(): Promise<void>
}

export interface User {
  readonly uid: number
  readonly gid: number
}

/** PID 1: brings loopback up, then lives as long as the test. */
const HOLDER = '"$1" "$2" && echo ready && exec cat'
const LOOPBACK_UP = fileURLToPath(new URL('machine.mjs', import.meta.url))
const LONGEST = 2000

/** Nobody in particular: an ordinary user that needs no entry in /etc/passwd. */
const ORDINARY: User = { uid: 54321, gid: 54321 }

/** This process's user; where that is root, an ordinary one as well. */
export const EVERYBODY: readonly { readonly name: string; readonly user: User | undefined }[] =
  process.getuid?.() === 0
    ? [
        { name: 'root', user: undefined },
        { name: 'an ordinary user', user: ORDINARY },
      ]
    : [{ name: 'this user', user: undefined }]

/** The same for what takes longer: by default this process's user alone. */
export const USERS: typeof EVERYBODY = LONG ? EVERYBODY : EVERYBODY.slice(0, 1)

/** Opens a host for this process's user, or as root for another one. */
export async function openHost(user?: User): Promise<TestHost> {
  const directory = mkdtempSync(`${tmpdir()}/portolan-host-`)
  const environment = makeFolders(directory, user)
  const own = process.getuid?.() === 0 ? [] : ['--user', '--map-current-user', '--keep-caps']
  const flags = [...own, '--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc']
  const holder = spawn('unshare', [...flags, 'sh', '-c', HOLDER, 'sh', process.execPath, LOOPBACK_UP], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  await firstOutput(holder)
  const init = childOf(holder.pid ?? 0)
  const enter = enterArguments(init, own.length > 0, user)
  const start = (command: string, extra: NodeJS.ProcessEnv = {}): Promise<Running> =>
    startIn(enter, command, { ...environment, ...extra })
  const run = async (command: string, extra?: NodeJS.ProcessEnv): Promise<Ended> => (await start(command, extra)).ended
  const stateEnter = enterArguments(init, own.length > 0, undefined)
  const state = async (): Promise<HostState> => {
    const script = `set -- ${directory}; ${HOST_STATE_SCRIPT}`
    const { ended } = await startIn(stateEnter, script, environment)
    return parseHostState((await ended).stdout)
  }
  return {
    environment,
    directory,
    run,
    start,
    state,
    portolan: (...args) => run([PORTOLAN, ...args].map(quote).join(' ')),
    async signal(pid, signal) {
      // 0 and below are groups of processes.
      if (!(pid > 1)) throw new Error(`no process ${pid}`)
      await run(`kill -${signal.slice(3)} ${pid}`)
    },
    differenceFrom: (before, except = []) =>
      untilEmpty(async () =>
        hostDifference(before, await state()).filter((line) => !except.some((name) => line.startsWith(`${name}:`))),
      ),
    async clear() {
      await (await startIn(stateEnter, 'kill -KILL -1', environment)).ended
      // What was killed so could not tidy up: its folder would be the next test's difference.
      rmSync(`${directory}/run/portolan`, { recursive: true, force: true })
    },
    async close() {
      const ended = new Promise((resolve) => holder.once('exit', resolve))
      holder.stdin.end()
      await ended
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

function makeFolders(directory: string, user: User | undefined): NodeJS.ProcessEnv {
  const { XDG_RUNTIME_DIR: _, CI: __, ...environment } = process.env
  for (const folder of ['', '/run', '/tmp', '/home']) {
    mkdirSync(`${directory}${folder}`, { recursive: true, mode: 0o700 })
    if (user !== undefined) chownSync(`${directory}${folder}`, user.uid, user.gid)
  }
  chmodSync(directory, 0o755)
  const [runtime, temporary, home] = [`${directory}/run`, `${directory}/tmp`, `${directory}/home`]
  return { ...environment, XDG_RUNTIME_DIR: runtime, TMPDIR: temporary, HOME: home, NO_COLOR: '1' }
}

function enterArguments(init: number, ownUserNamespace: boolean, user: User | undefined): readonly string[] {
  const spaces = ['--target', `${init}`, '--net', '--mount', '--pid', '--wdns=/']
  const enter = ownUserNamespace ? ['--user', '--preserve-credentials', ...spaces] : spaces
  const become =
    user === undefined ? [] : ['setpriv', `--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups', '--']
  return [...enter, '--', ...become]
}

/** The shell says its process id on descriptor 3, then becomes the command. */
async function startIn(enter: readonly string[], command: string, environment: NodeJS.ProcessEnv): Promise<Running> {
  const stdio: StdioOptions = ['ignore', 'pipe', 'pipe', 'pipe']
  const script = 'echo $$ >&3; exec 3>&-; exec sh -c "$1"'
  const child = spawn('nsenter', [...enter, 'sh', '-c', script, 'sh', command], {
    stdio,
    env: environment,
    detached: true,
  })
  const texts = { stdout: '', stderr: '' }
  const listeners = new Set<() => void>()
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (chunk: string) => {
      texts[name] += chunk
      for (const listener of listeners) listener()
    })
  }
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => {
      const codeOfSignal = 128 + (signal === null ? 0 : (SIGNALS[signal] ?? 0))
      resolve({ code: code ?? codeOfSignal, ...texts })
    })
  })
  const output = (): string => texts.stdout + texts.stderr
  const pid = Number(await firstOutput(child, 3))
  const says = (text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (!output().includes(text)) return
        listeners.delete(look)
        resolve()
      }
      listeners.add(look)
      look()
      void ended.then(({ code }) => reject(new Error(`ended with ${code} before it said ${text}: ${output()}`)))
    })
  return { pid, child, ended, output, says }
}

const SIGNALS: Readonly<Partial<Record<NodeJS.Signals, number>>> = { SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGTERM: 15 }

function firstOutput(child: ChildProcess, descriptor = 1): Promise<string> {
  return new Promise((resolve, reject) => {
    child.stdio[descriptor]?.once('data', (chunk: Buffer) => resolve(chunk.toString('utf8').trim()))
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`${child.spawnargs.join(' ')}: exit code ${code}`)))
  })
}

function childOf(pid: number): number {
  const { stdout } = spawnSync('cat', [`/proc/${pid}/task/${pid}/children`], { encoding: 'utf8' })
  return Number(stdout.trim().split(' ')[0])
}

async function untilEmpty(look: () => Promise<readonly string[]>): Promise<readonly string[]> {
  const end = Date.now() + LONGEST
  for (;;) {
    const found = await look()
    if (found.length === 0 || Date.now() > end) return found
  }
}

export function quote(text: string): string {
  return /^[\w./:=@-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`
}

/** Why this machine cannot run these tests; undefined where it can. With CI=true that is an error. */
export function missing(...programs: readonly string[]): string | undefined {
  const reason = probe(['unshare', 'nsenter', 'curl', ...programs])
  if (reason !== undefined && process.env['CI'] === 'true') throw new Error(`CI must run these tests, but ${reason}`)
  return reason
}

function probe(programs: readonly string[]): string | undefined {
  if (process.platform !== 'linux') return 'this is not Linux'
  const absent = programs.filter((program) => spawnSync('sh', ['-c', `command -v ${program}`]).status !== 0)
  if (absent.length > 0) return `${absent.join(', ')} is not installed`
  const tried = spawnSync('unshare', ['--user', '--map-root-user', '--net', '--mount', '--pid', '--fork', 'true'])
  return tried.status === 0 ? undefined : `namespaces cannot be made: ${tried.stderr.toString()}`
}
