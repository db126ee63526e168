/** `npm run bench:proxy`: programming a node's kernel as Services grow, beside kube-proxy's layout loaded by nft. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { currentLoad, describeMachine, firstLine } from './machine.ts'
import type { Goal, Measurement, Unit } from './measurement.ts'
import type { Figures, PacketFigures, RivalFigures, Way } from './proxy/figures.ts'
import { ENDPOINTS } from './proxy/state.ts'
import { markdown, type Run } from './report.ts'
import { ROOT } from './root.ts'

const US = 'portolan'
const LAYOUT = "kube-proxy 1.36's layout"
const RIVAL = `${LAYOUT} by nft -f`
/** With more Services the rival takes minutes. */
const RIVAL_LIMIT = 10_000
/** Where it takes seconds, once is enough. */
const RIVAL_ROUNDS = (services: number): number => (services >= RIVAL_LIMIT ? 1 : Infinity)

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '5' },
    sizes: { type: 'string', default: '100,1000,10000,50000' },
    'no-save': { type: 'boolean', default: false },
  },
})
const [rounds, seconds] = [Number(values.rounds), Number(values.seconds)]
const sizes = values.sizes.split(',').map(Number)
if (!(rounds >= 1) || !(seconds >= 1) || !sizes.every((size) => size >= 1)) {
  throw new Error('usage: npm run bench:proxy -- [--rounds 3] [--seconds 5] [--sizes 100,1000,10000,50000] [--no-save]')
}

/** In namespaces of its own, which end with it. Elsewhere than as root nft cannot send what 1,000 Services take. */
function inNamespace(script: string, ...args: readonly (number | string)[]): unknown {
  const file = fileURLToPath(new URL(`./proxy/${script}.js`, import.meta.url))
  const flags = [...(process.getuid?.() === 0 ? [] : ['--user', '--map-root-user']), '--net', '--mount']
  const command = [...flags, '--', process.execPath, file, ...args.map(String)]
  const { status, stdout, stderr } = spawnSync('unshare', command, { encoding: 'utf8', maxBuffer: 1 << 28 })
  if (status !== 0) throw new Error(`${script} of ${args[0]} Services failed: ${stderr.trim().slice(0, 1000)}`)
  return JSON.parse(stdout)
}

function rivalFigures(services: number): RivalFigures | undefined {
  try {
    return inNamespace('rival', services) as RivalFigures
  } catch (error) {
    process.stderr.write(`${String(error)}\n`)
    return undefined
  }
}

interface Round {
  readonly ours: Figures
  readonly rival: RivalFigures | undefined
  readonly packets: Partial<Record<Way, PacketFigures>>
}

/** The ways that a packet can take, one after the other. */
function packetFigures(services: number, hasRival: boolean): Round['packets'] {
  const ways: readonly Way[] = hasRival ? ['direct', 'portolan', 'kube-proxy'] : ['direct', 'portolan']
  const measured = ways.map((way) => [way, inNamespace('packets', services, seconds, way) as PacketFigures] as const)
  return Object.fromEntries(measured)
}

function measure(services: number): readonly Round[] {
  return Array.from({ length: rounds }, (_, round) => {
    process.stderr.write(`${services} Services, round ${round + 1}\n`)
    const hasRival = services <= RIVAL_LIMIT && round < RIVAL_ROUNDS(services)
    return {
      ours: inNamespace('ours', services, seconds) as Figures,
      rival: hasRival ? rivalFigures(services) : undefined,
      packets: packetFigures(services, hasRival),
    }
  })
}

function measurementsOf(services: number): readonly Measurement[] {
  const results = measure(services)
  const of = (
    what: string,
    unit: Unit,
    ours: (figures: Figures) => number,
    goals: readonly Goal[] = [],
  ): Measurement => ({
    workload: `${services} x ${ENDPOINTS}`,
    what,
    unit,
    series: { [US]: results.map((round) => ours(round.ours)) },
    goals,
  })
  const beside = (measurement: Measurement, rival: (figures: RivalFigures) => number): Measurement => {
    const series = results.flatMap((round) => (round.rival === undefined ? [] : [rival(round.rival)]))
    if (series.length === 0) return measurement
    return { ...measurement, base: US, series: { ...measurement.series, [RIVAL]: series } }
  }
  const isReference = services === 10_000
  const goal = (atMost: number): readonly Goal[] => (isReference ? [{ way: US, atMost }] : [])
  return [
    beside(
      of('cold: compile, encode, kernel', 'ms', ({ cold }) => cold.compile + cold.encode + cold.kernel, goal(250)),
      ({ cold }) => cold,
    ),
    of('of it compile', 'ms', ({ cold }) => cold.compile),
    of('of it encode', 'ms', ({ cold }) => cold.encode),
    of('of it kernel', 'ms', ({ cold }) => cold.kernel),
    of('of it CPU time, all threads', 'ms', ({ cold }) => cold.cpu),
    of('after it: what makes changes cheap', 'ms', ({ cold }) => cold.settle),
    of('restart over what is there, nothing written', 'ms', ({ restart }) => restart),
    of('before it: what the API says resolved', 'ms', ({ cold }) => cold.resolve),
    beside(
      of('one endpoint replaced, event to kernel', 'ms', ({ change }) => change, goal(5)),
      ({ change }) => change,
    ),
    of('1 % of the Services changed each second', '% of a CPU', ({ churn }) => churn),
    of("memory, the API's objects included", 'MB', ({ memory }) => memory),
    ...packetMeasurements(services, results),
  ]
}

/** Beside a connection without any rules. */
function packetMeasurements(services: number, results: readonly Round[]): readonly Measurement[] {
  const base = 'a direct connection'
  const of = (what: string, unit: Unit, read: (figures: PacketFigures) => number, goals: readonly Goal[] = []) => {
    const values = (way: Way): readonly number[] =>
      results.flatMap(({ packets }) => (packets[way] === undefined ? [] : [read(packets[way])]))
    const ways = [
      [base, values('direct')],
      [US, values('portolan')],
      [LAYOUT, values('kube-proxy')],
    ] as const
    const series = Object.fromEntries(ways.filter(([, numbers]) => numbers.length > 0))
    return { workload: `${services} x ${ENDPOINTS}`, what, unit, base, series, goals }
  }
  const goals = services <= RIVAL_LIMIT ? [{ way: US, beside: LAYOUT, atMost: 1 }] : []
  return [
    of('CPU for the first packet of a connection, and its answer', 'us', ({ firstPacket }) => firstPacket, goals),
    of('new connections', 'connections/s', ({ connections }) => connections),
    of('one stream, Pod to client', 'MB/s', ({ stream }) => stream),
  ]
}

const [date, machine] = [new Date().toISOString(), describeMachine()]
process.stderr.write(`load average ${machine.loadBefore}\n`)
const measurements = sizes.flatMap(measurementsOf)
const commit = firstLine('git', '-C', ROOT, 'rev-parse', '--short', 'HEAD') ?? 'unknown'
const run: Run = {
  date,
  commit,
  command: ['npm run bench:proxy', ...(process.argv.length > 2 ? ['--', ...process.argv.slice(2)] : [])].join(' '),
  machine,
  loadAfter: currentLoad(),
  rivals: [firstLine('nft', '--version') ?? 'no nft'],
  rounds,
  seconds,
  measurements,
}
const text = markdown(run)
process.stdout.write(text)
if (!values['no-save']) {
  const results = join(ROOT, 'bench/results')
  mkdirSync(results, { recursive: true })
  const file = join(results, `${date.slice(0, 10)}-${commit}-proxy`)
  writeFileSync(`${file}.json`, `${JSON.stringify(run, undefined, 2)}\n`)
  writeFileSync(`${file}.md`, text)
  process.stderr.write(`written to ${file}.md and .json\n`)
}
