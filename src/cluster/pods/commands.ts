/** Programs of the host that run beside a container, for `kubectl exec`: in the Pod's network, with its names and environment. */
import { spawn, type ChildProcess } from 'node:child_process'
import { closeSync, createWriteStream, openSync } from 'node:fs'
import { constants } from 'node:os'
import { ReadStream } from 'node:tty'
import type { CommandRequest, RunningCommand } from '../../apiserver/http/context.ts'
import { libc } from '../../host/libc.ts'
import { inNamespace } from '../../host/namespaces.ts'
import { openTerminal, resizeTerminal } from '../../host/pty.ts'
import type { PodSandbox } from '../../kubelet/container-runtime.ts'
import { killTree, spawnBeside } from '../../kubelet/execute-beside.ts'
import { isolatedProgram } from '../../kubelet/isolated-program.ts'
import { containerEnv } from '../../model/container-env.ts'
import type { Kubelet } from '../../kubelet/kubelet.ts'
import { objectKey, type Snapshot } from '../../model/snapshot.ts'

export interface PodCommandsOptions {
  readonly snapshot: () => Snapshot
  /** What runs in a container. */
  readonly childOf: Kubelet['childOf']
  readonly sandboxOf: (namespace: string, name: string) => PodSandbox | undefined
  /** Where `up` was called. */
  readonly workingDirectory: string
}

/** Starts the program. Throws an Error where the Pod does not run. */
export function runPodCommand(options: PodCommandsOptions, request: CommandRequest): RunningCommand {
  const { pod, tty } = request
  const sandbox = options.sandboxOf(pod.metadata.namespace ?? '', pod.metadata.name)
  if (sandbox === undefined) throw new Error(`pod ${pod.metadata.name} does not run`)
  return tty ? runInTerminal(options, request, sandbox) : runWithPipes(options, request, sandbox)
}

function runWithPipes(options: PodCommandsOptions, request: CommandRequest, sandbox: PodSandbox): RunningCommand {
  const child = start(options, request, sandbox, request.command, [request.stdin ? 'pipe' : 'ignore', 'pipe', 'pipe'])
  return {
    ...(child.stdin !== null && { stdin: child.stdin }),
    ...(child.stdout !== null && { stdout: child.stdout }),
    ...(child.stderr !== null && { stderr: child.stderr }),
    exitCode: exitCodeOf(child),
    kill: () => killTree(child),
  }
}

/** The terminal carries input, output and errors, and becomes the program's controlling one. */
function runInTerminal(options: PodCommandsOptions, request: CommandRequest, sandbox: PodSandbox): RunningCommand {
  const terminal = openTerminal()
  const { master, slave } = terminal
  try {
    const child = start(
      options,
      request,
      sandbox,
      ['setsid', '--ctty', '--wait', ...request.command],
      [slave, slave, slave],
    )
    const output = new ReadStream(master)
    return {
      stdin: createWriteStream('', { fd: master, autoClose: false }),
      stdout: output,
      exitCode: exitCodeOf(child),
      resize: (columns, rows) => (output.destroyed ? undefined : resizeTerminal(terminal, columns, rows)),
      kill: () => {
        killTree(child)
        output.destroy()
      },
    }
  } finally {
    libc().close(slave)
  }
}

function start(
  options: PodCommandsOptions,
  { pod, container: name, tty }: CommandRequest,
  sandbox: PodSandbox,
  command: readonly string[],
  stdio: readonly (number | 'pipe' | 'ignore')[],
): ChildProcess {
  const container = pod.spec.containers.find((candidate) => candidate.name === name)
  const { hostname, resolvConf, hosts, netns } = sandbox
  const own = container === undefined ? {} : containerEnv(pod, container, options.snapshot(), sandbox).env
  const program = isolatedProgram({ hostname, ...(resolvConf && { resolvConf }), ...(hosts && { hosts }) }, command)
  const env = { ...process.env, ...own, ...(tty && { TERM: 'xterm' }) }
  const beside = options.childOf(objectKey(pod), name)?.beside?.()
  if (beside !== undefined) {
    const environment = { ...beside.environment, ...(tty && { TERM: 'xterm' }) }
    return spawnBeside({ ...beside, environment }, command, [...stdio])
  }
  // Descriptor 3 takes the notes of the set-up, which nobody waits for.
  const notes = openSync('/dev/null', 'w')
  try {
    const settings = { cwd: options.workingDirectory, env, detached: true, stdio: [...stdio, notes] }
    return inNamespace(netns, () => spawn('unshare', [...program], settings))
  } finally {
    closeSync(notes)
  }
}

function exitCodeOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code, signal) => resolve(signal === null ? (code ?? 0) : 128 + constants.signals[signal]))
  })
}
