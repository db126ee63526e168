/** Cluster DNS beside dnsmasq and unbound, each on one processor with the same names, under dnsperf on the other. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startChild, stopChild } from '../children.ts'
import { namesOf, type Names, type QuestionKind } from '../dns/data.ts'
import { changeTimes } from '../dns/change.ts'
import { latency, lostBelowPeak, pinned, queriesPerCpuSecond } from '../dns/dnsperf.ts'
import { dnsmasq, PORTOLAN, portolan, unbound, type NameServer } from '../dns/servers.ts'
import { firstLine } from '../machine.ts'
import { type Goal, type Measurement, measureInTurn, median, type Unit } from '../measurement.ts'
import { proportionalMemory, processTree } from '../processes.ts'
import { failureOf, type Settings, type Workload } from './workload.ts'

const ZONE = 'cluster.local'
const FOREIGN = 'foreign.test'
const FIRST_PORT = 15_300
const UPSTREAM_PORT = FIRST_PORT + 9
const MANY = 1000
const KINDS: readonly QuestionKind[] = ['ClusterIP', 'headless', 'SRV', 'NXDOMAIN', 'forwarded']
const RIVALS: readonly NameServer[] = [dnsmasq, unbound]

export interface Running {
  readonly server: NameServer
  readonly port: number
  readonly pids: readonly number[]
  stop(): Promise<void>
}

/** Resolves when the server answers, which a load of no length finds out. */
async function startServer(
  server: NameServer,
  names: Names,
  port: number,
  folder: string,
  zone = ZONE,
): Promise<Running> {
  const upstream = zone === ZONE ? UPSTREAM_PORT : undefined
  const command = pinned(0, server.command({ names, zone, folder, port, upstream }))
  const child = startChild(command, { stdio: ['ignore', 'ignore', 'ignore'] })
  const questions = join(folder, `first-${port}`)
  writeFileSync(questions, `${zone} SOA\n`)
  const stop = (): Promise<void> => stopChild(child)
  for (let tries = 1; ; tries++) {
    const answered = await queriesPerCpuSecond({ port, questions, seconds: 1 }, []).catch(() => Number.NaN)
    if (answered > 0) break
    if (tries < 10 && child.exitCode === null) await sleep(500)
    else return stop().then(() => Promise.reject(new Error(`${server.name} does not answer`)))
  }
  return { server, port, pids: processTree(child.pid ?? 0), stop }
}

export async function startAll(names: Names, folder: string): Promise<readonly Running[]> {
  const servers = [portolan(5), ...RIVALS.filter((rival) => rival.version() !== undefined)]
  const running: Running[] = []
  for (const [i, server] of servers.entries()) {
    running.push(await startServer(server, names, FIRST_PORT + i, folder))
  }
  return running
}

export type Measure = (running: Running) => Promise<number>

async function measureServers(
  what: string,
  unit: Unit,
  running: readonly Running[],
  measure: Measure,
  settings: Settings,
): Promise<Measurement> {
  settings.say(`  ${what}`)
  const ways = Object.fromEntries(running.map((each) => [each.server.name, () => measure(each)]))
  const series = await measureInTurn(settings.rounds, ways, settings.quiet, failureOf(settings))
  const limit = unit === 'us' ? { atMost: 1 } : { atLeast: 1 }
  const rivals = Object.keys(ways).filter((name) => name !== PORTOLAN)
  const goals: readonly Goal[] = rivals.map((beside) => ({ way: PORTOLAN, beside, ...limit }))
  return { workload: 'dns', what, unit, series, base: PORTOLAN, goals }
}

/** All servers with `count` Services, and what is asked of them. */
async function measureSize(
  count: number,
  kinds: readonly QuestionKind[],
  settings: Settings,
): Promise<readonly Measurement[]> {
  const folder = join(settings.folder, `dns-${count}`)
  mkdirSync(folder)
  const names = namesOf(count, ZONE, FOREIGN)
  const upstream = await startServer(portolan(3600), namesOf(count, FOREIGN, FOREIGN), UPSTREAM_PORT, folder, FOREIGN)
  const running = await startAll(names, folder)
  const results: Measurement[] = []
  try {
    for (const kind of kinds) {
      const questions = join(folder, kind)
      writeFileSync(questions, names.questions[kind])
      const { seconds } = settings
      // What is asked for the first time is looked up, forwarded, compiled.
      for (const { port, pids } of running) await queriesPerCpuSecond({ port, questions, seconds: 1 }, pids)
      const what = `${kind}, ${count} Services`
      const throughput: Measure = ({ port, pids }) => queriesPerCpuSecond({ port, questions, seconds }, pids)
      results.push(await measureServers(what, 'queries/CPU s', running, throughput, settings))
      if (kind !== 'ClusterIP') continue
      for (const [part, share] of [['p50', 0.5] as const, ['p99', 0.99] as const]) {
        // Of one second, a hundredth is what three pauses of the machine of some milliseconds meet.
        const late: Measure = ({ port }) => latency({ port, questions, seconds: seconds * 3 }, share)
        results.push(await measureServers(`${what}, ${part} at 5,000/s`, 'us', running, late, settings))
      }
      const lost: Measure = ({ port }) => lostBelowPeak({ port, questions, seconds })
      results.push({
        ...(await measureServers(`${what}, lost at 90 % of the peak`, 'queries', running, lost, settings)),
        goals: [{ way: PORTOLAN, atMost: 0 }],
      })
    }
    const memory: Measure = async ({ pids }) => proportionalMemory(pids)
    results.push({
      ...(await measureServers(`memory, ${count} Services`, 'MB', running, memory, { ...settings, rounds: 1 })),
      goals: [],
    })
  } finally {
    for (const each of [...running, upstream]) await each.stop()
  }
  return results
}

/** A change of one Service, until the new address is answered. */
async function measureChanges(settings: Settings): Promise<Measurement> {
  const count = 10 * MANY
  settings.say(`  change of one of ${count} Services`)
  await settings.quiet()
  const times = await changeTimes(count, 500)
  const series = { [PORTOLAN]: [median(times)], 'the longest of 500': [times.at(-1) ?? Number.NaN] }
  const goals: readonly Goal[] = Object.keys(series).map((way) => ({ way, atMost: 10 }))
  return { workload: 'dns', what: `one of ${count} Services changed, until it is answered`, unit: 'ms', series, goals }
}

export const dns: Workload = {
  name: 'dns',
  async run(settings) {
    const lacking = ['dnsperf', ...RIVALS.map(({ name }) => name)].filter(
      (program) =>
        firstLine(program, program === 'unbound' ? '-V' : program === 'dnsperf' ? '-h' : '--version') === undefined,
    )
    for (const program of lacking) settings.say(`  ${program} is not installed: not measured beside it`)
    if (lacking.includes('dnsperf')) return []
    const results: Measurement[] = []
    for (const count of [10, MANY, 10 * MANY]) {
      results.push(...(await measureSize(count, count === MANY ? KINDS : ['ClusterIP'], settings)))
    }
    results.push(await measureChanges(settings))
    return results
  },
}
