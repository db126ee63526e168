import { describe, expect, test } from 'vitest'
import { evaluate } from '../../src/nft/evaluate.ts'
import type { ServicePortInfo } from '../../src/model/resolve-services.ts'
import type { Hook } from '../../src/nft/ruleset.ts'
import { nftablesBackend } from '../../src/proxy/backends/nftables.ts'
import { type AddressPlan, contextsOf, IPV4, servicesOf } from './service-proxy/address-plan.ts'
import { FAMILY_GROUPS } from './service-proxy/family-rows.ts'
import { groupInIPv6, IPV6, serviceInIPv6 } from './service-proxy/ipv6.ts'
import type { RowGroup } from './service-proxy/row.ts'
import { ROW_GROUPS } from './service-proxy/rows.ts'
import { SCTP_GROUPS } from './service-proxy/sctp-rows.ts'
import { walkRow } from './service-proxy/walk.ts'

function rowTests(plan: AddressPlan, groups: readonly RowGroup[]): void {
  describe.each(groups)('$name', ({ services, rows, node: special }) => {
    const tables = Object.fromEntries(
      contextsOf(plan).map((node) => [node.name, nftablesBackend.compile(servicesOf(services), special?.(node) ?? node).table]),
    )

    test.each(rows)('%s to %s: %s', (from, to, expected) => {
      expect(walkRow(tables, from, to, plan)).toBe(expected)
    })
  })
}

const groups = [...ROW_GROUPS, ...SCTP_GROUPS]
/** Each Service in both families at once: neither may be in the other's way. */
const dualStack = (group: RowGroup, services: readonly ServicePortInfo[]): RowGroup => ({
  ...group,
  name: `${group.name}, dual stack`,
  services: [...services, ...services.map(serviceInIPv6)],
})

rowTests(IPV4, [...groups, ...groups.map((group) => dualStack(group, group.services)), ...FAMILY_GROUPS.IPv4])
rowTests(IPV6, [
  ...groups.map(groupInIPv6),
  ...groups.map((group) => dualStack(groupInIPv6(group), group.services)),
  ...FAMILY_GROUPS.IPv6,
])

describe('neighbour discovery', () => {
  const [node] = contextsOf(IPV6)
  if (node === undefined) throw new Error('the plan has no node')
  const services = ROW_GROUPS[0]?.services.map(serviceInIPv6) ?? []
  const { table } = nftablesBackend.compile(servicesOf(services), node)
  const hooks: readonly Hook['hook'][] = ['prerouting', 'input', 'forward', 'output', 'postrouting']

  test.each(['ff02::1:ff00:29', 'fd00:10:96::29', 'fd00:10:96::32', 'fd00:192:168:1::64'])('for %s', (daddr) => {
    const ct = { state: 'untracked', status: [] } as const
    const packet = { family: 6, l4proto: 'ipv6-icmp', saddr: 'fe80::1', daddr, ct } as const
    const environment = { localAddresses: new Set(['fd00:192:168:1::64']) }
    for (const hook of hooks) expect(evaluate([table], hook, packet, environment).outcome).toEqual({ kind: 'accept' })
  })
})

describe('beside the rules of others', () => {
  const tables = [IPV4, IPV6].flatMap((plan) =>
    groups.flatMap(({ services }) => {
      const all = plan === IPV4 ? services : services.map(serviceInIPv6)
      return contextsOf(plan).map((node) => nftablesBackend.compile(servicesOf(all), node).table)
    }),
  )
  const chains = tables.flatMap(({ chains }) => [...chains.values()])
  const statements = chains.flatMap(({ rules }) => rules.flatMap((rule) => rule.statements))

  test('a packet keeps its mark', () => {
    expect(statements.filter(({ kind }) => kind === 'mark')).toEqual([])
  })

  test('a hidden source has a random port', () => {
    const masquerades = statements.filter(({ kind }) => kind === 'masquerade')
    expect(masquerades.length).toBeGreaterThan(0)
    expect(masquerades).toEqual(masquerades.map(() => ({ kind: 'masquerade', fullyRandom: true })))
  })

  test('hooks: translation at dstnat and srcnat, source ranges before, refusals at filter', () => {
    const hooks = chains.flatMap(({ hook }) => (hook === undefined ? [] : [`${hook.type} ${hook.hook} ${hook.priority}`]))
    expect([...new Set(hooks)].toSorted()).toEqual([
      'filter forward 0',
      'filter input 0',
      'filter output -110',
      'filter output 0',
      'filter prerouting -110',
      'nat output -100',
      'nat postrouting 100',
      'nat prerouting -100',
    ])
  })

  test.each(['forward', 'output'] as const)('a ping of a ClusterIP is refused: %s', (hook) => {
    const table = tables.find(({ family }) => family === 'ip')
    const ct = { state: 'new', status: [] } as const
    const packet = { family: 4, l4proto: 'icmp', saddr: '10.244.1.9', daddr: '10.96.0.41', ct } as const
    const { outcome } = evaluate(table === undefined ? [] : [table], hook, packet, { localAddresses: new Set() })
    expect(outcome).toMatchObject({ kind: 'reject' })
  })
})
