/**
 * A packet keeps the rules that it came to, while each of its looks into a set finds what is there at that moment. Whatever
 * moment a transaction comes in, a new connection goes where it would have gone before or after.
 */
import { describe, expect, test } from 'vitest'
import { CONTEXTS, service, servicesOf } from '../../../../test/conformance/service-proxy/address-plan.ts'
import { manyServices } from '../../../../test/kernel/packets/many-services.ts'
import { OrderedMap } from '../../../lib/ordered-map.ts'
import type { ServicePortInfo } from '../../../model/resolve-services.ts'
import { encodeChange } from '../../../nft/encode.ts'
import { evaluate } from '../../../nft/evaluate.ts'
import { applyOperations } from '../../../nft/fake.ts'
import type { Packet } from '../../../nft/packet.ts'
import type { Chain, NftSet, Table } from '../../../nft/ruleset.ts'
import { nftablesBackend, STRICT_LIMIT } from '../nftables.ts'

const [node] = CONTEXTS
if (node === undefined) throw new Error('the plan has no node')

const compile = (infos: readonly ServicePortInfo[]): Table => nftablesBackend.compile(servicesOf(infos), node).table

type Change = Partial<Parameters<typeof service>[0]>
const web = (endpoints: readonly string[], more: Change = {}): ServicePortInfo =>
  service({ name: 'web', nodePort: 30_001, endpoints, ...more })

const FEW = manyServices(3)
const MANY = manyServices(STRICT_LIMIT + 10)
const STICKY: Change = { sessionAffinityTimeout: 60 }
const LOCAL: Change = { externalTrafficPolicy: 'Local' }
const three = ['A:1', 'C:2', 'D:3']

const packetTo = (daddr: string, dport: number, saddr = '10.244.1.9'): Packet => ({
  family: 4,
  l4proto: 'tcp',
  saddr,
  daddr,
  sport: 40_000,
  dport,
  ct: { state: 'new', status: [] },
})
const packets = [
  packetTo('10.96.0.41', 80),
  packetTo('192.168.1.100', 30_001),
  packetTo('192.168.1.100', 30_001, '198.51.100.2'),
]

/** The rules of `before`, and from the look number `flip` on the sets of `after`. */
function halfWay(before: Table, after: Table, flip: number): Table {
  let looks = 0
  const get = (name: string): NftSet | undefined => (looks++ < flip ? before : after).sets.get(name)
  // What rules remember is not looked at again.
  const set = (): OrderedMap<NftSet> => sets
  const sets: OrderedMap<NftSet> = Object.create(OrderedMap.prototype, { get: { value: get }, set: { value: set } })
  // A chain that comes has no rules for the generation before.
  const added = after.chains.toValues().filter(({ name }) => before.chains.get(name) === undefined)
  const empty = added.map(({ name }): Chain => ({ name, rules: [] }))
  return { ...before, sets, chains: empty.reduce((chains, chain) => chains.set(chain.name, chain), before.chains) }
}

/** Where the first packet of a connection goes, whatever number `numgen` is at. */
function places(table: () => Table, packet: Packet): readonly string[] {
  return Array.from({ length: 12 }, (_, number) => {
    const { outcome } = evaluate([table()], 'prerouting', packet, {
      localAddresses: new Set(['192.168.1.100']),
      choose: ({ modulus }) => number % modulus,
    })
    return JSON.stringify(outcome)
  })
}

const changes: readonly (readonly [string, readonly ServicePortInfo[], readonly ServicePortInfo[]])[] = [
  ['an endpoint comes', [web(['A:1', 'C:2'])], [web(three)]],
  ['an endpoint goes', [web(three)], [web(['A:1', 'D:3'])]],
  ['all are others', [web(['A:1', 'C:2'])], [web(['B:1', 'D:2', 'Q:1', 'P:1'])]],
  ['many go', [web([...three, 'A:4', 'A:5', 'A:6', 'A:7', 'A:8', 'A:9'])], [web(['D:3'])]],
  ['an endpoint goes, with affinity', [web(three, STICKY)], [web(['A:1', 'D:3'], STICKY)]],
  ['affinity comes', [web(three)], [web(three, STICKY)]],
  ['and goes', [web(three, STICKY)], [web(three)]],
  ['the policy is Local', [web(three)], [web(three, LOCAL)]],
  ['and Cluster again', [web(three, LOCAL)], [web(three)]],
  ['an algorithm of its own', [web(three)], [web(three, { algorithm: 'source-hash' })]],
  ['no longer', [web(three, { algorithm: 'random' })], [web(['D:3', 'A:1'])]],
]

const cases = [
  ...changes.map(
    ([name, before, after]) => [`rules of its own: ${name}`, [...FEW, ...before], [...FEW, ...after]] as const,
  ),
  ...changes.map(
    ([name, before, after]) => [`shared rings: ${name}`, [...MANY, ...before], [...MANY, ...after]] as const,
  ),
  ['from rules of its own to shared rings', [...FEW, web(three)], [...MANY, web(three)]],
  ['from shared rings to rules of its own', [...MANY, web(three)], [...FEW, web(three)]],
] as const

describe('in the moment of a transaction', () => {
  test.each(cases)('%s', (_, from, to) => {
    const [first, last] = [compile(from), compile(to)]
    const limit = 400_000
    let table = first
    let looked = 0
    for (const { parts } of encodeChange([first], [last], 1, limit)) {
      const [next] = applyOperations([table], parts)
      if (next === undefined) throw new Error('the table is gone')
      for (const packet of packets) {
        const allowed = new Set([...places(() => table, packet), ...places(() => next, packet)])
        expect([...allowed].every((place) => place.includes('"dnat"'))).toBe(true)
        for (let flip = 0; flip < 12; flip++) {
          const [one, other] = [table, next]
          const wrong = places(() => halfWay(one, other, flip), packet).filter((place) => !allowed.has(place))
          expect({ flip, wrong }).toEqual({ flip, wrong: [] })
          looked++
        }
      }
      table = next
    }
    expect(looked).toBeGreaterThan(0)
  })
})
