/** `npm run bench`: every workload beside its rivals, in one run; results/ gets the numbers and a table. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { dnsmasq, unbound } from './dns/servers.ts'
import { currentLoad, describeMachine, firstLine } from './machine.ts'
import type { Measurement } from './measurement.ts'
import { PEERS } from './peers/index.ts'
import { createQuiet } from './quiet.ts'
import { goalsTable, markdown, type Run } from './report.ts'
import { ROOT } from './root.ts'
import { WORKLOADS } from './workloads/index.ts'
import { failureOf, type Settings } from './workloads/workload.ts'

const USAGE = `usage: npm run bench -- [--rounds 5] [--seconds 2] [--only ${WORKLOADS.map(({ name }) => name).join(',')}] [--no-save]`
const results = join(ROOT, 'bench/results')
const say = (line: string): void => void process.stderr.write(`${line}\n`)
/** `npm run` may hand its own `--` on. */
const options = process.argv.slice(2).filter((argument) => argument !== '--')

function readArguments() {
  const { values } = parseArgs({
    args: options,
    options: {
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '2' },
      only: { type: 'string' },
      'no-save': { type: 'boolean', default: false },
    },
  })
  const [rounds, seconds] = [Number(values.rounds), Number(values.seconds)]
  const names = values.only?.split(',') ?? WORKLOADS.map(({ name }) => name)
  const unknown = names.find((name) => !WORKLOADS.some((workload) => workload.name === name))
  if (!(rounds >= 1) || !(seconds >= 1) || unknown !== undefined) throw new Error(USAGE)
  return { rounds, seconds, save: !values['no-save'], workloads: WORKLOADS.filter(({ name }) => names.includes(name)) }
}

/** Where there is no git, the numbers are still of use. */
function commit(): string {
  const hash = firstLine('git', '-C', ROOT, 'rev-parse', '--short', 'HEAD') ?? 'unknown'
  if (!/^[0-9a-f]+$/.test(hash)) return 'unknown'
  const changed = firstLine('git', '-C', ROOT, 'status', '--porcelain', '--', 'src') ?? ''
  return changed === '' ? hash : `${hash}+changes`
}

async function measureAll(): Promise<{ readonly run: Run; readonly save: boolean }> {
  const { workloads, save, rounds, seconds } = readArguments()
  const folder = mkdtempSync(join(tmpdir(), 'portolan-bench-'))
  const settings: Settings = { rounds, seconds, say, folder, quiet: createQuiet() }
  const [date, machine] = [new Date().toISOString(), describeMachine()]
  say(`load average ${machine.loadBefore}${machine.loadBefore > 0.5 ? ': other work disturbs the numbers' : ''}`)
  const measurements: Measurement[] = []
  try {
    for (const workload of workloads) {
      say(`${workload.name}:`)
      const failed = failureOf(settings)
      measurements.push(...(await workload.run(settings).catch((error: unknown) => (failed(workload.name, error), []))))
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
  const rivals = [...new Set([...PEERS, dnsmasq, unbound].flatMap((peer) => peer.version() ?? []))]
  const command = ['npm run bench', ...(options.length > 0 ? ['--', ...options] : [])].join(' ')
  const loadAfter = currentLoad()
  return { save, run: { date, commit: commit(), command, machine, loadAfter, rivals, rounds, seconds, measurements } }
}

/** Two runs of one commit with other workloads do not overwrite each other. */
function partOf({ measurements }: Run): string {
  const names = new Set(measurements.map(({ workload }) => workload))
  return names.size === WORKLOADS.length ? '' : `-${[...names].join('-')}`
}

const { run, save } = await measureAll().catch((error: unknown) => {
  say(error instanceof Error ? error.message : String(error))
  process.exit(2)
})
process.stdout.write(`\n${goalsTable(run.measurements)}\n`)
if (save) {
  mkdirSync(results, { recursive: true })
  const file = join(results, `${run.date.slice(0, 10)}-${run.commit}${partOf(run)}`)
  writeFileSync(`${file}.json`, `${JSON.stringify(run, undefined, 2)}\n`)
  writeFileSync(`${file}.md`, markdown(run))
  say(`\nwritten to ${file}.md and .json`)
}
