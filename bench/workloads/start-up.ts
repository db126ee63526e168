/** From the start of the command's process to answers on the host, and back to nothing. */
import { allAnswer, firstAnswer } from '../answers.ts'
import { startChild, stopChild } from '../children.ts'
import { type Scenario, standIns } from '../manifests.ts'
import { type Measurement, median } from '../measurement.ts'
import { startNetwork } from '../network.ts'
import { failureOf, type Settings, type Workload } from './workload.ts'

interface Start {
  readonly scenario: Scenario
  /** Goals in milliseconds. */
  readonly firstAnswer?: number
  readonly allAnswer?: number
  readonly mostRounds: number
}

const starts: readonly Start[] = [
  { scenario: standIns(1, 1), mostRounds: 9 },
  { scenario: standIns(3, 1), firstAnswer: 400, mostRounds: 9 },
  { scenario: standIns(100, 20), allAnswer: 1000, mostRounds: 9 },
  { scenario: standIns(1000, 1000, '--nodes', '5'), allAnswer: 10_000, mostRounds: 3 },
]

const FLOOR = 'bare Node.js'
const FLOOR_PORT = 29_999
const FLOOR_PROGRAM = `require('node:http').createServer((_, r) => r.end('ok')).listen(${FLOOR_PORT}, '127.0.0.1')`
/** In seconds. */
const PATIENCE = 60

interface Times {
  readonly first: number
  readonly all: number
  readonly down: number
}

/** What Node.js alone takes to answer: the floor under any program in it. */
async function startFloor(): Promise<number> {
  const startedAt = performance.now()
  const child = startChild([process.execPath, '-e', FLOOR_PROGRAM], { stdio: 'ignore' })
  try {
    await firstAnswer(FLOOR_PORT, PATIENCE)
    return performance.now() - startedAt
  } finally {
    await stopChild(child)
  }
}

async function startScenario({ manifest, services, arguments: args }: Scenario): Promise<Times> {
  const network = startNetwork(manifest, { arguments: args })
  try {
    await firstAnswer(services[0]?.port ?? 0, PATIENCE)
    const first = performance.now() - network.startedAt
    await allAnswer(services, PATIENCE)
    const all = performance.now() - network.startedAt
    await network.ready
    return { first, all, down: await network.down() }
  } catch (error) {
    await network.down()
    throw error
  }
}

async function measureStart(start: Start, settings: Settings): Promise<readonly Measurement[]> {
  const { scenario } = start
  const [floor, times]: [number[], Times[]] = [[], []]
  for (let round = 0; round < Math.min(settings.rounds, start.mostRounds); round++) {
    await settings.quiet()
    floor.push(await startFloor())
    await settings.quiet()
    times.push(await startScenario(scenario))
  }
  const of = (key: keyof Times, what: string, goal?: number): Measurement => ({
    workload: 'start-up',
    what: `${scenario.name}: ${what}`,
    unit: 'ms',
    series: { ...(key === 'down' ? {} : { [FLOOR]: floor }), Portolan: times.map((time) => time[key]) },
    ...(key === 'down' ? {} : { base: FLOOR }),
    goals: goal === undefined ? [] : [{ way: 'Portolan', atMost: goal }],
  })
  const middle = (key: keyof Times): string => median(times.map((time) => time[key])).toFixed(0)
  settings.say(`  ${scenario.name}: ${middle('first')} ms, all ${middle('all')} ms, down ${middle('down')} ms`)
  return [
    of('first', 'to the first answer', start.firstAnswer),
    of('all', 'to an answer of every Pod', start.allAnswer),
    of('down', '`down`'),
  ]
}

export const startUp: Workload = {
  name: 'start-up',
  async run(settings) {
    const results: Measurement[] = []
    for (const start of starts) {
      const measured = measureStart(start, settings).catch((error: unknown) => {
        failureOf(settings)(start.scenario.name, error)
        return []
      })
      results.push(...(await measured))
    }
    return results
  },
}
