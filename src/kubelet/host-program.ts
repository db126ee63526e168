import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { existsSync, readFileSync, truncateSync } from 'node:fs'
import { constants } from 'node:os'
import type { Readable } from 'node:stream'
import { withMounts } from '../host/mounts.ts'
import { inNamespace } from '../host/namespaces.ts'
import type { ContainerExit, ContainerSpec, ContainerStarted, RunningContainer } from './container-runtime.ts'
import { childrenOf, executeBeside, type Beside } from './execute-beside.ts'
import { unenforced } from './unenforced.ts'
import { openStreams, type ProgramStreams } from './program-streams.ts'
import { isolatedProgram, STARTED } from './isolated-program.ts'

export interface HostProgramOptions {
  /** Where the user who ran `up` was. */
  readonly workingDirectory: string
  /** The user's environment; the container's wins. */
  readonly environment: Readonly<Record<string, string | undefined>>
  /** The `unshare` program. */
  readonly unshare?: string
}

/** One attempt to run the program, isolated or not. */
interface Attempt {
  readonly isolated: boolean
  readonly child: ChildProcess
  readonly streams: ProgramStreams
  /** Undefined where it ended before its program was reached. */
  readonly started: Promise<ContainerStarted | undefined>
  readonly exit: Promise<ContainerExit>
}

/** Runs `commandLine` in the Pod's namespaces with the host's files, as `/bin/sh -c` does. */
export function startHostProgram(
  commandLine: string,
  spec: ContainerSpec,
  options: HostProgramOptions,
): RunningContainer {
  let killed = false
  let current: Attempt | undefined
  const attempt = (isolated: boolean): Attempt => {
    current = launch(commandLine, spec, options, isolated)
    return current
  }
  const run = async (report: (started: ContainerStarted) => void): Promise<ContainerExit> => {
    if (!existsSync(options.workingDirectory)) {
      return startError(`the working directory ${options.workingDirectory} does not exist`)
    }
    const first = attempt(true)
    const started = await first.started
    const open = unenforced(spec.pod, spec.container)
    if (started !== undefined) report({ notes: [...started.notes, ...open] })
    if (started !== undefined || killed) return first.exit
    const refusal = await refusalOf(spec.logPath, first.exit)
    if (killed) return first.exit
    const second = attempt(false)
    const plain = await second.started
    const volumes = spec.mounts.length === 0 ? '' : ' and without its volumes'
    const note = `runs without mount, UTS and PID namespaces of its own${volumes}, with the host's resolv.conf: ${refusal}`
    if (plain !== undefined) report({ notes: [note, ...open] })
    return second.exit
  }
  let report: (started: ContainerStarted) => void = () => undefined
  const started = new Promise<ContainerStarted>((resolve) => {
    report = resolve
  })
  return {
    containerID: `host-program://${randomUUID()}`,
    imageID: 'host-program',
    started,
    exit: run(report).catch((error: unknown) => startError(error instanceof Error ? error.message : String(error))),
    input: () => current?.streams.input(),
    beside: () => placeOf(current, spec, options),
    exec: (command, timeout) => executeBeside(placeOf(current, spec, options), command, timeout),
    kill(signal) {
      killed ||= signal === 'SIGKILL'
      if (signal === 'SIGKILL') kill(current)
      else void started.then(() => terminate(current))
    },
  }
}

/** Where a command runs beside the program: in its namespaces where it has some. */
function placeOf(attempt: Attempt | undefined, spec: ContainerSpec, options: HostProgramOptions): Beside {
  const init = attempt?.isolated === true ? initOf(attempt.child) : undefined
  const user = userOf(spec)
  return {
    netns: spec.sandbox.netns,
    workingDirectory: options.workingDirectory,
    environment: { ...options.environment, ...spec.env() },
    ...(init !== undefined && { init }),
    ...(user !== undefined && { user }),
  }
}

/** The init is the one child of `unshare`. Undefined where it is not there, or the kernel has no CONFIG_PROC_CHILDREN. */
function initOf(child: ChildProcess): number | undefined {
  try {
    return child.pid === undefined ? undefined : childrenOf(child.pid)[0]
  } catch {
    return undefined
  }
}

const startError = (message: string): ContainerExit => ({ exitCode: 128, reason: 'StartError', message })

function launch(commandLine: string, spec: ContainerSpec, options: HostProgramOptions, isolated: boolean): Attempt {
  const { hostname, resolvConf, hosts, netns } = spec.sandbox
  const streams = openStreams(spec.container, spec.logPath)
  const stdio: StdioOptions = [...streams.stdio, isolated ? 'pipe' : 'ignore']
  const environment = { cwd: options.workingDirectory, env: { ...options.environment, ...spec.env() } }
  const user = userOf(spec)
  const isolation = { hostname, ...(resolvConf && { resolvConf }), ...(hosts && { hosts }), ...(user && { user }) }
  const shell = [...streams.prefix, '/bin/sh', '-c', commandLine]
  const { workingDirectory } = options
  const commandIn = (root: string | undefined): readonly [string, readonly string[]] => {
    if (!isolated) return [shell[0] ?? '', shell.slice(1)]
    const place = root === undefined ? {} : { root: { path: root, workingDirectory } }
    return [options.unshare ?? 'unshare', isolatedProgram({ ...isolation, ...place }, shell)]
  }
  let opened: ChildProcess | undefined
  try {
    const child = withMounts(isolated ? spec.mounts : [], spec.stage ?? '', (root) => {
      const [file, args] = commandIn(root)
      // In a session and process group of its own, so that all of it can be ended at once.
      return inNamespace(netns, () => spawn(file, args, { ...environment, stdio, detached: true }))
    })
    opened = child
    const exit = exitOf(child, isolated).then((how) => streams.written.then(() => how))
    return { isolated, child, streams, started: isolated ? startOf(child, exit) : plainStart(child), exit }
  } finally {
    streams.opened(opened)
  }
}

/** `runAsUser`, the container's before the Pod's. Root is what a program is without it. */
function userOf({ pod, container }: ContainerSpec): { readonly uid: number; readonly gid: number } | undefined {
  const uid = container.securityContext?.runAsUser ?? pod.spec.securityContext?.runAsUser ?? 0
  const gid = container.securityContext?.runAsGroup ?? pod.spec.securityContext?.runAsGroup ?? 0
  return uid === 0 ? undefined : { uid, gid }
}

function plainStart(child: ChildProcess): Promise<ContainerStarted | undefined> {
  return new Promise((resolve) => {
    child.once('spawn', () => resolve({ notes: [] }))
    child.once('error', () => resolve(undefined))
  })
}

/** Reads the notes of the set-up on descriptor 3, up to the line that says that the program is next. */
function startOf(child: ChildProcess, exit: Promise<ContainerExit>): Promise<ContainerStarted | undefined> {
  const stream = child.stdio[3] as Readable
  return new Promise((resolve) => {
    let text = ''
    stream.on('error', () => undefined)
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
      const lines = text.split('\n')
      const end = lines.indexOf(STARTED)
      if (end < 0) return
      stream.destroy()
      resolve({ notes: lines.slice(0, end) })
    })
    // The stream may still hold the last line when the exit is known.
    void exit.then(() =>
      stream.readableEnded || stream.destroyed ? resolve(undefined) : stream.once('close', () => resolve(undefined)),
    )
  })
}

function exitOf(child: ChildProcess, isolated: boolean): Promise<ContainerExit> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(startError(error.message)))
    child.once('exit', (code, signal) => {
      // What it left behind goes with its PID namespace, or without one by its process group.
      if (!isolated) signalGroup(child, 'SIGKILL')
      if (signal === null) resolve({ exitCode: code ?? 0 })
      else resolve({ exitCode: 128 + constants.signals[signal], signal: constants.signals[signal] })
    })
  })
}

/** Why `unshare` did not reach the program, from what it wrote; the log is then the program's alone. */
async function refusalOf(logPath: string, exit: Promise<ContainerExit>): Promise<string> {
  const { exitCode, message } = await exit
  const text = readFileSync(logPath, 'utf8').trim()
  truncateSync(logPath)
  return text === '' ? (message ?? `unshare ended with exit code ${exitCode}`) : text
}

function signalGroup(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, signal)
  } catch {
    // ESRCH: all of it has ended.
  }
}

function kill(attempt: Attempt | undefined): void {
  if (attempt !== undefined) signalGroup(attempt.child, 'SIGKILL')
}

/** Between `started` and the program the init forks: so long SIGTERM waits, in milliseconds a try. */
const [FORK_WAIT, FORK_TRIES] = [10, 500]

/** SIGTERM is for the program alone: `unshare` has one child, the init, whose first child it is. */
function terminate(attempt: Attempt | undefined, tries = FORK_TRIES): void {
  const child = attempt?.child
  if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  if (!attempt?.isolated) return signalGroup(child, 'SIGTERM')
  try {
    const [init] = childrenOf(child.pid)
    const [program] = init === undefined ? [] : childrenOf(init)
    if (program !== undefined) process.kill(program, 'SIGTERM')
    else if (tries > 0) setTimeout(() => terminate(attempt, tries - 1), FORK_WAIT)
  } catch {
    // No CONFIG_PROC_CHILDREN, or it is ending: unshare and the init ignore it, the program is in the group.
    signalGroup(child, 'SIGTERM')
  }
}
