import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { cpus, loadavg, release, totalmem } from 'node:os'

/** What the numbers depend on besides the code. */
export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memoryGB: number
  readonly kernel: string
  readonly system: string
  readonly node: string
  readonly user: 'root' | 'ordinary'
  /** Of the last minute, when the run began. */
  readonly loadBefore: number
}

export function describeMachine(): Machine {
  const [cpu] = cpus()
  return {
    cpu: cpu?.model.replace(/\s+/g, ' ').trim() ?? process.arch,
    cores: cpus().length,
    memoryGB: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    system: systemName(),
    node: process.version,
    user: process.getuid?.() === 0 ? 'root' : 'ordinary',
    loadBefore: currentLoad(),
  }
}

export function currentLoad(): number {
  return Math.round((loadavg()[0] ?? 0) * 100) / 100
}

function systemName(): string {
  try {
    return /^PRETTY_NAME="?([^"\n]*)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? 'Linux'
  } catch {
    // Not every system has the file.
    return 'Linux'
  }
}

/** The first line that the command prints, on either stream; undefined where there is no such program. */
export function firstLine(program: string, ...args: readonly string[]): string | undefined {
  const { stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8' })
  return error === undefined ? `${stdout}${stderr}`.split('\n')[0]?.trim() : undefined
}
