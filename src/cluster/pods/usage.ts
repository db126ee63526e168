/** CPU time and memory of the Pods' processes, from /proc: read when somebody asks, twice, and never else. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import type { Usage, UsageReading } from '../../apiserver/http/context.ts'
import type { Kubelet } from '../../kubelet/kubelet.ts'
import { list, objectKey, type Snapshot } from '../../model/snapshot.ts'

/** Between the two readings, in milliseconds: some fifty ticks of the kernel's count. */
const WINDOW = 500
/** USER_HZ: the unit of times in /proc, whatever the kernel's own is. */
const TICKS = 100

export interface UsageOptions {
  readonly snapshot: () => Snapshot
  readonly childOf: Kubelet['childOf']
  /** The process of all stand-ins. */
  readonly standIn: () => number | undefined
  /** Milliseconds that only grow. */
  readonly now: () => number
  readonly wait: (milliseconds: number) => Promise<void>
}

/** CPU in seconds since its start, memory in bytes. */
type Total = Usage

/**
 * A host program has a PID namespace of its own, and all that is in it counts as its; one that could not have one is not
 * measured. All stand-ins are one process: each has its share of it.
 */
export async function readUsage(options: UsageOptions): Promise<UsageReading> {
  const began = options.now()
  const before = readTotals()
  await options.wait(WINDOW)
  const [milliseconds, after] = [options.now() - began, readTotals()]
  const usages = new Map<string, Usage>()
  const places = placesOf(options)
  for (const [container, { place, shared }] of places) {
    const [now, then = now] = [after.get(place), before.get(place)]
    if (now === undefined || then === undefined) continue
    const cpu = (Math.max(0, now.cpu - then.cpu) * 1000) / milliseconds
    usages.set(container, { cpu: cpu / shared, memory: now.memory / shared })
  }
  return { milliseconds: Math.round(milliseconds), of: (pod, container) => usages.get(`${pod}/${container}`) }
}

interface Place {
  /** A PID namespace as /proc names it, or the number of a process. */
  readonly place: string
  /** How many containers are there. */
  readonly shared: number
}

function placesOf({ snapshot, childOf, standIn }: UsageOptions): ReadonlyMap<string, Place> {
  const places = new Map<string, Place>()
  const standIns: string[] = []
  for (const pod of list(snapshot(), 'Pod')) {
    for (const { name } of [...(pod.spec.initContainers ?? []), ...pod.spec.containers]) {
      const child = childOf(objectKey(pod), name)
      const init = child?.beside?.().init
      if (child?.imageID === 'stand-in') standIns.push(`${objectKey(pod)}/${name}`)
      const place = init === undefined ? undefined : pidNamespace(init)
      if (place !== undefined) places.set(`${objectKey(pod)}/${name}`, { place, shared: 1 })
    }
  }
  const process = standIn()
  if (process === undefined) return places
  for (const name of standIns) places.set(name, { place: String(process), shared: standIns.length })
  return places
}

/** Of every process by its number, and of every PID namespace. */
function readTotals(): ReadonlyMap<string, Total> {
  const totals = new Map<string, Total>()
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const [own, namespace] = [totalOf(pid), pidNamespace(Number(pid))]
    if (own === undefined || namespace === undefined) continue
    const { cpu, memory } = totals.get(namespace) ?? { cpu: 0, memory: 0 }
    totals.set(pid, own)
    totals.set(namespace, { cpu: cpu + own.cpu, memory: memory + own.memory })
  }
  return totals
}

function pidNamespace(pid: number): string | undefined {
  return unlessGone(() => readlinkSync(`/proc/${pid}/ns/pid`))
}

function totalOf(pid: string): Total | undefined {
  return unlessGone(() => ({
    cpu: cpuSeconds(readFileSync(`/proc/${pid}/stat`, 'utf8')),
    memory: residentBytes(readFileSync(`/proc/${pid}/status`, 'utf8')),
  }))
}

/** A process may end between two looks, or be somebody else's. */
function unlessGone<T>(look: () => T): T | undefined {
  try {
    return look()
  } catch {
    return undefined
  }
}

/** proc(5): utime, stime, and those of the children that it waited for, so that what ended in between is not lost. */
export function cpuSeconds(stat: string): number {
  // The second field is a name in brackets, which may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const ticks = fields.slice(11, 15).map(Number)
  return ticks.reduce((sum, one) => sum + one, 0) / TICKS
}

/** Zero for a process that has ended and is not waited for yet. */
export function residentBytes(status: string): number {
  const [, kilobytes = '0'] = /^VmRSS:\s+(\d+) kB$/m.exec(status) ?? []
  return Number(kilobytes) * 1024
}
