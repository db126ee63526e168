/** Cluster DNS beside dnsmasq and unbound, each on one processor with the same names, under dnsperf on the other. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startChild, stopChild } from '../children.ts'
import { answersBefore } from '../dns/ask.ts'
import { namesOf, type Names, type QuestionKind } from '../dns/data.ts'
import { changeTimes } from '../dns/change.ts'
import { latencies, lostAt, pinned, quantile, throughput } from '../dns/dnsperf.ts'
import { dnsmasq, PORTOLAN, portolan, unbound, type NameServer } from '../dns/servers.ts'
import { firstLine } from '../machine.ts'
import { type Goal, type Measurement, measureInTurn, median } from '../measurement.ts'
import { otherWork, processTree, proportionalMemory } from '../processes.ts'
import { measureSamples } from '../samples.ts'
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

/** Milliseconds for a start. */
const PATIENCE = 20_000

/** Resolves when the server answers. */
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
  const stop = (): Promise<void> => stopChild(child)
  const ended = new AbortController()
  child.once('exit', () => ended.abort())
  const signal = AbortSignal.any([ended.signal, AbortSignal.timeout(PATIENCE)])
  if (!(await answersBefore(signal, port, zone))) {
    await stop()
    throw new Error(`${server.name} does not answer`)
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

/** A way for each server. */
function waysOf<T>(
  running: readonly Running[],
  measure: (running: Running) => Promise<T>,
): Readonly<Record<string, () => Promise<T>>> {
  return Object.fromEntries(running.map((each) => [each.server.name, () => measure(each)]))
}

const besideRivals = (running: readonly Running[], limit: Pick<Goal, 'atLeast' | 'atMost'>): readonly Goal[] =>
  running.flatMap(({ server: { name } }) => (name === PORTOLAN ? [] : [{ way: PORTOLAN, beside: name, ...limit }]))

/** How fast each server is with one kind of question; by server, how many it answered in a second. */
async function measureKind(
  what: string,
  questions: string,
  running: readonly Running[],
  settings: Settings,
): Promise<{ readonly measurement: Measurement; readonly peaks: ReadonlyMap<Running, number> }> {
  const { seconds, rounds, quiet, say } = settings
  say(`  ${what}`)
  // What is asked for the first time is looked up, forwarded, compiled.
  for (const { port, pids } of running) await throughput({ port, questions, seconds: 1 }, pids)
  const rates = new Map(running.map((each): [Running, number[]] => [each, []]))
  const ways = waysOf(running, async (each) => {
    const { perCpuSecond, perSecond } = await throughput({ port: each.port, questions, seconds }, each.pids)
    rates.get(each)?.push(perSecond)
    return perCpuSecond
  })
  const series = await measureInTurn(rounds, ways, quiet, failureOf(settings))
  const goals = besideRivals(running, { atLeast: 1 })
  return {
    measurement: { workload: 'dns', what, unit: 'queries/CPU s', series, base: PORTOLAN, goals },
    peaks: new Map([...rates].map(([each, found]) => [each, median(found)])),
  }
}

/** A round has so many loads of each server, of half the length each. */
const TURNS = 4

/** What clients see of a server that is not busy. */
async function measureLatency(
  what: string,
  questions: string,
  running: readonly Running[],
  settings: Settings,
): Promise<readonly Measurement[]> {
  const { seconds, rounds, quiet, say } = settings
  say(`  ${what}, p50 and p99`)
  const ways = waysOf(running, ({ port }) => latencies({ port, questions, seconds: seconds / 2 }))
  const pids = running.flatMap((each) => each.pids)
  const [p50 = {}, p99 = {}] = await measureSamples(ways, {
    rounds,
    turns: TURNS,
    count: 2,
    summarize: (times) => [quantile(times, 0.5), quantile(times, 0.99)],
    before: quiet,
    otherWork: () => otherWork(pids),
    say,
    onFailure: failureOf(settings),
  })
  const common = { workload: 'dns', unit: 'us', base: PORTOLAN } as const
  return [
    { ...common, what: `${what}, p50 at 5,000/s`, series: p50, goals: [] },
    { ...common, what: `${what}, p99 at 5,000/s`, series: p99, goals: besideRivals(running, { atMost: 1 }) },
  ]
}

/** What is lost of a server that is nearly as busy as it can be. */
async function measureLoss(
  what: string,
  questions: string,
  running: readonly Running[],
  peaks: ReadonlyMap<Running, number>,
  settings: Settings,
): Promise<Measurement> {
  const { seconds, rounds, quiet, say } = settings
  const nearly = `${what}, lost at 90 % of the peak`
  say(`  ${nearly}`)
  const ways = waysOf(running, (each) =>
    lostAt({ port: each.port, questions, seconds }, (peaks.get(each) ?? Number.NaN) * 0.9),
  )
  const series = await measureInTurn(rounds, ways, quiet, failureOf(settings))
  const goals: readonly Goal[] = [{ way: PORTOLAN, atMost: 0 }]
  return { workload: 'dns', what: nearly, unit: 'queries', series, base: PORTOLAN, goals }
}

async function measureMemory(what: string, running: readonly Running[], settings: Settings): Promise<Measurement> {
  const ways = waysOf(running, async ({ pids }) => proportionalMemory(pids))
  const series = await measureInTurn(1, ways, async () => undefined, failureOf(settings))
  return { workload: 'dns', what, unit: 'MB', series, base: PORTOLAN, goals: [] }
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
      const what = `${kind}, ${count} Services`
      const { measurement, peaks } = await measureKind(what, questions, running, settings)
      results.push(measurement, ...(await measureLatency(what, questions, running, settings)))
      if (kind === 'ClusterIP') results.push(await measureLoss(what, questions, running, peaks, settings))
    }
    results.push(await measureMemory(`memory, ${count} Services`, running, settings))
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
