import fc from 'fast-check'
import { expect, test } from 'vitest'
import { OrderedMap } from '../../../lib/ordered-map.ts'
import { changeClaims, type Claims, type Plan } from './claims.ts'
import { firstSlot, idOf, idResources, slotResources } from './slots.ts'

const plan = (label: string, ...resources: readonly string[]): Plan => ({
  label,
  rank: label,
  resources,
  build: () => ({ elements: [], chains: [], sets: [] }),
})

const anyPlans = fc
  .uniqueArray(fc.tuple(fc.integer({ min: 0, max: 9 }), fc.uniqueArray(fc.constantFrom('r', 's', 't', 'u'))), {
    selector: ([rank]) => rank,
  })
  .map((entries) => entries.map(([rank, resources]) => plan(String(rank), ...resources)))

test('the lowest rank of those that want it has it, and whoever it changes for is told', () => {
  fc.assert(
    fc.property(anyPlans, fc.array(fc.nat(9)), anyPlans, (before, leaving, joining) => {
      const none: Claims = OrderedMap.empty()
      const first = changeClaims(none, new Set(), new Set(before))
      const claims: Claims = OrderedMap.from([...first.changed])
      const removed = new Set(before.filter((_, i) => leaving.includes(i)))
      const staying = before.filter((plan) => !removed.has(plan))
      const added = new Set(joining.filter(({ rank }) => staying.every((other) => other.rank !== rank)))
      const { affected, ownedBy } = changeClaims(claims, removed, added)
      const all = [...staying, ...added]
      for (const plan of all) {
        for (const resource of plan.resources) {
          const rivals = all.filter((other) => other.resources.includes(resource))
          expect(ownedBy(plan)(resource)).toBe(rivals.every((other) => other.rank >= plan.rank))
        }
        const changed = plan.resources.some((resource) => first.ownedBy(plan)(resource) !== ownedBy(plan)(resource))
        if (!added.has(plan)) expect(affected.has(plan)).toBe(changed)
      }
    }),
  )
})

test.each([
  ['a chain', 5, 4],
  ['a chain of more than a block', 3000, 12],
])('slots: %s has what it claimed', (_, count, resources) => {
  const claimed = slotResources('service-default/web/tcp/', count)
  expect(claimed).toHaveLength(resources)
  const slot = firstSlot('service-default/web/tcp/', count, (resource) => claimed.includes(resource))
  expect(claimed[0]).toBe(`block ${slot / 1024}`)
  expect(slot + count).toBeLessThan(2 ** 31)
})

test('slots: whose number is taken takes the next that it claimed', () => {
  const [taken, ...others] = slotResources('chain', 1)
  const slot = firstSlot('chain', 1, (resource) => resource !== taken)
  expect(`block ${slot / 1024}`).toBe(others[0])
  expect(() => firstSlot('chain', 1, () => false)).toThrow('chain')
})

test('ids: not 0, and each its own', () => {
  const names = Array.from({ length: 1000 }, (_, i) => `default/web/tcp//10.244.1.${i}/80`)
  const ids = names.map((name) => idOf(name, (resource) => idResources(name)[0] === resource))
  expect(new Set(ids).size).toBe(names.length)
  expect(ids).not.toContain(0)
})
