/** dnsperf, Debian's load generator for DNS. */
import { availableParallelism } from 'node:os'
import { runHere } from '../children.ts'
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

async function dnsperf({ port, questions, seconds }: Load, options: readonly string[]): Promise<string> {
  const where = ['-s', '127.0.0.1', '-p', String(port), '-d', questions, '-c', '16', '-t', TIMEOUT]
  return runHere(pinned(1, ['dnsperf', ...where, '-l', String(seconds), ...options]), seconds + 20)
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

/** Of 5,000 queries a second: the times in microseconds within which these shares were answered. */
export async function latencies(load: Load, shares: readonly number[]): Promise<readonly number[]> {
  const output = await dnsperf(load, ['-Q', String(RATE), '-v'])
  const times = [...output.matchAll(/^> \S+ \S+ \S+ (\d\.\d+)/gm)]
    .map(([, time]) => Number(time) * 1e6)
    .toSorted((a, b) => a - b)
  return shares.map((share) => times[Math.floor(times.length * share)] ?? Number.NaN)
}

/** Queries without an answer at so many a second. */
export async function lostAt(load: Load, rate: number): Promise<number> {
  return numberAfter('Queries lost', await dnsperf(load, ['-q', '5000', '-Q', String(Math.floor(rate))]))
}

function numberAfter(words: string, output: string): number {
  return Number(new RegExp(`${words}: +(\\d+)`).exec(output)?.[1])
}
