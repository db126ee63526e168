/** A run as Markdown: the goals first, then every number. Pure. */
import type { Machine } from './machine.ts'
import { judge, type Measurement, median, ratio, type Unit, type Verdict } from './measurement.ts'

export interface Run {
  /** When it began, ISO 8601. */
  readonly date: string
  /** Short hash, with `+changes` where the checkout differs from it. */
  readonly commit: string
  readonly command: string
  readonly machine: Machine
  /** Of the last minute, when the run ended: its own load is in it. */
  readonly loadAfter: number
  readonly rivals: readonly string[]
  readonly rounds: number
  readonly seconds: number
  readonly measurements: readonly Measurement[]
}

export function markdown(run: Run): string {
  const { machine } = run
  return `# Benchmark of ${run.date.slice(0, 10)}, commit ${run.commit}

\`${run.command}\`: ${run.rounds} rounds, ways in turn, ${run.seconds} s a load. Medians; a ratio is the median of the rounds' ratios.

- Machine: ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGB} GB; ${machine.system}, kernel ${machine.kernel}; Node.js ${machine.node}; as ${machine.user === 'root' ? 'root' : 'an ordinary user'}
- Load average before ${machine.loadBefore}, after ${run.loadAfter} (its own)
- Rivals: ${run.rivals.join(', ') || 'none is installed'}

## Goals

${goalsTable(run.measurements)}

## All numbers

${numbersTable(run.measurements)}
`
}

export function goalsTable(measurements: readonly Measurement[]): string {
  const rows = measurements.flatMap(judge).map(goalRow)
  return table(['What', 'Measured', 'Goal', ''], rows)
}

function goalRow({ measurement, goal, value, reached }: Verdict): readonly string[] {
  const show = (number: number): string =>
    goal.beside === undefined ? quantity(number, measurement.unit) : `${(number * 100).toFixed(0)} % of ${goal.beside}`
  const limit =
    goal.atLeast === undefined ? `at most ${show(goal.atMost ?? Number.NaN)}` : `at least ${show(goal.atLeast)}`
  return [`${measurement.workload}: ${measurement.what}`, show(value), limit, reached ? 'reached' : '**missed**']
}

function numbersTable(measurements: readonly Measurement[]): string {
  const rows = measurements.flatMap(({ workload, what, unit, series, base }) =>
    Object.entries(series).map(([way, values], index) => [
      index === 0 ? `${workload}: ${what}` : '',
      way,
      base === undefined ? '' : ratio(values, series[base] ?? []).toFixed(2),
      quantity(median(values), unit),
      values.map((value) => digits(value)).join(' '),
    ]),
  )
  return table(['What', 'Way', 'Ratio', 'Median', 'Rounds'], rows)
}

const quantity = (value: number, unit: Unit): string => `${digits(value)} ${unit}`

/** Three digits that mean something. */
function digits(value: number): string {
  if (!Number.isFinite(value)) return 'failed'
  const size = Math.abs(value)
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3)
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}
