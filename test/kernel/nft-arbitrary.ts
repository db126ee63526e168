/** Any small table that the kernel takes: chains jump to later chains only, only base chains look into verdict maps. */
import fc from 'fast-check'
import { kernelIsAtLeast } from '../../src/host/kernel-version.ts'
import { inSingles } from '../../src/nft/blocks.ts'
import type { Element, NftSet, Rule, Statement, Table, Verdict } from '../../src/nft/ruleset.ts'
import { nftSet, table } from './nft-shapes.ts'

const chainNames = ['chain-a', 'chain-b', 'chain-c'] as const
const baseNames = ['base-input', 'base-forward'] as const
const addresses = ['10.0.0.1', '10.0.0.2', '10.1.0.1']
const prefixes = [...addresses, '10.0.0.0/8', '10.0.0.0/31', '10.1.0.0/16', '10.128.0.0/9', '255.0.0.0/8', '0.0.0.0/0']
const saddr = { kind: 'payload', field: 'ip saddr' } as const
const dport = { kind: 'payload', field: 'th dport' } as const

const verdict = (chains: readonly string[]): fc.Arbitrary<Verdict> =>
  fc.oneof(
    fc.constantFrom<Verdict>({ kind: 'accept' }, { kind: 'drop' }),
    ...(chains.length === 0
      ? []
      : [fc.record({ kind: fc.constantFrom('jump' as const, 'goto' as const), chain: fc.constantFrom(...chains) })]),
  )

function elements(keys: readonly Element['key'][], data: fc.Arbitrary<Element['data']>): fc.Arbitrary<Element[]> {
  const element = fc
    .tuple(fc.constantFrom(...keys), data, fc.option(fc.constantFrom('one', 'two'), { nil: undefined }))
    .map(
      ([key, value, comment]): Element => ({
        key,
        ...(value === undefined ? {} : { data: value }),
        ...(comment === undefined ? {} : { comment }),
      }),
    )
  return fc.uniqueArray(element, { maxLength: 6, selector: ({ key }) => key.join(' . ') })
}

const lone = (fields: readonly string[]): string[][] => fields.map((field) => [field])
const pairs = (fields: readonly string[]): string[][] =>
  fields.flatMap((field) => [
    [field, '80'],
    [field, '81'],
  ])
const none = fc.constant(undefined)
/** What a kernel before 6.5 is told of a set that is there and grows it takes no notice of. */
const size = kernelIsAtLeast(6, 5) ? fc.constantFrom(64, 128) : fc.constant(64)

const places = ['10.2.0.1', '10.2.0.2', '10.2.0.3'].map((address) => [address, '80'])

/** Two places for each address: in blocks, or one by one. */
const rings: fc.Arbitrary<NftSet> = fc
  .tuple(
    fc.boolean(),
    fc.dictionary(fc.constantFrom(...addresses), fc.array(fc.constantFrom(...places), { minLength: 2, maxLength: 2 })),
  )
  .map(([whole, data]) => {
    const blocks = Object.entries(data).map(([address, two]): Element => ({ key: [address], data: two.flat() }))
    const declaration = { key: ['ipv4_addr', 'integer'], data: ['ipv4_addr', 'inet_service'], block: 2 } as const
    const set = nftSet('rings', declaration, ...blocks)
    return whole ? set : inSingles(set)
  })

/** Sets by name; a different declaration of a name is another size, or a counter. */
function sets(chains: readonly string[]): fc.Arbitrary<NftSet[]> {
  const all: readonly fc.Arbitrary<NftSet>[] = [
    fc
      .tuple(size, elements(lone(addresses), none))
      .map(([size, e]) => nftSet('plain', { key: ['ipv4_addr'], size }, ...e)),
    elements(lone(prefixes), none).map((e) => nftSet('ranges', { key: ['ipv4_addr'], interval: true }, ...e)),
    elements(pairs(prefixes), none).map((e) =>
      nftSet('pairs', { key: ['ipv4_addr', 'inet_service'], interval: true }, ...e),
    ),
    fc
      .tuple(fc.boolean(), elements(lone(addresses), verdict(chains)))
      .map(([counter, e]) =>
        nftSet('verdicts', { key: ['ipv4_addr'], data: 'verdict', ...(counter ? { counter } : {}) }, ...e),
      ),
    fc
      .tuple(size, fc.constantFrom(10, 20))
      .map(([size, timeout]) => nftSet('recent', { key: ['ipv4_addr'], dynamic: true, timeout, size })),
    elements(
      [['0'], ['1'], ['2']],
      fc.constantFrom([['5'], ['6']]).chain((data) => fc.constantFrom(...data)),
    ).map((e) => nftSet('slots', { key: ['integer'], data: ['mark'] }, ...e)),
    rings,
  ]
  return fc.tuple(...all, fc.array(fc.boolean(), { minLength: all.length, maxLength: all.length })).map((values) => {
    const kept = values.at(-1)
    return (values.slice(0, -1) as NftSet[]).filter((_, i) => Array.isArray(kept) && kept[i])
  })
}

/** Statements that use a set, by its name. */
const uses: Readonly<Record<string, Statement>> = {
  plain: { kind: 'lookup', key: [saddr], set: 'plain' },
  ranges: { kind: 'lookup', key: [saddr], set: 'ranges' },
  pairs: { kind: 'lookup', key: [saddr, dport], set: 'pairs' },
  recent: { kind: 'update', set: 'recent', key: [saddr] },
  slots: {
    kind: 'mark',
    value: { kind: 'map', key: [{ kind: 'numgen', mode: 'inc', modulus: 3, offset: 0 }], map: 'slots' },
  },
}
const vmap: Statement = { kind: 'vmap', key: [saddr], map: 'verdicts' }

function rules(sets: readonly string[], chains: readonly string[], base: boolean): fc.Arbitrary<Rule[]> {
  const statements = sets.flatMap((name) => uses[name] ?? [])
  const choices: readonly fc.Arbitrary<Rule>[] = [
    fc.record({
      statements: verdict(chains).map((verdict): Statement[] => [{ kind: 'counter' }, { kind: 'verdict', verdict }]),
    }),
    ...statements.map((statement) =>
      fc.constantFrom<Rule>({ statements: [statement] }, { statements: [statement], comment: 'x' }),
    ),
    ...(base && sets.includes('verdicts') ? [fc.constant<Rule>({ statements: [vmap] })] : []),
  ]
  return fc.array(fc.oneof(...choices), { maxLength: 4 })
}

export const anyTable: fc.Arbitrary<Table> = fc
  .tuple(fc.subarray([...chainNames]), fc.subarray([...baseNames]))
  .chain(([chains, bases]) => fc.tuple(fc.constant(chains), fc.constant(bases), sets(chains)))
  .chain(([chains, bases, sets]) => {
    const names = sets.map(({ name }) => name)
    const plain = chains.map((name, i) => rules(names, chains.slice(i + 1), false).map((rules) => ({ name, rules })))
    const base = bases.map((name) =>
      fc.tuple(rules(names, chains, true), fc.constantFrom(0, 10)).map(([rules, priority]) => ({
        name,
        rules,
        hook: { type: 'filter', hook: name === 'base-input' ? 'input' : 'forward', priority } as const,
      })),
    )
    return fc.tuple(...plain, ...base).map((all) => table('ip', 'any', sets, all))
  })
