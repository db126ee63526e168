import { expect, test } from 'vitest'
import type { RuleWatcher } from '../../host/rule-watch.ts'
import { KernelError } from '../../host/libc.ts'
import { OrderedMap } from '../../lib/ordered-map.ts'
import type { ServicePortInfo } from '../../model/resolve-services.ts'
import type { Table } from '../../nft/ruleset.ts'
import type { Proxier } from './proxier.ts'
import { keepTable, type Services, type TableKeeper } from './table-keeper.ts'

/** One chain for each Service. */
interface Program {
  readonly table: Table
  readonly services: Services
  readonly contested: OrderedMap<never>
}

const compile = (services: Services): Program => ({
  table: {
    family: 'ip',
    name: 'portolan',
    sets: OrderedMap.empty(),
    chains: OrderedMap.from([...services.keys()].map((name) => [name, { name, rules: [] }])),
  },
  services,
  contested: OrderedMap.empty(),
})
const some: readonly ServicePortInfo[] = []
const services = (...names: readonly string[]): Services => OrderedMap.from(names.map((name) => [name, some]))

interface Fake {
  readonly keeper: TableKeeper
  /** What the kernel holds. */
  held(): readonly string[]
  /** What it answers from now on to a table; undefined: it takes it. */
  answers(answer: (names: readonly string[]) => Error | undefined): void
  /** The same to the removal of what is stale. */
  cleans(answer: () => Error | undefined): void
  readonly said: string[]
  readonly counts: { written: number; refused: number; unclean: number; syncs: number }
}

function fake(): Fake {
  let table: Table | undefined
  let answer: (names: readonly string[]) => Error | undefined = () => undefined
  let cleanAnswer: () => Error | undefined = () => undefined
  const counts = { written: 0, refused: 0, unclean: 0, syncs: 0 }
  const said: string[] = []
  const proxier: Proxier = {
    sync(next) {
      counts.syncs++
      const error = answer([...next.chains.keys()])
      if (error !== undefined) throw error
      table = next
    },
    clean() {
      const error = cleanAnswer()
      if (error !== undefined) throw error
    },
    mend: () => false,
    close: () => undefined,
    get table() {
      return table
    },
  }
  const watcher: RuleWatcher = { watch: () => ({ quietly: (write) => write() }) }
  const keeper = keepTable<Program>({
    where: 'node-1',
    namespace: undefined,
    watcher,
    compile,
    onError: (error) => said.push(error instanceof Error ? error.message : String(error)),
    onWritten: () => void counts.written++,
    onRefused: () => void counts.refused++,
    onUnclean: () => void counts.unclean++,
    waits: { retry: 1, aside: 1, onTheWay: 1 },
    proxier,
  })
  return {
    keeper,
    held: () => [...(table?.chains.keys() ?? [])],
    answers: (next) => void (answer = next),
    cleans: (next) => void (cleanAnswer = next),
    said,
    counts,
  }
}

const refusal = (code: string): Error => new KernelError('nft "add element ip portolan endpoints { 1 }"', code)
const STAYS = 'the rules that are there stay, and it is tried again each second'

test.each([
  ['ENOMEM', 'the kernel has no memory for it'],
  ['ENOBUFS', 'the kernel had no room for its messages'],
  ['EMFILE', 'this process may open no more files: raise its limit, "ulimit -n"'],
])('%s: nobody is blamed, it is said once, and tried until it goes', async (code, meaning) => {
  const { keeper, held, answers, said, counts } = fake()
  keeper.sync(services('a'))
  answers((names) => (names.length > 1 && counts.refused < 3 ? refusal(code) : undefined))
  keeper.sync(services('a', 'b', 'c'))
  expect(held()).toEqual(['a'])
  await expect.poll(held).toEqual(['a', 'b', 'c'])
  expect(said).toEqual([
    `node-1: nft "add element ip portolan endpoints { 1 }": ${code} (${meaning}): ${STAYS}`,
    'node-1: the kernel takes the rules again',
  ])
  expect(counts).toMatchObject({ written: 2, refused: 3 })
  expect(keeper.state().aside.size).toBe(0)
})

test('a shortage that does not end: the Service that is too large for what is left is set aside', async () => {
  const { keeper, held, answers, said } = fake()
  let room = false
  keeper.sync(services('a'))
  answers((names) => (names.includes('large') && !room ? refusal('ENOMEM') : undefined))
  keeper.sync(services('a', 'b', 'large'))
  await expect.poll(held).toEqual(['a', 'b'])
  const aside =
    /^node-1: Service large is set aside, the others are served: .*ENOMEM \(the kernel has no memory for it\): it is tried again when it changes, and in half a minute$/
  expect(said.slice(0, 3)).toEqual([
    expect.stringContaining(STAYS),
    expect.stringMatching(aside),
    'node-1: the kernel takes the rules again',
  ])
  room = true
  await expect.poll(held).toEqual(['a', 'b', 'large'])
})

test('a set that is full is the fault of who does not fit in', () => {
  const { keeper, held, answers, said, counts } = fake()
  answers((names) => (names.length > 2 ? refusal('ENFILE') : undefined))
  keeper.sync(services('a', 'b'))
  keeper.sync(services('a', 'b', 'c'))
  expect(held()).toEqual(['a', 'b'])
  expect(said).toEqual([
    expect.stringMatching(/^node-1: Service c is set aside, .*: ENFILE \(the set is full\): it is/),
  ])
  expect(counts.refused).toBe(1)
})

test('other words of the kernel are told as well, and what was refused at the start is known', async () => {
  const { keeper, answers, said } = fake()
  answers(() => refusal('EOPNOTSUPP'))
  keeper.sync(services('a'))
  expect(keeper.refusal()).toBe('node-1: nft "add element ip portolan endpoints { 1 }": EOPNOTSUPP')
  answers(() => refusal('EPERM'))
  await expect.poll(() => said).toHaveLength(2)
  answers(() => undefined)
  await expect.poll(() => said.at(-1)).toBe('node-1: the kernel takes the rules again')
  expect(keeper.refusal()).toBeUndefined()
})

test('what is stale and cannot be removed is tried again, and is no failed pass', async () => {
  const { keeper, cleans, said, counts } = fake()
  cleans(() => (counts.unclean < 2 ? refusal('EBUSY') : undefined))
  keeper.sync(services('a'))
  await expect.poll(() => said.at(-1)).toBe('node-1: the kernel takes the rules again')
  expect(counts).toMatchObject({ unclean: 2, refused: 0 })
})
