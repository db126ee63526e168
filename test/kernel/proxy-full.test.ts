/** Maps that rules fill, and that are full: packets find their way all the same. */
import { describe, expect, test } from 'vitest'
import { diff } from '../../src/nft/diff.ts'
import type { Table } from '../../src/nft/ruleset.ts'
import { nftablesBackend } from '../../src/proxy/backends/nftables.ts'
import { CONTEXTS, service, servicesOf } from '../conformance/service-proxy/address-plan.ts'
import { applyStep, connectStep, inNetwork, listenersAt, packetsMissing } from './packets/network.ts'

const reason = packetsMissing()
const WEB = 'tcp 10.96.0.41:80'
const [a, c] = ['A:8080', 'C:8080'] as const

/** Every node's rules for a Service with session affinity that has room for one client. */
function narrow(): readonly (readonly [node: string, table: Table])[] {
  const sticky = servicesOf([service({ name: 'sticky', sessionAffinityTimeout: 600, endpoints: [a, c] })])
  return CONTEXTS.map((node) => {
    const { table } = nftablesBackend.compile(sticky, node)
    const map = table.sets.get('affinity-default/sticky/tcp/')
    if (map === undefined) throw new Error('session affinity has no map')
    return [node.name, { ...table, sets: table.sets.set(map.name, { ...map, size: 1 }) }]
  })
}

describe.skipIf(reason !== undefined)(`full maps${reason === undefined ? '' : ` (skipped: ${reason})`}`, () => {
  test('session affinity with more clients than it can remember: who is known stays, the others are spread', () => {
    const ends = ['P', 'P', 'B', 'B', 'P', 'B', 'P']
    const steps = [
      ...narrow().map(([node, table]) => applyStep(node, diff(undefined, table))),
      ...ends.map((from) => connectStep(from, WEB)),
    ]
    const answers = inNetwork({ listeners: [a, c].flatMap(listenersAt) }, steps)
    expect(answers.slice(0, 2)).toEqual([[], []])
    const found = answers.slice(2)
    expect(found.filter((_, i) => ends[i] === 'P')).toEqual([a, a, a, a])
    expect(found.filter((_, i) => ends[i] === 'B')).toEqual([a, c, a])
  })
})
