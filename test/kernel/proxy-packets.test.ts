import { describe, expect, test } from 'vitest'
import { nftablesBackend, type NodeProgram } from '../../src/proxy/backends/nftables.ts'
import type { NodeContext } from '../../src/proxy/node-context.ts'
import { contextsOf, IPV4, servicesOf } from '../conformance/service-proxy/address-plan.ts'
import { groupInIPv6, inIPv6, IPV6 } from '../conformance/service-proxy/ipv6.ts'
import type { Row, RowGroup } from '../conformance/service-proxy/row.ts'
import { ROW_GROUPS } from '../conformance/service-proxy/rows.ts'
import {
  applyStep,
  connectStep,
  inNetwork,
  type Listener,
  listenersAt,
  packetsMissing,
  type Step,
} from './packets/network.ts'

const reason = packetsMissing()

/** Every endpoint that a row expects listens, and the node at the addresses where no Service answers. */
function listeners(): readonly Listener[] {
  const expected = ROW_GROUPS.flatMap(({ rows }) => rows.flatMap(([, , expect]) => expect.split(' ')))
  const names = new Set(expected.filter((text) => /:\d/.test(text)).map((text) => text.replace(/m$/, '')))
  const node = ['192.0.2.20', '127.0.0.1'].flatMap((address) =>
    [address, inIPv6(address)].map(
      (address): Listener => ({ place: 'node-1', label: 'node-1', protocol: 'tcp', address, port: 30001 }),
    ),
  )
  return [...[...names].filter((name) => name !== 'node-1:30001').flatMap(listenersAt), ...node]
}

/** The rows of a dual-stack network. */
function inBothFamilies(group: RowGroup): RowGroup {
  const { services, rows } = groupInIPv6(group)
  return { name: group.name, services: [...group.services, ...services], rows: [...group.rows, ...rows] }
}

/** Twice as many connections as there are endpoints: each comes up in its turn. */
function connections([from, to, expected]: Row): readonly Step[] {
  const count = expected.includes(':') ? 2 * expected.split(' ').length : 1
  return Array.from({ length: count }, () => connectStep(from, to))
}

/** A node's packets carry its own address before and after: only the walk can tell. */
function visible([from]: Row, ends: string): string {
  return /^node-\d$/.test(from) ? ends.replaceAll(/(?<=\d)m/g, '') : ends
}

describe.skipIf(reason !== undefined)(`packets${reason === undefined ? '' : ` (skipped: ${reason})`}`, () => {
  // One network for all: each group's tables come from the group's before, as they do in a network that lives.
  const programs = new Map<NodeContext, NodeProgram>()
  const contexts = [IPV4, IPV6].flatMap(contextsOf)
  const steps: Step[] = []
  const places: { readonly title: string; readonly row: Row; readonly from: number; readonly to: number }[] = []
  const transactions: number[] = []
  for (const { name, services, rows } of ROW_GROUPS.map(inBothFamilies)) {
    for (const node of contexts) {
      const previous = programs.get(node)
      const next = nftablesBackend.compile(servicesOf(services), node, previous)
      transactions.push(steps.length)
      steps.push(applyStep(node.name, nftablesBackend.diff(previous, next)))
      programs.set(node, next)
    }
    for (const row of rows) {
      const from = steps.length
      steps.push(...connections(row))
      places.push({ title: `${name}: ${row[0]} to ${row[1]}: ${row[2]}`, row, from, to: steps.length })
    }
    steps.push({ settle: true })
  }
  const answers = reason === undefined ? inNetwork({ listeners: listeners() }, steps) : []

  test('the kernel takes every transaction', () => {
    expect(transactions.map((index) => answers[index])).toEqual(transactions.map(() => []))
  })

  test.each(places)('$title', ({ row, from, to }) => {
    const seen = new Set(
      answers.slice(from, to).map((answer) => visible(row, typeof answer === 'string' ? answer : 'no end')),
    )
    expect([...seen].sort().join(' ')).toBe(visible(row, row[2]))
  })
})
