/** What the two traffic workloads have in common: one server in a Pod, and every load on every way in turn. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { SocketAddress } from '../../src/host/relay-socket.ts'
import type { Runner } from '../children.ts'
import { CONNECTIONS, LOADS, serverCommand, STREAMS } from '../load/index.ts'
import { trafficManifest } from '../manifests.ts'
import { type Goal, type Measurement, measureInTurn, median } from '../measurement.ts'
import { type Network, startNetwork } from '../network.ts'
import { failureOf, type Settings } from './workload.ts'

export const SERVER_PORT = 21_000
export const NODE_PORT = 31_600

/** Where a load goes, and from where. */
export interface Way {
  readonly name: string
  readonly target: SocketAddress
  readonly runner: Runner
}

export interface TrafficGoals {
  readonly streams: readonly Goal[]
  readonly connections: readonly Goal[]
}

/** Runs `use` with a network whose server Pod is ready. */
export async function withServerPod<T>(use: (network: Network) => Promise<T>): Promise<T> {
  const command = serverCommand({ address: '0.0.0.0', port: SERVER_PORT }).join(' ')
  const network = startNetwork(trafficManifest(`exec ${command}`, SERVER_PORT, NODE_PORT))
  try {
    await network.ready
    return await use(network)
  } finally {
    await network.down()
  }
}

const TRIES = 50

/** Resolves when a short load gets through. Throws what it met where it never does. */
export async function untilAnswers({ name, runner, target }: Way): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return void (await CONNECTIONS.measure(runner, target, 0.05))
    } catch (error) {
      if (attempt === TRIES) throw new Error(`${name} does not answer`, { cause: error })
      await sleep(100)
    }
  }
}

export async function measureWays(
  workload: string,
  ways: readonly Way[],
  base: string,
  goals: TrafficGoals,
  settings: Settings,
): Promise<readonly Measurement[]> {
  for (const way of ways) await untilAnswers(way)
  const results: Measurement[] = []
  for (const load of LOADS) {
    const missing = load.unsupported()
    if (missing !== undefined) {
      settings.say(`  ${load.what}: skipped, ${missing}`)
      continue
    }
    const measures = ways.map(({ name, runner, target }) => {
      const measure = (): Promise<number> => load.measure(runner, target, settings.seconds)
      return [name, measure] as const
    })
    const { rounds, quiet } = settings
    const series = await measureInTurn(rounds, Object.fromEntries(measures), quiet, failureOf(settings))
    const wanted = load === CONNECTIONS ? goals.connections : STREAMS.includes(load) ? goals.streams : []
    results.push({ workload, what: load.what, unit: load.unit, base, series, goals: wanted })
    const numbers = Object.entries(series).map(([way, values]) => `${way} ${median(values).toFixed(0)}`)
    settings.say(`  ${load.what}, ${load.unit}: ${numbers.join(', ')}`)
  }
  return results
}
