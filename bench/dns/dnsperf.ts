/** dnsperf, Debian's load generator for DNS. */
import { closeSync, openSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { runCommand } from '../children.ts'
import { cpuTime } from '../processes.ts'

/** The server runs on the first processor, the load on the second, where there are two. */
export function pinned(processor: 0 | 1, command: readonly string[]): readonly string[] {
  return availableParallelism() < 2 ? command : ['taskset', '-c', String(processor), ...command]
}

interface Load {
  readonly port: number
  /** A file of questions. */
  readonly questions: string
  readonly seconds: number
}

/** Seconds for an answer: a run waits so long for those that never come. */
const TIMEOUT = '1'

async function dnsperf(load: Load, options: readonly string[], output?: number): Promise<string> {
  const { port, questions, seconds } = load
  const where = ['-s', '127.0.0.1', '-p', String(port), '-d', questions, '-c', '16', '-t', TIMEOUT]
  return runCommand(pinned(1, ['dnsperf', ...where, '-l', String(seconds), ...options]), seconds + 20, output)
}

export interface Throughput {
  /** Answers in a second of the server's own processor time. */
  readonly perCpuSecond: number
  /** Answers in a second. */
  readonly perSecond: number
}

/** Under as many queries as the server can take. */
export async function throughput(load: Load, pids: readonly number[]): Promise<Throughput> {
  const before = cpuTime(pids)
  const output = await dnsperf(load, ['-q', '300'])
  const spent = cpuTime(pids) - before
  return {
    perCpuSecond: (numberAfter('Queries completed', output) / spent) * 1000,
    perSecond: numberAfter('Queries per second', output),
  }
}

const RATE = 5000

/**
 * Of 5,000 queries a second: each one's time in microseconds, all of TIMEOUT for one without an answer. dnsperf writes them to
 * a file: whoever reads a pipe is woken a hundred times a second, on the server's processor or on dnsperf's.
 */
export async function latencies(load: Load): Promise<readonly number[]> {
  const file = `${load.questions}.answers`
  const output = openSync(file, 'w')
  try {
    await dnsperf(load, ['-Q', String(RATE), '-v'], output)
  } finally {
    closeSync(output)
  }
  const text = readFileSync(file, 'latin1')
  const answered = [...text.matchAll(/^> \S+ \S+ \S+ (\d\.\d+)/gm)].map(([, time]) => Number(time) * 1e6)
  const lost = Array.from({ length: numberAfter('Queries lost', text) }, () => Number(TIMEOUT) * 1e6)
  return [...answered, ...lost]
}

/** Within which such a share of the times lies; NaN where there are none. */
export function quantile(times: readonly number[], share: number): number {
  const sorted = times.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length * share)] ?? Number.NaN
}

/** Queries without an answer at so many a second. */
export async function lostAt(load: Load, rate: number): Promise<number> {
  return numberAfter('Queries lost', await dnsperf(load, ['-q', '5000', '-Q', String(Math.floor(rate))]))
}

function numberAfter(words: string, output: string): number {
  return Number(new RegExp(`${words}: +(\\d+)`).exec(output)?.[1])
}
