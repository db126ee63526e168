import { describe, expect, test } from 'vitest'
import { nftSet, table } from '../../test/kernel/nft-shapes.ts'
import { type Evaluation, evaluate, evaluateAll } from './evaluate.ts'
import { jhash, scale } from './jhash.ts'
import type { Packet } from './packet.ts'
import type { Hook, Rule, Selector, Statement, Table, Verdict } from './ruleset.ts'

const payload = (field: (Selector & { readonly kind: 'payload' })['field']): Selector => ({ kind: 'payload', field })
const [saddr, daddr, dport] = [payload('ip saddr'), payload('ip daddr'), payload('th dport')]
const meta = (key: (Selector & { readonly kind: 'meta' })['key']): Selector => ({ kind: 'meta', key })
const ct = (key: (Selector & { readonly kind: 'ct' })['key']): Selector => ({ kind: 'ct', key })
const l4proto = meta('l4proto')
const match = (left: Selector, right: string, op: '==' | '!=' = '=='): Statement => ({ kind: 'match', left, op, right })
const verdict = (value: Verdict): Statement => ({ kind: 'verdict', verdict: value })
const drop = verdict({ kind: 'drop' })
const accept = verdict({ kind: 'accept' })
const rule = (...statements: readonly Statement[]): Rule => ({ statements })
const map = (name: string, ...key: readonly Selector[]) => ({ kind: 'map', key, map: name }) as const
const numgen = (mode: 'inc' | 'random'): Selector => ({ kind: 'numgen', mode, modulus: 2, offset: 10 })

const packet: Packet = {
  family: 4,
  l4proto: 'tcp',
  saddr: '10.244.1.2',
  daddr: '10.96.0.1',
  sport: 40000,
  dport: 80,
  iifname: 'veth7',
  ct: { state: 'new', status: [] },
}
const environment = { localAddresses: new Set(['192.168.1.100']) }

const sets = [
  nftSet(
    'service-ips',
    { key: ['ipv4_addr', 'inet_proto', 'inet_service'], data: 'verdict' },
    { key: ['10.96.0.1', 'tcp', '80'], data: { kind: 'goto', chain: 'service' }, comment: 'web' },
  ),
  nftSet(
    'endpoints',
    { key: ['integer'], data: ['ipv4_addr', 'inet_service'] },
    { key: ['10'], data: ['10.244.1.2', '8080'] },
    { key: ['11'], data: ['10.244.2.3', '8080'] },
  ),
  nftSet('ids', { key: ['integer'], data: ['mark'] }, { key: ['10'], data: ['1'] }, { key: ['11'], data: ['2'] }),
  nftSet(
    'endpoint-by-id',
    { key: ['mark'], data: ['ipv4_addr', 'inet_service'] },
    { key: ['1'], data: ['10.244.1.2', '8080'] },
    { key: ['2'], data: ['10.244.2.3', '8080'] },
  ),
  nftSet('affinity', { key: ['ipv4_addr'], data: ['mark'], dynamic: true }),
  nftSet('ranges', { key: ['ipv4_addr', 'ipv4_addr'], interval: true }, { key: ['10.96.0.1', '10.244.0.0/16'] }),
]

function oneChain(hook: Partial<Hook>, ...rules: readonly Rule[]): readonly Table[] {
  return [
    table('ip', 't', sets, [{ name: 'c', hook: { type: 'filter', hook: 'forward', priority: 0, ...hook }, rules }]),
  ]
}

describe('statements', () => {
  const dropped = (changes: Partial<Packet>, ...statements: readonly Statement[]): boolean =>
    evaluate(oneChain({}, rule(...statements, drop)), 'forward', { ...packet, ...changes }, environment).outcome
      .kind === 'drop'
  const translated = {
    state: 'established',
    status: ['dnat'],
    original: { saddr: '10.0.0.9', daddr: '10.96.0.9', dport: 99 },
  } as const
  const hash = { kind: 'jhash', of: [saddr, dport], modulus: 8, seed: 3, offset: 0 } as const

  test.each<readonly [string, boolean, Partial<Packet>, readonly Statement[]]>([
    ['no condition', true, {}, []],
    ['an address', true, {}, [match(daddr, '10.96.0.1')]],
    ['a prefix', true, {}, [match(daddr, '10.96.0.0/12')]],
    ['outside a prefix', false, {}, [match(daddr, '10.96.0.0/12', '!=')]],
    ['another prefix', true, {}, [match(daddr, '10.0.0.0/16', '!=')]],
    ['a port', true, {}, [match(dport, '80')]],
    ['a port of no ports', false, { l4proto: 'icmp', dport: undefined as never }, [match(dport, '80', '!=')]],
    ['a protocol by number', true, {}, [match(l4proto, '6')]],
    ['another family', false, {}, [match(payload('ip6 daddr'), 'fd00::1', '!=')]],
    ['an interface', false, {}, [match(meta('iifname'), 'veth')]],
    ['the start of an interface', true, {}, [match(meta('iifname'), 'veth*')]],
    ['no interface', true, {}, [match(meta('oifname'), 'eth0', '!=')]],
    ['a mark', true, { mark: 0x4000 }, [match(meta('mark'), '0x4000')]],
    ['a state', true, {}, [match(ct('state'), 'new,related')]],
    ['not a state', false, {}, [match(ct('state'), 'new', '!=')]],
    ['a status', true, { ct: translated }, [match(ct('status'), 'dnat')]],
    ['no status', true, {}, [match(ct('status'), 'dnat', '!=')]],
    [
      'where it was sent',
      true,
      { ct: translated },
      [match(ct('original ip daddr'), '10.96.0.9'), match(ct('original proto-dst'), '99')],
    ],
    [
      'where it is sent',
      true,
      {},
      [match(ct('original ip daddr'), '10.96.0.1'), match(ct('original proto-dst'), '80')],
    ],
    ['a local source', true, { saddr: '192.168.1.100' }, [match({ kind: 'fib', address: 'saddr' }, 'local')]],
    ['loopback', true, { daddr: '127.1.2.3' }, [match({ kind: 'fib', address: 'daddr' }, 'local')]],
    ['multicast', true, { daddr: '224.0.0.1' }, [match({ kind: 'fib', address: 'daddr' }, 'multicast')]],
    ['not local', false, {}, [match({ kind: 'fib', address: 'daddr' }, 'local')]],
    ['in a range', true, {}, [{ kind: 'lookup', key: [daddr, saddr], set: 'ranges' }]],
    ['not in a range', false, {}, [{ kind: 'lookup', key: [daddr, saddr], set: 'ranges', not: true }]],
    [
      'out of a range',
      true,
      { saddr: '10.1.1.1' },
      [{ kind: 'lookup', key: [daddr, saddr], set: 'ranges', not: true }],
    ],
    ['a hash', true, {}, [match(hash, `${scale(jhash(Uint8Array.of(10, 244, 1, 2, 0, 80, 0, 0), 3), 8)}`)]],
    ['a map that has no such key', false, {}, [{ kind: 'mark', value: map('affinity', saddr) }]],
    [
      'a verdict map that has no such key',
      false,
      { dport: 81 },
      [{ kind: 'vmap', key: [daddr, l4proto, dport], map: 'service-ips' }],
    ],
    [
      'an element that is added and found',
      true,
      {},
      [
        { kind: 'update', set: 'affinity', key: [saddr], data: { kind: 'constant', value: 5 } },
        { kind: 'mark', value: map('affinity', saddr) },
        match(meta('mark'), '5'),
      ],
    ],
    [
      'an element that is removed',
      false,
      {},
      [
        { kind: 'update', set: 'affinity', key: [saddr], data: { kind: 'constant', value: 5 } },
        { kind: 'delete', set: 'affinity', key: [saddr], data: { kind: 'constant', value: 5 } },
        { kind: 'lookup', key: [saddr], set: 'affinity' },
      ],
    ],
  ])('%s: %j', (_, wanted, changes, statements) => {
    expect(dropped(changes, ...statements)).toBe(wanted)
  })
})

describe('chains', () => {
  const chains = (...rules: readonly Rule[]): readonly Table[] => [
    table(
      'ip',
      't',
      [],
      [
        { name: 'base', hook: { type: 'filter', hook: 'input', priority: 0, policy: 'drop' }, rules },
        {
          name: 'jumps',
          rules: [rule(verdict({ kind: 'jump', chain: 'empty' })), rule(verdict({ kind: 'return' })), rule(accept)],
        },
        { name: 'goes', rules: [rule(verdict({ kind: 'goto', chain: 'empty' })), rule(accept)] },
        { name: 'accepts', rules: [rule(accept)] },
        { name: 'empty', rules: [] },
      ],
    ),
  ]
  const jump = (chain: string): Rule => rule(verdict({ kind: 'jump', chain }))

  test.each<readonly [string, string, readonly Rule[]]>([
    ['the policy', 'drop', []],
    ['a jump comes back', 'accept', [jump('empty'), rule(accept)]],
    ['return comes back', 'accept', [jump('jumps'), rule(accept)]],
    ['goto does not come back to its chain', 'drop', [jump('goes')]],
    ['but to the one before', 'accept', [jump('goes'), rule(accept)]],
    [
      'goto from a base chain ends in the policy',
      'drop',
      [rule(verdict({ kind: 'goto', chain: 'empty' })), rule(accept)],
    ],
    ['a verdict below', 'accept', [jump('accepts'), rule(drop)]],
    ['continue goes on', 'accept', [rule(verdict({ kind: 'continue' }), accept)]],
    ['reject', 'reject', [rule({ kind: 'reject', with: 'port-unreachable' })]],
    ['a reset', 'reject', [rule({ kind: 'reject', with: 'tcp reset' })]],
  ])('%s: %s', (_, wanted, rules) => {
    expect(evaluate(chains(...rules), 'input', packet, environment).outcome.kind).toBe(wanted)
  })

  test('a reset is for TCP', () => {
    const reset = chains(rule({ kind: 'reject', with: 'tcp reset' }), rule(accept))
    expect(evaluate(reset, 'input', { ...packet, l4proto: 'udp' }, environment).outcome.kind).toBe('accept')
  })

  test('priorities order base chains of all tables; accept ends one of them, drop all', () => {
    const chain = (priority: number, ...statements: readonly Statement[]) => ({
      name: `at-${priority}`,
      hook: { type: 'filter', hook: 'input', priority } as const,
      rules: [rule(...statements)],
    })
    const tables = [
      table('inet', 'a', [], [chain(10, accept), chain(30, accept)]),
      table('ip', 'b', [], [chain(20, drop)]),
      table('ip6', 'c', [], [chain(0, drop)]),
    ]
    const { outcome, decisions } = evaluate(tables, 'input', packet, environment)
    expect(outcome.kind).toBe('drop')
    expect(decisions.map(({ chain }) => chain)).toEqual(['at-10', 'at-20'])
  })
})

describe('translation', () => {
  const pick = (mode: 'inc' | 'random'): Statement => ({ kind: 'dnat', to: map('endpoints', numgen(mode)) })
  const nat = (mode: 'inc' | 'random', ...after: readonly Rule[]): readonly Table[] => [
    table('ip', 't', sets, [
      {
        name: 'nat-prerouting',
        hook: { type: 'nat', hook: 'prerouting', priority: -100 },
        rules: [rule({ kind: 'vmap', key: [daddr, l4proto, dport], map: 'service-ips' })],
      },
      { name: 'service', rules: [{ ...rule(match(l4proto, 'tcp'), pick(mode)), comment: 'web' }] },
      { name: 'filter-prerouting', hook: { type: 'filter', hook: 'prerouting', priority: 0 }, rules: after },
      {
        name: 'nat-postrouting',
        hook: { type: 'nat', hook: 'postrouting', priority: 100 },
        rules: [
          rule(match(ct('status'), 'dnat'), match(ct('original ip daddr'), '10.96.0.1'), {
            kind: 'masquerade',
            fullyRandom: true,
          }),
        ],
      },
    ]),
  ]
  const target = ({ outcome }: Evaluation): string =>
    outcome.kind === 'dnat' ? `${outcome.address}:${outcome.port}` : outcome.kind

  test('takes turns, counted by rule', () => {
    let counters: Evaluation['counters'] = new Map()
    const turns = Array.from({ length: 4 }, () => {
      const evaluation = evaluate(nat('inc'), 'prerouting', packet, { ...environment, counters })
      counters = evaluation.counters
      return target(evaluation)
    })
    expect(turns).toEqual(['10.244.1.2:8080', '10.244.2.3:8080', '10.244.1.2:8080', '10.244.2.3:8080'])
    expect([...counters.keys()]).toEqual(['ip t service 0'])
  })

  test('says what decided', () => {
    const { decisions } = evaluate(nat('inc'), 'prerouting', packet, environment)
    expect(
      decisions.map(({ chain, index, rule, policy, elements }) => ({
        chain,
        index,
        policy,
        comment: rule?.comment,
        elements: elements.map(({ set, element }) => `${set}: ${element.key.join(' . ')}`),
      })),
    ).toEqual([
      { chain: 'nat-prerouting', index: 0, elements: ['service-ips: 10.96.0.1 . tcp . 80'] },
      { chain: 'service', index: 0, comment: 'web', elements: ['endpoints: 10'] },
      { chain: 'filter-prerouting', policy: 'accept', elements: [] },
    ])
  })

  test('is seen by later chains and hooks', () => {
    const [first] = evaluateAll(
      nat('random', rule(match(daddr, '10.244.2.3'), drop)),
      'prerouting',
      packet,
      environment,
    )
    expect(first?.packet).toMatchObject({
      daddr: '10.244.1.2',
      dport: 8080,
      ct: { status: ['dnat'], original: { daddr: '10.96.0.1', dport: 80 } },
    })
    const after = evaluate(nat('random'), 'postrouting', first?.packet ?? packet, environment)
    expect(after.outcome.kind).toBe('masquerade')
  })

  test('every endpoint', () => {
    const all = evaluateAll(nat('random', rule(match(daddr, '10.244.2.3'), drop)), 'prerouting', packet, environment)
    expect(all.map(target)).toEqual(['10.244.1.2:8080', 'drop'])
  })

  test('only of a flow that is new', () => {
    const established: Packet = { ...packet, ct: { state: 'established', status: [] } }
    expect(evaluate(nat('inc'), 'prerouting', established, environment).outcome.kind).toBe('accept')
  })

  test('affinity: the first pick stays', () => {
    const rules = [
      rule({ kind: 'mark', value: map('affinity', saddr) }, { kind: 'dnat', to: map('endpoint-by-id', meta('mark')) }),
      rule(
        { kind: 'mark', value: map('ids', numgen('inc')) },
        { kind: 'update', set: 'affinity', key: [saddr], data: meta('mark') },
      ),
      rule({ kind: 'dnat', to: map('endpoint-by-id', meta('mark')) }),
    ]
    let state: Pick<Evaluation, 'tables' | 'counters'> = {
      tables: oneChain({ type: 'nat', hook: 'output' }, ...rules),
      counters: new Map(),
    }
    const targets = ['10.244.1.9', '10.244.1.8', '10.244.1.9', '10.244.1.8'].map((saddr) => {
      const evaluation = evaluate(
        state.tables,
        'output',
        { ...packet, saddr },
        { ...environment, counters: state.counters },
      )
      state = evaluation
      return target(evaluation)
    })
    expect(targets).toEqual(['10.244.1.2:8080', '10.244.2.3:8080', '10.244.1.2:8080', '10.244.2.3:8080'])
  })
})
