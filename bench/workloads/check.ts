/** `portolan check`: many objects from the start of the process to its end, and a small file to the first output. */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { writeManifests } from '../check-manifests.ts'
import { startChild } from '../children.ts'
import { firstLine } from '../machine.ts'
import { type Measurement, median } from '../measurement.ts'
import { ROOT } from '../root.ts'
import { failureOf, type Settings, type Workload } from './workload.ts'

const MANY = 10_000
const SMALL = join(ROOT, 'examples/backend.yaml')
const PORTOLAN = [process.execPath, join(ROOT, 'bin/portolan.js'), 'check']
const FLOOR = 'bare Node.js'
const FLOOR_COMMAND = [process.execPath, '-e', 'console.log("ok")']
/** A linter of manifests with other rules; in Go, on all cores. */
const RIVAL = 'kube-linter'

interface Run {
  /** Milliseconds from the start of the process. */
  readonly first: number
  readonly end: number
  /** Its largest resident set, in MB. */
  readonly memory: number
  /** Time of its main thread on a CPU, in milliseconds: about what it takes where nothing else runs. */
  readonly cpu: number
}

async function runOnce(command: readonly string[]): Promise<Run> {
  const startedAt = performance.now()
  const child = startChild(command, { stdio: ['ignore', 'pipe', 'ignore'] })
  const ended = once(child, 'close')
  let first = Number.NaN
  child.stdout?.on('data', () => {
    if (Number.isNaN(first)) first = performance.now() - startedAt
  })
  let [memory, cpu] = [0, 0]
  const state = { running: true }
  child.once('exit', () => (state.running = false))
  while (state.running) {
    memory = Math.max(memory, highWater(child.pid))
    cpu = Math.max(cpu, mainThreadTime(child.pid))
    await sleep(5)
  }
  const end = performance.now() - startedAt
  const [code] = await ended
  if (code !== 0 && code !== 1) throw new Error(`${command.join(' ')}: exit code ${code}`)
  return { first, end, memory, cpu }
}

/** The kernel keeps the largest value: asking now and then misses only what the last moment adds. */
function highWater(pid: number | undefined): number {
  const text = readProcess(`/proc/${pid}/status`)
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(text)?.[1] ?? 0) / 1024
}

function mainThreadTime(pid: number | undefined): number {
  return Number(readProcess(`/proc/${pid}/task/${pid}/schedstat`).split(' ')[0]) / 1e6
}

function readProcess(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    // It has ended.
    return ''
  }
}

async function measureAll(settings: Settings): Promise<readonly Measurement[]> {
  const folder = join(settings.folder, 'check')
  writeManifests(folder, MANY)
  const hasRival = firstLine(RIVAL, 'version') !== undefined
  if (!hasRival) settings.say(`  ${RIVAL} is not installed: skipped`)
  const many: Run[] = []
  const [rival, small, floor]: [Run[], Run[], Run[]] = [[], [], []]
  for (let round = 0; round < settings.rounds; round++) {
    await settings.quiet()
    floor.push(await runOnce(FLOOR_COMMAND))
    small.push(await runOnce([...PORTOLAN, SMALL]))
    await settings.quiet()
    many.push(await runOnce([...PORTOLAN, folder]))
    if (hasRival) rival.push(await runOnce([RIVAL, 'lint', folder]))
  }
  const numbers = (runs: readonly Run[], key: keyof Run): readonly number[] => runs.map((run) => run[key])
  const middle = (runs: readonly Run[], key: keyof Run): string => median(numbers(runs, key)).toFixed(0)
  settings.say(
    `  ${MANY} objects: ${middle(many, 'end')} ms (${middle(many, 'cpu')} ms on a CPU), ${middle(many, 'memory')} MB; small file: first output after ${middle(small, 'first')} ms`,
  )
  const beside = (key: keyof Run): Readonly<Record<string, readonly number[]>> =>
    hasRival ? { [RIVAL]: numbers(rival, key) } : {}
  const goal = (atMost: number): Measurement['goals'] => [{ way: 'Portolan', atMost }]
  return [
    {
      workload: 'check',
      what: `${MANY} objects, to the end`,
      unit: 'ms',
      series: { ...beside('end'), Portolan: numbers(many, 'end') },
      ...(hasRival ? { base: RIVAL } : {}),
      goals: goal(2000),
    },
    {
      workload: 'check',
      what: `${MANY} objects, CPU of the main thread`,
      unit: 'ms',
      series: { Portolan: numbers(many, 'cpu') },
      goals: [],
    },
    {
      workload: 'check',
      what: `${MANY} objects, largest resident set`,
      unit: 'MB',
      series: { ...beside('memory'), Portolan: numbers(many, 'memory') },
      goals: goal(500),
    },
    {
      workload: 'check',
      what: 'small file, to the first output',
      unit: 'ms',
      series: { [FLOOR]: numbers(floor, 'first'), Portolan: numbers(small, 'first') },
      base: FLOOR,
      goals: goal(250),
    },
  ]
}

export const check: Workload = {
  name: 'check',
  run: (settings) =>
    measureAll(settings).catch((error: unknown) => {
      failureOf(settings)('check', error)
      return []
    }),
}
