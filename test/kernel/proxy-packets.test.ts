import { existsSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { nftablesBackend, type NodeProgram } from '../../src/proxy/backends/nftables.ts'
import type { NodeContext } from '../../src/proxy/node-context.ts'
import { contextsOf, IPV4, servicesOf } from '../conformance/service-proxy/address-plan.ts'
import { FAMILY_GROUPS } from '../conformance/service-proxy/family-rows.ts'
import { groupInIPv6, inIPv6, IPV6 } from '../conformance/service-proxy/ipv6.ts'
import type { Row, RowGroup } from '../conformance/service-proxy/row.ts'
import { ROW_GROUPS } from '../conformance/service-proxy/rows.ts'
import { SCTP_GROUPS } from '../conformance/service-proxy/sctp-rows.ts'
import {
  applyStep,
  connectStep,
  inNetwork,
  type Listener,
  listenersAt,
  packetsMissing,
  sctpListenersAt,
  type Step,
} from './packets/network.ts'

const reason = packetsMissing()

/** Its packets are made by hand, for a kernel may have no sockets for it; without tracking nothing translates them. */
const TRACKS_SCTP = existsSync('/proc/sys/net/netfilter/nf_conntrack_sctp_timeout_closed')

/** Where no Service answers, the node does. */
const NODE_LISTENERS: readonly (readonly [address: string, port: number])[] = [
  ...['192.0.2.20', '127.0.0.1'].flatMap((address) => [[address, 30001] as const, [inIPv6(address), 30001] as const]),
  // nodePorts of Services that lack the family.
  ['192.168.1.100', 30002],
  [inIPv6('192.168.1.100'), 30001],
]

/** Every endpoint that a row expects listens. */
function listeners(): readonly Listener[] {
  const names = endpointsOf([...ROW_GROUPS, ...SCTP_GROUPS, ...Object.values(FAMILY_GROUPS).flat()])
  return [
    ...names.filter((name) => !/^node-1:3000\d$/.test(name)).flatMap(listenersAt),
    ...endpointsOf(SCTP_GROUPS).flatMap(sctpListenersAt),
    ...NODE_LISTENERS.map(
      ([address, port]): Listener => ({ place: 'node-1', label: 'node-1', protocol: 'tcp', address, port }),
    ),
  ]
}

function endpointsOf(groups: readonly RowGroup[]): readonly string[] {
  const expected = groups.flatMap(({ rows }) => rows.flatMap(([, , expect]) => expect.split(' ')))
  return [...new Set(expected.filter((text) => /:\d/.test(text)).map((text) => text.replace(/m$/, '')))]
}

/** The rows of a dual-stack network. */
function inBothFamilies(group: RowGroup): RowGroup {
  const { services, rows } = groupInIPv6(group)
  return { ...group, services: [...group.services, ...services], rows: [...group.rows, ...rows] }
}

const GROUPS: readonly RowGroup[] = [
  ...[...ROW_GROUPS, ...(TRACKS_SCTP ? SCTP_GROUPS : [])].map(inBothFamilies),
  ...FAMILY_GROUPS.IPv4,
  ...FAMILY_GROUPS.IPv6,
]

/** Twice as many connections as there are endpoints: each comes up in its turn. */
function connections([from, to, expected]: Row): readonly Step[] {
  const count = expected.includes(':') ? 2 * expected.split(' ').length : 1
  return Array.from({ length: count }, () => connectStep(from, to))
}

/** A node's packets carry its own address before and after: only the walk can tell. */
function visible([from]: Row, ends: string): string {
  return /^node-\d$/.test(from) ? ends.replaceAll(/(?<=\d)m/g, '') : ends
}

const lacking = reason ?? (TRACKS_SCTP ? undefined : 'SCTP, which this kernel does not track')

describe.skipIf(reason !== undefined)(`packets${lacking === undefined ? '' : ` (skipped: ${lacking})`}`, () => {
  // One network for all: each group's tables come from the group's before, as they do in a network that lives.
  const programs = new Map<NodeContext, NodeProgram>()
  const contexts = [IPV4, IPV6].flatMap(contextsOf)
  const steps: Step[] = []
  const places: { readonly title: string; readonly row: Row; readonly from: number; readonly to: number }[] = []
  const transactions: number[] = []
  for (const { name, services, rows, node: special } of GROUPS) {
    for (const node of contexts) {
      const previous = programs.get(node)
      const next = nftablesBackend.compile(servicesOf(services), special?.(node) ?? node, previous)
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
