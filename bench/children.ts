/** Programs that the bench starts. None outlives it. */
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'

const running = new Set<ChildProcess>()

process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})
for (const [signal, code] of [['SIGINT', 130] as const, ['SIGTERM', 143] as const]) {
  process.on(signal, () => process.exit(code))
}

/** Runs a program to its end and gives what it wrote to stdout. Throws where it failed or took longer than `seconds`. */
export type Runner = (command: readonly string[], seconds: number) => Promise<string>

export function startChild([program = '', ...args]: readonly string[], options: SpawnOptions): ChildProcess {
  const child = spawn(program, args, options)
  running.add(child)
  child.once('exit', () => running.delete(child))
  child.once('error', () => running.delete(child))
  return child
}

export const runHere: Runner = (command, seconds) => runCommand(command, seconds)

/** `output`: a descriptor that gets what the program writes to stdout; nothing is given then. */
export async function runCommand(command: readonly string[], seconds: number, output?: number): Promise<string> {
  const child = startChild(command, { stdio: ['ignore', output ?? 'pipe', 'pipe'] })
  const timer = setTimeout(() => child.kill('SIGKILL'), seconds * 1000)
  let [written, errors] = ['', '']
  child.stdout?.on('data', (data: Buffer) => (written += data.toString()))
  child.stderr?.on('data', (data: Buffer) => (errors += data.toString()))
  const [code, signal] = await once(child, 'close')
  clearTimeout(timer)
  if (code === 0) return written
  throw new Error(`${command.slice(0, 3).join(' ')} ...: ${signal ?? `exit code ${code}`} ${errors.trim()}`)
}

/** Resolves when the process has ended; after `patience` milliseconds it is killed. */
export async function stopChild(child: ChildProcess, patience = 5000): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  const late = await Promise.race([ended.then(() => false), sleep(patience, true, { ref: false })])
  if (late) child.kill('SIGKILL')
  await ended
}
