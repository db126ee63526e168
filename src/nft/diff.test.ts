import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { anyTable } from '../../test/kernel/nft-arbitrary.ts'
import { nftSet, table } from '../../test/kernel/nft-shapes.ts'
import { withoutBlock } from './blocks.ts'
import { diff, diffTables } from './diff.ts'
import { applyOperations } from './fake.ts'
import { effectiveElements } from './interval.ts'
import type { Chain, Element, NftSet, Rule, Table } from './ruleset.ts'

/** What the kernel holds of a table: nested intervals count once, blocks are single elements. */
function content(table: Table | undefined): unknown {
  return (
    table && {
      chains: [...table.chains.values()],
      sets: [...table.sets.values()].map((set) => ({ ...withoutBlock(set), elements: effectiveElements(set) })),
    }
  )
}

/** `add set endpoints`, without what is added. */
function summary(before: Table | undefined, after: Table | undefined): readonly string[] {
  return diff(before, after).map((operation) => {
    if ('elements' in operation) {
      return `${operation.kind} ${operation.set.name}: ${operation.elements.map(({ key }) => key.join(' . ')).join(', ')}`
    }
    if ('set' in operation) return `${operation.kind} ${operation.set.name}`
    if (!('chain' in operation)) return operation.kind
    return `${operation.kind} ${typeof operation.chain === 'string' ? operation.chain : operation.chain.name}`
  })
}

describe('diff', () => {
  test('applied to one table it gives the other, and the kernel would take its order', () => {
    fc.assert(
      fc.property(fc.option(anyTable, { nil: undefined }), fc.option(anyTable, { nil: undefined }), (before, after) => {
        const start = applyOperations([], diff(undefined, before))
        const [result] = applyOperations(start, diff(before, after))
        expect(content(result)).toEqual(content(after))
      }),
      { numRuns: 500 },
    )
  })

  test('a table with the same content, made anew, needs nothing', () => {
    fc.assert(
      fc.property(anyTable, (value) => {
        const copy = table(
          value.family,
          value.name,
          [...value.sets.values()].map((set) => nftSet(set.name, set, ...structuredClone([...set.elements.values()]))),
          structuredClone([...value.chains.values()]),
        )
        expect(diff(value, copy)).toEqual([])
      }),
    )
  })

  const counter: Rule = { statements: [{ kind: 'counter' }] }
  const lookup: Rule = { statements: [{ kind: 'lookup', key: [{ kind: 'payload', field: 'ip saddr' }], set: 'set' }] }
  const accept: Rule = { statements: [{ kind: 'verdict', verdict: { kind: 'accept' } }] }
  const chain = (name: string, ...rules: readonly Rule[]): Chain => ({ name, rules })
  const base = (priority: number, ...rules: readonly Rule[]): Chain => ({
    ...chain('base', ...rules),
    hook: { type: 'filter', hook: 'input', priority },
  })
  const goto = (name: string): Element['data'] => ({ kind: 'goto', chain: name })
  const verdicts = (...targets: readonly (readonly [string, string])[]): NftSet =>
    nftSet(
      'set',
      { key: ['ipv4_addr'], data: 'verdict' },
      ...targets.map(([key, name]) => ({ key: [key], data: goto(name) as never })),
    )
  const members = (size: number, ...keys: readonly string[]): NftSet =>
    nftSet('set', { key: ['ipv4_addr'], size }, ...keys.map((key) => ({ key: [key] })))
  const ranges = (...keys: readonly string[]): NftSet =>
    nftSet('set', { key: ['ipv4_addr'], interval: true }, ...keys.map((key) => ({ key: [key] })))
  const ring = (...data: readonly string[]): NftSet =>
    nftSet('set', { key: ['ipv4_addr', 'integer'], data: ['mark'], block: 3 }, { key: ['1.1.1.1'], data })
  const of = (sets: readonly NftSet[], chains: readonly Chain[]): Table => table('ip', 't', sets, chains)

  test.each<readonly [string, Table | undefined, Table | undefined, readonly string[]]>([
    ['nothing', undefined, undefined, []],
    ['a table gone', of([members(1)], []), undefined, ['delete table']],
    [
      'base chains last',
      undefined,
      of([verdicts(['1.1.1.1', 'service'])], [base(0, accept), chain('service', lookup)]),
      [
        'add table',
        'add chain service',
        'add set set',
        'add rule service',
        'add elements set: 1.1.1.1',
        'add chain base',
        'add rule base',
      ],
    ],
    [
      'an element added and one removed',
      of([members(9, '1.1.1.1', '1.1.1.2')], [base(0, lookup)]),
      of([members(9, '1.1.1.2', '1.1.1.3')], [base(0, lookup)]),
      ['delete elements set: 1.1.1.1', 'add elements set: 1.1.1.3'],
    ],
    [
      'a larger size, and an element more',
      of([members(1, '1.1.1.1')], [base(0, lookup)]),
      of([members(2, '1.1.1.1', '1.1.1.2')], [base(0, lookup)]),
      ['add set set', 'add elements set: 1.1.1.2'],
    ],
    [
      'one element of a block changed',
      of([ring('1', '2', '3')], []),
      of([ring('1', '9', '3')], []),
      ['delete elements set: 1.1.1.1 . 1', 'add elements set: 1.1.1.1 . 1'],
    ],
    [
      'the chain of an element changed',
      of([verdicts(['1.1.1.1', 'a'])], [chain('a', counter)]),
      of([verdicts(['1.1.1.1', 'b'])], [chain('b', counter)]),
      [
        'add chain b',
        'add rule b',
        'delete elements set: 1.1.1.1',
        'add elements set: 1.1.1.1',
        'flush chain a',
        'delete chain a',
      ],
    ],
    ['a rule appended', of([], [chain('a', counter)]), of([], [chain('a', counter, accept)]), ['add rule a']],
    [
      'rules swapped',
      of([], [chain('a', counter, accept)]),
      of([], [chain('a', accept, counter)]),
      ['flush chain a', 'add rule a', 'add rule a'],
    ],
    [
      'a set declared otherwise takes the rules that use it along, and no others',
      of([members(2, '1.1.1.1')], [chain('a', lookup), chain('b', counter)]),
      of([members(1, '1.1.1.1')], [chain('a', lookup), chain('b', counter)]),
      ['flush chain a', 'delete set set', 'add set set', 'add elements set: 1.1.1.1', 'add rule a'],
    ],
    [
      'another priority',
      of([], [base(0, counter)]),
      of([], [base(5, counter)]),
      ['flush chain base', 'delete chain base', 'add chain base', 'add rule base'],
    ],
    [
      'an interval within another one',
      of([ranges('10.0.0.0/8')], []),
      of([ranges('10.0.0.0/8', '10.1.0.0/16')], []),
      [],
    ],
    [
      'the wider interval gone',
      of([ranges('10.0.0.0/8', '10.1.0.0/16', '10.1.2.3')], []),
      of([ranges('10.1.0.0/16', '10.1.2.3')], []),
      ['delete elements set: 10.0.0.0/8', 'add elements set: 10.1.0.0/16'],
    ],
  ])('%s', (_, before, after, wanted) => {
    expect(summary(before, after)).toEqual(wanted)
  })

  test('of several tables, all base chains come last', () => {
    const tables = (['ip', 'ip6'] as const).map((family) =>
      table(family, 't', [], [base(0, accept), chain('a', accept)]),
    )
    const operations = diffTables([], tables).map(({ kind, table: { family } }) => `${family} ${kind}`)
    expect(operations.slice(-4)).toEqual(['ip add chain', 'ip add rule', 'ip6 add chain', 'ip6 add rule'])
  })
})
