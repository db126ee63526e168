import fc from 'fast-check'
import { expect, test } from 'vitest'
import { anyTable } from '../../test/kernel/nft-arbitrary.ts'
import { nftSet, table } from '../../test/kernel/nft-shapes.ts'
import { diffPhases, diffTables } from './diff.ts'
import { applyOperations } from './fake.ts'
import { withLeftovers } from './leftovers.ts'
import { render } from './render.ts'
import type { NftSet, Table } from './ruleset.ts'

const text = (tables: readonly Table[]): string =>
  [...tables]
    .sort((a, b) => (a.family + a.name < b.family + b.name ? -1 : 1))
    .map((one) => render([one]))
    .join('')

/** As they are with maps whose elements go late. */
const withLateRemovals = (tables: readonly Table[]): readonly Table[] =>
  tables.map((one) => {
    const sets = one.sets.toValues().filter(({ data, dynamic }) => data !== undefined && dynamic !== true)
    const late = ({ data }: NftSet): 'after' | 'later' => (data === 'verdict' ? 'after' : 'later')
    return { ...one, sets: sets.reduce((all, set) => all.set(set.name, { ...set, removal: late(set) }), one.sets) }
  })

test('it is what the kernel has after the change', () => {
  let left = 0
  const states = fc.array(anyTable, { maxLength: 1 }).map(withLateRemovals)
  fc.assert(
    fc.property(states, states, (previous, next) => {
      const phases = diffPhases(previous, next)
      const held = applyOperations(applyOperations([], diffTables([], previous)), [
        ...phases.prepare,
        ...phases.change,
        ...phases.detach,
      ])
      const wanted = withLeftovers(previous, next, phases)
      expect(text(wanted)).toBe(text(held))
      expect(text(applyOperations(held, diffTables(wanted, next)))).toBe(text(next))
      left += phases.clean.length
    }),
    { numRuns: 300 },
  )
  expect(left).toBeGreaterThan(30)
})

test('an element that is still there comes back with other data', () => {
  const state = (...elements: readonly (readonly [string, string])[]): readonly Table[] => {
    const declaration = { key: ['inet_proto'], data: ['mark'], removal: 'later' } as const
    return [
      table(
        'ip',
        't',
        [nftSet('s', declaration, ...elements.map(([key, data]) => ({ key: [key], data: [data] })))],
        [],
      ),
    ]
  }
  const [both, one, other] = [state(['tcp', '1'], ['udp', '2']), state(['tcp', '1']), state(['tcp', '1'], ['udp', '3'])]
  const phases = diffPhases(both, one)
  const held = withLeftovers(both, one, phases)
  expect(text(held)).toBe(text(both))
  expect(text(applyOperations(held, diffTables(held, other)))).toBe(text(other))
})
