/** What rules do with the first packet of a connection, with the rules that decided. */
import { expect, test } from 'vitest'
import { nftSet, table } from '../../../test/kernel/nft-shapes.ts'
import type { Chain, Rule, Statement } from '../../nft/ruleset.ts'
import { judgeRules } from './rules.ts'

const daddr = { kind: 'payload', field: 'ip daddr' } as const
const verdict = (kind: 'accept' | 'drop'): Statement => ({ kind: 'verdict', verdict: { kind } })
const match = (right: string): Statement => ({ kind: 'match', left: daddr, op: '==', right })
const chain = (
  name: string,
  type: 'filter' | 'nat',
  hook: 'prerouting' | 'forward' | 'postrouting',
  ...rules: Rule[]
): Chain => ({
  name,
  hook: { type, hook, priority: 0 },
  rules,
})
const sets = [
  nftSet(
    'endpoints',
    { key: ['integer'], data: ['ipv4_addr', 'inet_service'] },
    { key: ['0'], data: ['10.244.1.2', '8080'], comment: 'a' },
    { key: ['1'], data: ['10.244.1.3', '8080'] },
  ),
]
const pick: Statement = {
  kind: 'dnat',
  to: { kind: 'map', key: [{ kind: 'numgen', mode: 'inc', modulus: 2, offset: 0 }], map: 'endpoints' },
}
const translate = chain('nat', 'nat', 'prerouting', { statements: [match('10.96.0.9'), pick] })
const masquerade = chain('after', 'nat', 'postrouting', { statements: [{ kind: 'masquerade' }] })
const wall = (...addresses: readonly string[]): Chain =>
  chain('wall', 'filter', 'forward', ...addresses.map((address) => ({ statements: [match(address), verdict('drop')] })))

function judged(address: string, ...chains: readonly Chain[]) {
  const at = {
    place: 'node-1',
    table: table('ip', 't', sets, [...chains]),
    hook: 'prerouting',
    localAddresses: [],
  } as const
  return judgeRules(at, { protocol: 'TCP', source: '10.244.2.2', address, port: 80 })
}

test('a translation: every endpoint, and each rule once with all that it found', () => {
  expect(judged('10.96.0.9', translate, masquerade)).toEqual({
    place: 'node-1',
    packet: '10.96.0.9:80',
    outcome: 'translated',
    choices: ['10.244.1.2:8080', '10.244.1.3:8080'],
    chains: ['nat'],
    steps: [
      {
        hook: 'prerouting',
        table: 'ip t',
        chain: 'nat',
        rule: 0,
        text: 'ip daddr 10.96.0.9 dnat ip to numgen inc mod 2 map @endpoints',
        elements: ['@endpoints: 0 : 10.244.1.2 . 8080 (a)', '@endpoints: 1 : 10.244.1.3 . 8080'],
      },
      { hook: 'postrouting', table: 'ip t', chain: 'after', rule: 0, text: 'masquerade', elements: [] },
    ],
  })
})

test.each([
  ['nothing matches', '10.1.1.1', [translate], 'untouched', []],
  [
    'what is translated is dropped, whichever endpoint',
    '10.96.0.9',
    [translate, wall('10.244.1.2', '10.244.1.3')],
    'dropped',
    [0, 0, 1],
  ],
  ['one endpoint is dropped, the other not', '10.96.0.9', [translate, wall('10.244.1.3')], 'translated', [0, 0]],
  ['dropped without a translation', '10.1.1.1', [translate, wall('10.1.1.1')], 'dropped', [0]],
] as const)('%s', (_, address, chains, outcome, rules) => {
  const found = judged(address, ...chains)
  expect(found.outcome).toBe(outcome)
  expect(found.steps.map(({ rule }) => rule)).toEqual(rules)
})

test('a policy that drops is a step', () => {
  const closed = {
    ...chain('closed', 'filter', 'forward'),
    hook: { type: 'filter', hook: 'forward', priority: 0, policy: 'drop' },
  } as const
  expect(judged('10.1.1.1', closed).steps).toEqual([
    { hook: 'forward', table: 'ip t', chain: 'closed', rule: null, text: 'policy drop', elements: [] },
  ])
})
