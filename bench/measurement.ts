/** Numbers of one thing, measured on several ways in turn, and what is read from them. Pure. */

export type Unit =
  | 'ms'
  | 'MB'
  | 'MB/s'
  | 'connections/s'
  | 'requests/s'
  | '% of a CPU'
  | 'queries/CPU s'
  | 'us'
  | 'queries'

/** A number that a way should reach, by itself or beside another way of the same rounds. */
export interface Goal {
  readonly way: string
  /** Compare with this way: the limit is then a ratio, 1 for equal. */
  readonly beside?: string
  readonly atLeast?: number
  readonly atMost?: number
}

export interface Measurement {
  /** Where: start-up, memory, check, host, inside. */
  readonly workload: string
  readonly what: string
  readonly unit: Unit
  /** By way: one number a round, NaN where the round failed. */
  readonly series: Readonly<Record<string, readonly number[]>>
  /** What the ratios of the table are ratios to: a way of `series`. */
  readonly base?: string
  readonly goals: readonly Goal[]
}

export interface Verdict {
  readonly measurement: Measurement
  readonly goal: Goal
  readonly value: number
  readonly reached: boolean
}

/** NaN where there is no number. */
export function median(values: readonly number[]): number {
  const sorted = values.filter(Number.isFinite).toSorted((a, b) => a - b)
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]]
  return low === undefined || high === undefined ? Number.NaN : (low + high) / 2
}

/**
 * The median of the ratios within each round. What the machine does besides changes from minute to minute, and meets
 * both ways of one round alike.
 */
export function ratio(of: readonly number[], to: readonly number[]): number {
  return median(of.map((value, round) => value / (to[round] ?? Number.NaN)))
}

export function judge(measurement: Measurement): readonly Verdict[] {
  return measurement.goals.map((goal) => {
    const numbers = measurement.series[goal.way] ?? []
    const value = goal.beside === undefined ? median(numbers) : ratio(numbers, measurement.series[goal.beside] ?? [])
    const reached = value >= (goal.atLeast ?? Number.NEGATIVE_INFINITY) && value <= (goal.atMost ?? Infinity)
    return { measurement, goal, value, reached }
  })
}

/** Runs every way once a round, in turn, each after `before`. A failure is reported and leaves NaN. */
export async function measureInTurn(
  rounds: number,
  ways: Readonly<Record<string, () => Promise<number>>>,
  before: () => Promise<void>,
  onFailure: (way: string, error: unknown) => void,
): Promise<Readonly<Record<string, readonly number[]>>> {
  const series = Object.fromEntries(Object.keys(ways).map((way): [string, number[]] => [way, []]))
  for (let round = 0; round < rounds; round++) {
    for (const [way, measure] of Object.entries(ways)) {
      await before()
      const value = await measure().catch((error: unknown) => {
        onFailure(way, error)
        return Number.NaN
      })
      series[way]?.push(value)
    }
  }
  return series
}
