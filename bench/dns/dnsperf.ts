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

async function dnsperf({ port, questions, seconds }: Load, options: readonly string[]): Promise<string> {
  const command = ['dnsperf', '-s', '127.0.0.1', '-p', String(port), '-d', questions, '-l', String(seconds), ...options]
  return runHere(pinned(1, command), seconds + 20)
}

/** Queries that a server answers in a second of its own processor time, under as many as it can take. */
export async function queriesPerCpuSecond(load: Load, pids: readonly number[]): Promise<number> {
  const before = cpuTime(pids)
  const output = await dnsperf(load, ['-c', '16', '-q', '300'])
  const spent = cpuTime(pids) - before
  return (Number(/Queries completed: +(\d+)/.exec(output)?.[1]) / spent) * 1000
}

const RATE = 5000

/** Of 5,000 queries a second: how long each took, in microseconds, in order. */
async function latencies(load: Load): Promise<readonly number[]> {
  const output = await dnsperf(load, ['-c', '16', '-Q', String(RATE), '-v'])
  return [...output.matchAll(/^> \S+ \S+ \S+ (\d\.\d+)/gm)]
    .map(([, time]) => Number(time) * 1e6)
    .toSorted((a, b) => a - b)
}

/** The time in microseconds within which this share of 5,000 queries a second was answered. */
export async function latency(load: Load, share: number): Promise<number> {
  const times = await latencies(load)
  return times[Math.floor(times.length * share)] ?? Number.NaN
}

/** Queries without an answer at nine tenths of what the server can take, for three times as long. */
export async function lostBelowPeak(load: Load): Promise<number> {
  const peak = Number(/Queries per second: +(\d+)/.exec(await dnsperf(load, ['-c', '16', '-q', '300']))?.[1])
  const options = ['-c', '16', '-q', '5000', '-Q', String(Math.floor(peak * 0.9)), '-t', '1']
  const output = await dnsperf({ ...load, seconds: load.seconds * 3 }, options)
  return Number(/Queries lost: +(\d+)/.exec(output)?.[1])
}
