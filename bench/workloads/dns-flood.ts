/** What floods cost a name server, and what they cost its other clients. The flood and the load share one processor. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { runHere } from '../children.ts'
import { namesOf } from '../dns/data.ts'
import { latencies, pinned, quantile, throughput } from '../dns/dnsperf.ts'
import type { FloodKind } from '../dns/flood.ts'
import { PORTOLAN } from '../dns/servers.ts'
import { firstLine } from '../machine.ts'
import { type Goal, type Measurement, measureInTurn } from '../measurement.ts'
import { cpuTime } from '../processes.ts'
import { ROOT } from '../root.ts'
import { startAll, type Running } from './dns.ts'
import { failureOf, type Settings, type Workload } from './workload.ts'

const KINDS: readonly FloodKind[] = ['connections', 'malformed', 'random names']
const RATE = 5000
const SERVICES = 1000
/** The program starts, and the flood has reached what is held of it. */
const BEFORE = 0.7
const FLOOD = join(ROOT, 'bench/dist/bench/dns/flood.js')

/** Resolves with what `measure` gives while the flood is under way, and when that is over. */
async function during<T>(kind: FloodKind, port: number, seconds: number, measure: () => Promise<T>): Promise<T> {
  const command = [process.execPath, FLOOD, kind, String(port), String(RATE), String(seconds + 2 * BEFORE)]
  const flood = runHere(pinned(1, command), seconds + 20)
  await sleep(BEFORE * 1000)
  const measured = await measure()
  await flood
  return measured
}

/** Microseconds of a server's processor for one packet or connection. */
async function costOf(kind: FloodKind, { port, pids }: Running, seconds: number): Promise<number> {
  const spent = await during(kind, port, seconds, async () => {
    const before = cpuTime(pids)
    await sleep(seconds * 1000)
    return cpuTime(pids) - before
  })
  return (spent * 1000) / (RATE * seconds)
}

async function measureKind(
  kind: FloodKind,
  running: readonly Running[],
  questions: string,
  settings: Settings,
): Promise<readonly Measurement[]> {
  settings.say(`  ${kind}`)
  const { seconds, rounds, quiet } = settings
  const costs = Object.fromEntries(running.map((each) => [each.server.name, () => costOf(kind, each, seconds)]))
  const medians = Object.fromEntries(
    running.flatMap(({ server, port }) => {
      const alone = async (): Promise<number> => quantile(await latencies({ port, questions, seconds }), 0.5)
      return [
        [`${server.name} alone`, alone],
        [server.name, () => during(kind, port, seconds, alone)],
      ] as const
    }),
  )
  const goal: Goal = { way: PORTOLAN, beside: `${PORTOLAN} alone`, atMost: 1.1 }
  const common = { workload: 'dns-flood', unit: 'us', base: PORTOLAN } as const
  const failed = failureOf(settings)
  return [
    {
      ...common,
      what: `5,000 ${kind} a second: processor time for one`,
      series: await measureInTurn(rounds, costs, quiet, failed),
      goals: [],
    },
    {
      ...common,
      what: `5,000 ${kind} a second: p50 of others`,
      series: await measureInTurn(rounds, medians, quiet, failed),
      goals: [goal],
    },
  ]
}

export const dnsFlood: Workload = {
  name: 'dns-flood',
  async run(settings) {
    if (firstLine('dnsperf', '-h') === undefined) {
      settings.say('  dnsperf is not installed')
      return []
    }
    const folder = join(settings.folder, 'dns-flood')
    mkdirSync(folder)
    const names = namesOf(SERVICES, 'cluster.local', 'foreign.test')
    const questions = join(folder, 'questions')
    writeFileSync(questions, names.questions.ClusterIP)
    const running = await startAll(names, folder)
    const results: Measurement[] = []
    try {
      for (const { port, pids } of running) await throughput({ port, questions, seconds: 1 }, pids)
      for (const kind of KINDS) results.push(...(await measureKind(kind, running, questions, settings)))
    } finally {
      for (const each of running) await each.stop()
    }
    return results
  },
}
