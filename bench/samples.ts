/** Measurements that are read from many samples: a slowest hundredth is made by little, and by other work on the machine first. */

type Ways = Readonly<Record<string, () => Promise<readonly number[]>>>

export interface SampleOptions {
  readonly rounds: number
  /** Runs of each way that make a round. */
  readonly turns: number
  /** How many numbers `summarize` makes of all samples that a way gave in a round. */
  readonly count: number
  readonly summarize: (samples: readonly number[]) => readonly number[]
  /** Resolves when the next turn may begin. */
  readonly before: () => Promise<void>
  /** Milliseconds of processor time that work beside the measured one has had so far. */
  readonly otherWork: () => number
  readonly say: (line: string) => void
  readonly onFailure: (way: string, error: unknown) => void
}

/** A turn with more of other work, in milliseconds of processor time for each millisecond, is repeated. */
const DISTURBED = 0.05
/** A round has at most so many times its turns. */
const PATIENCE = 1.5

interface Turn {
  readonly samples: ReadonlyMap<string, readonly number[]>
  readonly disturbance: number
}

/**
 * A series for each number of the summary. In a turn each way runs once, every time another one first, so that a pause of the
 * machine is not all of one way's. Turns beside other work are repeated for all; of those that there are in the end, a round is
 * made of the ones with the least of it. What was measured has no part in that.
 */
export async function measureSamples(
  ways: Ways,
  options: SampleOptions,
): Promise<readonly Readonly<Record<string, readonly number[]>>[]> {
  const names = Object.keys(ways)
  const all = Array.from({ length: options.count }, () =>
    Object.fromEntries(names.map((way): [string, number[]] => [way, []])),
  )
  for (let round = 0; round < options.rounds; round++) {
    const turns = await quietTurns(ways, options)
    const disturbed = turns.filter(({ disturbance }) => disturbance >= DISTURBED).length
    if (disturbed > 0) options.say(`  round ${round + 1}: ${disturbed} of ${turns.length} turns beside other work`)
    for (const way of names) {
      const values = options.summarize(turns.flatMap(({ samples }) => samples.get(way) ?? []))
      for (const [i, series] of all.entries()) series[way]?.push(values[i] ?? Number.NaN)
    }
  }
  return all
}

async function quietTurns(ways: Ways, options: SampleOptions): Promise<readonly Turn[]> {
  const turns: Turn[] = []
  const enough = (): boolean => turns.filter(({ disturbance }) => disturbance < DISTURBED).length >= options.turns
  while (!enough() && turns.length < PATIENCE * options.turns) turns.push(await takeTurn(ways, turns.length, options))
  return turns.toSorted((a, b) => a.disturbance - b.disturbance).slice(0, options.turns)
}

async function takeTurn(ways: Ways, number: number, { before, otherWork, onFailure }: SampleOptions): Promise<Turn> {
  await before()
  const entries = Object.entries(ways)
  const first = number % entries.length
  const samples = new Map<string, readonly number[]>()
  const [start, worked] = [performance.now(), otherWork()]
  for (const [way, measure] of [...entries.slice(first), ...entries.slice(0, first)]) {
    const found = await measure().catch((error: unknown) => onFailure(way, error))
    samples.set(way, found ?? [])
  }
  return { samples, disturbance: (otherWork() - worked) / (performance.now() - start) }
}
