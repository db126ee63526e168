import { describe, expect, test } from 'vitest'
import { nftSet, table } from '../../test/kernel/nft-shapes.ts'
import type { Operation } from './operation.ts'
import { render, renderOperations } from './render.ts'
import { renderRule } from './render-rule.ts'
import type { Family, Selector, Statement } from './ruleset.ts'

const daddr: Selector = { kind: 'payload', field: 'ip daddr' }
const name = { family: 'ip', name: 't' } as const

describe('render', () => {
  test('a table', () => {
    const services = nftSet(
      'services',
      { key: ['ipv4_addr', 'inet_service'], data: 'verdict', size: 16, counter: true },
      { key: ['10.0.0.1', '80'], data: { kind: 'goto', chain: 'service' }, comment: 'web "one"' },
    )
    const turns = nftSet('turns', { key: ['integer'], data: ['mark', 'ifname'] }, { key: ['0'], data: ['1', 'eth0'] })
    const seen = nftSet('seen', { key: ['ipv4_addr'], dynamic: true, timeout: 30 }, { key: ['10.0.0.1'] })
    const ranges = nftSet(
      'ranges',
      { key: ['ipv4_addr'], interval: true },
      { key: ['10.0.0.0/8'] },
      { key: ['10.1.0.0/16'] },
    )
    const hook = { type: 'filter', hook: 'input', priority: -5, policy: 'drop' } as const
    const chains = [
      { name: 'input', hook, rules: [{ statements: [{ kind: 'counter' } as const], comment: 'all' }] },
      { name: 'service', rules: [] },
    ]
    expect(render([table('ip', 't', [services, turns, seen, ranges], chains)])).toBe(`table ip t {
	set ranges {
		type ipv4_addr
		flags interval
		elements = { 10.0.0.0/8 }
	}

	set seen {
		type ipv4_addr
		flags dynamic,timeout
		timeout 30s
	}

	map services {
		type ipv4_addr . inet_service : verdict
		size 16
		counter
		elements = { 10.0.0.1 . 80 counter comment "web 'one'" : goto service }
	}

	map turns {
		typeof numgen inc mod 2 : meta mark . meta iifname
		elements = { 0 : 1 . "eth0" }
	}

	chain input {
		type filter hook input priority -5; policy drop;
		counter comment "all"
	}

	chain service {
	}
}
`)
  })

  test.each<readonly [Family, Statement, string]>([
    ['ip', { kind: 'match', left: { kind: 'ct', key: 'status' }, op: '!=', right: 'dnat' }, 'ct status ! dnat'],
    ['ip', { kind: 'match', left: { kind: 'meta', key: 'iifname' }, op: '==', right: 'veth*' }, 'meta iifname "veth*"'],
    ['ip', { kind: 'match', left: daddr, op: '!=', right: '10.0.0.0/8' }, 'ip daddr != 10.0.0.0/8'],
    ['ip', { kind: 'lookup', key: [daddr], set: 's', not: true }, 'ip daddr != @s'],
    ['ip', { kind: 'dnat', to: ['10.0.0.1', '80'] }, 'dnat to 10.0.0.1:80'],
    ['ip6', { kind: 'dnat', to: ['fd00::1', '80'] }, 'dnat to [fd00::1]:80'],
    ['inet', { kind: 'dnat', to: ['fd00::1', '80'] }, 'dnat ip6 to [fd00::1]:80'],
    ['ip6', { kind: 'dnat', to: { kind: 'map', key: [daddr], map: 'm' } }, 'dnat ip6 to ip daddr map @m'],
    [
      'inet',
      { kind: 'dnat', to: { kind: 'map', key: [daddr], map: 'm' }, family: 'ip6' },
      'dnat ip6 to ip daddr map @m',
    ],
    ['inet', { kind: 'snat', to: '10.0.0.1' }, 'snat ip to 10.0.0.1'],
    ['ip', { kind: 'reject', with: 'port-unreachable' }, 'reject with icmp port-unreachable'],
    ['ip6', { kind: 'reject', with: 'port-unreachable' }, 'reject with icmpv6 port-unreachable'],
    ['inet', { kind: 'reject', with: 'port-unreachable' }, 'reject with icmpx port-unreachable'],
    [
      'ip',
      { kind: 'update', set: 's', key: [daddr], timeout: 9, data: { kind: 'constant', value: 5 } },
      'update @s { ip daddr timeout 9s : 5 }',
    ],
    ['ip', { kind: 'delete', set: 's', key: [daddr] }, 'delete @s { ip daddr }'],
    [
      'ip',
      {
        kind: 'mark',
        value: { kind: 'jhash', of: [daddr, { kind: 'fib', address: 'saddr' }], modulus: 4, seed: 7, offset: 1 },
      },
      'meta mark set jhash ip daddr . fib saddr type mod 4 seed 7 offset 1',
    ],
  ])('%s %j', (family, statement, text) => {
    expect(renderRule(family, { statements: [statement] })).toBe(text)
  })

  test('operations, one a line', () => {
    const map = nftSet('m', { key: ['ipv4_addr'], data: ['mark'], size: 8 })
    const elements = [{ key: ['10.0.0.1'], data: ['5'], comment: 'c' }]
    const operations: readonly Operation[] = [
      { kind: 'add table', table: name },
      { kind: 'add chain', table: name, chain: { name: 'a', hook: { type: 'nat', hook: 'output', priority: -100 } } },
      { kind: 'add set', table: name, set: map },
      { kind: 'add elements', table: name, set: map, elements },
      {
        kind: 'add rule',
        table: name,
        chain: 'a',
        rule: { statements: [{ kind: 'verdict', verdict: { kind: 'drop' } }] },
      },
      { kind: 'delete elements', table: name, set: map, elements },
      { kind: 'flush chain', table: name, chain: 'a' },
      { kind: 'delete set', table: name, set: map },
      { kind: 'delete chain', table: name, chain: 'a' },
      { kind: 'delete table', table: name },
    ]
    expect(renderOperations(operations)).toBe(`add table ip t
add chain ip t a { type nat hook output priority -100; }
add map ip t m { type ipv4_addr : mark; size 8; }
add element ip t m { 10.0.0.1 comment "c" : 5 }
add rule ip t a drop
delete element ip t m { 10.0.0.1 }
flush chain ip t a
delete map ip t m
delete chain ip t a
delete table ip t
`)
  })
})
