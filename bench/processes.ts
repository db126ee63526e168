/** What a tree of processes costs, read from /proc. */
import { readdirSync, readFileSync } from 'node:fs'

/** Milliseconds: /proc counts in hundredths of a second. */
const TICK = 10

/** `root` and all below it, as the host counts. */
export function processTree(root: number): readonly number[] {
  const children = new Map<number, number[]>()
  for (const pid of processIds()) {
    const parent = Number(statOf(pid)[1])
    if (Number.isInteger(parent)) children.set(parent, [...(children.get(parent) ?? []), pid])
  }
  const below = (pid: number): readonly number[] => [pid, ...(children.get(pid) ?? []).flatMap(below)]
  return below(root)
}

/** Its share of what it has in memory, in MB: pages that n processes map count 1/n. */
export function proportionalMemory(pids: readonly number[]): number {
  const kilobytes = pids.map((pid) => {
    const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
    return Number(/^Pss:\s+(\d+) kB/m.exec(text)?.[1] ?? 0)
  })
  return kilobytes.reduce((sum, size) => sum + size, 0) / 1024
}

/** Time that the processes' threads have run on a CPU, in milliseconds. */
export function cpuTime(pids: readonly number[]): number {
  const nanoseconds = pids.flatMap((pid) =>
    readdirSync(`/proc/${pid}/task`).map((thread) =>
      Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]),
    ),
  )
  return nanoseconds.reduce((sum, time) => sum + time, 0) / 1e6
}

/**
 * Processor time in milliseconds that all processes but this one and `pids` have used so far, those included that have ended:
 * they count with the one that waited for them. The difference of two such times means something.
 */
export function otherWork(pids: readonly number[]): number {
  const own = new Set([process.pid, ...pids])
  const others = processIds().filter((pid) => !own.has(pid))
  return others.reduce((sum, pid) => sum + timesOf(pid), 0) * TICK
}

/** utime, stime, cutime and cstime; 0 where it has ended. */
function timesOf(pid: number): number {
  const times = statOf(pid).slice(11, 15).map(Number)
  return times.reduce((sum, time) => sum + time, 0)
}

function processIds(): readonly number[] {
  return readdirSync('/proc').map(Number).filter(Number.isInteger)
}

/** The fields of /proc/PID/stat after the name, which may hold anything; none where the process has ended. */
function statOf(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')
  } catch {
    return []
  }
}
