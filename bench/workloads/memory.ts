/** What a network holds and does while nobody uses it. */
import { copyFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { allAnswer } from '../answers.ts'
import { type Scenario, standIns } from '../manifests.ts'
import type { Measurement } from '../measurement.ts'
import { startNetwork } from '../network.ts'
import { cpuTime, processTree, proportionalMemory } from '../processes.ts'
import { failureOf, type Settings, type Workload } from './workload.ts'

const FEW = 3
const MANY = 503
/** In seconds. V8 collects garbage once after some 10 s without work: idle time begins after that. */
const [PATIENCE, SETTLE, UNTIL_IDLE, IDLE] = [60, 5, 25, 20]
const MOST_ROUNDS = 3

interface Cost {
  readonly memory: number
  /** In percent of one CPU. */
  readonly idle: number
}

/** Runs by a copy of Node.js, whose pages are then shared by the network's processes alone and not by the bench. */
async function costOf({ manifest, services }: Scenario, node: string, withIdle: boolean): Promise<Cost> {
  const network = startNetwork(manifest, { node })
  try {
    await network.ready
    await allAnswer(services, PATIENCE)
    await sleep(SETTLE * 1000)
    const pids = processTree(network.front)
    const memory = proportionalMemory(pids)
    return { memory, idle: withIdle ? await idleShare(pids) : Number.NaN }
  } finally {
    await network.down()
  }
}

async function idleShare(pids: readonly number[]): Promise<number> {
  await sleep(UNTIL_IDLE * 1000)
  const before = cpuTime(pids)
  await sleep(IDLE * 1000)
  return (cpuTime(pids) - before) / (IDLE * 10)
}

async function measureCosts(settings: Settings, node: string): Promise<readonly Measurement[]> {
  const [few, many]: [Cost[], Cost[]] = [[], []]
  for (let round = 0; round < Math.min(settings.rounds, MOST_ROUNDS); round++) {
    few.push(await costOf(standIns(FEW, 1), node, true))
    many.push(await costOf(standIns(MANY, 1), node, false))
    settings.say(`  ${few.at(-1)?.memory.toFixed(0)} MB, with ${MANY} Pods ${many.at(-1)?.memory.toFixed(0)} MB`)
  }
  const slope = few.map(({ memory }, round) => ((many[round]?.memory ?? Number.NaN) - memory) / (MANY - FEW))
  const of = (what: string, values: readonly number[], unit: Measurement['unit'], atMost?: number): Measurement => ({
    workload: 'memory',
    what,
    unit,
    series: { Portolan: values },
    goals: atMost === undefined ? [] : [{ way: 'Portolan', atMost }],
  })
  return [
    of(
      `all processes, ${FEW} Pods`,
      few.map(({ memory }) => memory),
      'MB',
      130,
    ),
    of(`each further Pod, ${FEW} to ${MANY}`, slope, 'MB', 0.5),
    of(
      `idle CPU over ${IDLE} s, ${FEW} Pods`,
      few.map(({ idle }) => idle),
      '% of a CPU',
      0.1,
    ),
  ]
}

export const memory: Workload = {
  name: 'memory',
  async run(settings) {
    const node = join(settings.folder, 'node')
    copyFileSync(process.execPath, node)
    try {
      return await measureCosts(settings, node)
    } catch (error) {
      failureOf(settings)('memory', error)
      return []
    } finally {
      rmSync(node)
    }
  },
}
