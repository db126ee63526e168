/** Tables that hold every shape of ruleset.ts, and the very rules of a service proxy. */
import { OrderedMap } from '../../src/lib/ordered-map.ts'
import {
  type Chain,
  type Element,
  elementKey,
  type Family,
  type NftSet,
  type Rule,
  type Selector,
  type Statement,
  type Table,
  type Verdict,
} from '../../src/nft/ruleset.ts'
import { compileTraffic } from '../../src/proxy/traffic.ts'

type Place = (Selector & { readonly kind: 'payload' })['field']
const payload = (field: Place): Selector => ({ kind: 'payload', field })
const meta = (key: (Selector & { readonly kind: 'meta' })['key']): Selector => ({ kind: 'meta', key })
const ct = (key: (Selector & { readonly kind: 'ct' })['key']): Selector => ({ kind: 'ct', key })
const numgen = (mode: 'inc' | 'random', modulus: number, offset = 0): Selector => ({
  kind: 'numgen',
  mode,
  modulus,
  offset,
})
const match = (left: Selector, right: string, op: '==' | '!=' = '=='): Statement => ({ kind: 'match', left, op, right })
const lookup = (key: readonly Selector[], set: string): Statement => ({ kind: 'lookup', key, set })
const vmap = (key: readonly Selector[], map: string): Statement => ({ kind: 'vmap', key, map })
const map = (key: readonly Selector[], name: string) => ({ kind: 'map', key, map: name }) as const
const dnat = (key: readonly Selector[], name: string): Statement => ({ kind: 'dnat', to: map(key, name) })
const verdict = (value: Verdict): Statement => ({ kind: 'verdict', verdict: value })
const [drop, accept] = [verdict({ kind: 'drop' }), verdict({ kind: 'accept' })]
const goto = (chain: string): Verdict => ({ kind: 'goto', chain })
const l4proto = meta('l4proto')
const tcp = match(l4proto, 'tcp')
const udp = match(l4proto, 'udp')
const fullyRandom: Statement = { kind: 'masquerade', fullyRandom: true }

const rule = (...statements: readonly Statement[]): Rule => ({ statements })
const commented = (comment: string, ...statements: readonly Statement[]): Rule => ({ statements, comment })
const chain = (name: string, ...rules: readonly Rule[]): Chain => ({ name, rules })

type Declaration = Omit<NftSet, 'elements' | 'name'>

export function nftSet(name: string, declaration: Declaration, ...elements: readonly Element[]): NftSet {
  return { name, ...declaration, elements: OrderedMap.from(elements.map((e) => [elementKey(e), e] as const)) }
}

export function table(family: Family, name: string, sets: readonly NftSet[], chains: readonly Chain[]): Table {
  const byName = <T extends { readonly name: string }>(values: readonly T[]): OrderedMap<T> =>
    OrderedMap.from(values.map((value) => [value.name, value] as const))
  return { family, name, sets: byName(sets), chains: byName(chains) }
}

const member = (...key: readonly string[]): Element => ({ key })

/** What differs between IPv4 and IPv6. */
interface Addresses {
  readonly family: 'ip' | 'ip6'
  readonly type: 'ipv4_addr' | 'ipv6_addr'
  readonly service: string
  readonly services: string
  readonly pods: readonly [string, string]
  readonly podRange: string
  readonly node: string
  readonly wide: string
}

const v4: Addresses = {
  family: 'ip',
  type: 'ipv4_addr',
  service: '10.96.0.1',
  services: '10.96.0.0/12',
  pods: ['10.244.1.2', '10.244.2.3'],
  podRange: '10.244.0.0/16',
  node: '192.168.1.100',
  wide: '128.0.0.0/1',
}

const v6: Addresses = {
  family: 'ip6',
  type: 'ipv6_addr',
  service: 'fd00:96::1',
  services: 'fd00:96::/108',
  pods: ['fd00:244::2', 'fd00:244:1::3'],
  podRange: 'fd00:244::/29',
  node: '2001:db8::100',
  wide: 'ff00::/8',
}

function setsOf({ family, type, service, pods, node, wide, podRange }: Addresses): readonly NftSet[] {
  const frontend = [type, 'inet_proto', 'inet_service'] as const
  const endpoint = [type, 'inet_service'] as const
  const [first, second] = pods
  return [
    nftSet(
      'service-ips',
      { key: frontend, data: 'verdict', size: 1024, counter: true },
      { key: [service, 'tcp', '80'], data: goto('service-web'), comment: 'default/web:http' },
      { key: [service, 'udp', '53'], data: goto('service-dns') },
      { key: [service, 'sctp', '9'], data: { kind: 'drop' } },
    ),
    nftSet(
      'service-nodeports',
      { key: ['inet_proto', 'inet_service'], data: 'verdict' },
      { key: ['tcp', '30080'], data: goto('service-web') },
      { key: ['udp', '30053'], data: { kind: 'jump', chain: 'service-dns' } },
    ),
    nftSet('nodeport-ips', { key: [type] }, member(node)),
    nftSet('cluster-ips', { key: [type], size: 4096 }, member(service)),
    nftSet(
      'endpoints',
      { key: ['integer'], data: endpoint, size: 65536 },
      { key: ['10'], data: [first, '8080'] },
      { key: ['11'], data: [second, '8080'] },
      { key: ['70000'], data: [first, '53'], comment: 'far' },
    ),
    nftSet(
      'ring',
      { key: [...frontend, 'integer'], data: endpoint, size: 1024 },
      { key: [service, 'tcp', '443', '0'], data: [first, '8443'] },
      { key: [service, 'tcp', '443', '258'], data: [second, '8443'] },
    ),
    nftSet('affinity-10800', { key: [type], data: ['mark'], dynamic: true, timeout: 10800, size: 65536 }),
    nftSet('affinity-all', { key: family === 'ip' ? frontend : [type], data: ['mark'], dynamic: true, timeout: 60 }),
    nftSet('seen', { key: [type], dynamic: true, timeout: 30 }),
    nftSet(
      'affinity-ids',
      { key: ['integer'], data: ['mark'] },
      { key: ['10'], data: ['1'] },
      { key: ['11'], data: ['513'] },
    ),
    nftSet(
      'endpoint-by-id',
      { key: ['mark'], data: endpoint },
      { key: ['1'], data: [first, '80'] },
      { key: ['513'], data: [second, '80'] },
    ),
    nftSet('hairpin', { key: [type, type, 'inet_proto', 'inet_service'] }, member(first, first, 'tcp', '8080')),
    nftSet('masquerade-frontends', { key: frontend }, member(service, 'tcp', '80'), member(service, 'udp', '53')),
    nftSet(
      'source-ranges',
      { key: [...frontend, type], interval: true },
      { key: [service, 'tcp', '80', podRange], comment: 'pods' },
      member(service, 'tcp', '80', first),
      member(service, 'tcp', '443', node),
    ),
    nftSet('ranges', { key: [type], interval: true }, member(podRange), member(first), member(node), member(wide)),
    nftSet(
      'ranges-by-verdict',
      { key: [type], data: 'verdict', interval: true, counter: true },
      { key: [podRange], data: { kind: 'accept' }, comment: 'pods' },
      { key: [wide], data: { kind: 'drop' } },
    ),
    nftSet('ports', { key: ['inet_service'], interval: true }, member('80'), member('81'), member('65535')),
    nftSet('interfaces', { key: ['ifname', 'inet_proto'] }, member('eth0', 'tcp')),
    nftSet('links', { key: ['ifname'], counter: true }, { key: ['eth0'], comment: 'up' }),
    nftSet('protocols', { key: ['inet_proto'] }, member('tcp')),
    nftSet('marks', { key: ['mark'], data: ['mark', 'ifname'] }, { key: ['5'], data: ['258', 'eth1'] }),
    nftSet('sticky', { key: [type], data: ['classid'], dynamic: true, timeout: 60 }),
    nftSet(
      'ids',
      { key: ['integer'], data: ['classid'] },
      ...['0', '5', '65535', '65536', '1467198101', '4294967295'].map((data, i) => ({ key: [`${i}`], data: [data] })),
    ),
    nftSet('endpoint-by-class', { key: ['classid'], data: endpoint }, { key: ['1467198101'], data: [first, '80'] }),
    nftSet('classids', { key: ['classid', 'ifname'] }, member('1467198101', 'eth1')),
    nftSet('marks-by-slot', { key: ['mark', 'integer', 'ifname'] }, member('5', '258', 'eth1')),
  ]
}

function natChains({ family, service, podRange, services, pods }: Addresses): readonly Chain[] {
  const [saddr, daddr, dport] = [payload(`${family} saddr`), payload(`${family} daddr`), payload('th dport')]
  const [originalAddress, originalPort] = [ct(`original ${family} daddr`), ct('original proto-dst')]
  const frontend = [daddr, l4proto, dport]
  return [
    chain('service-web', commented('default/web:http', tcp, dnat([numgen('inc', 2, 10)], 'endpoints'))),
    chain('service-dns', rule(udp, { kind: 'counter' }, dnat([numgen('random', 3, 10)], 'endpoints'))),
    chain(
      'service-ring',
      rule(dnat([...frontend, numgen('random', 16)], 'ring')),
      rule(tcp, dnat([{ kind: 'jhash', of: [saddr, daddr], modulus: 4, seed: 7, offset: 10 }], 'endpoints')),
      rule(tcp, dnat([{ kind: 'jhash', of: [saddr], modulus: 4, seed: 0, offset: 0 }], 'endpoints')),
      rule(tcp, { kind: 'dnat', to: [pods[0], '8080'] }),
    ),
    chain(
      'service-affinity',
      rule({ kind: 'mark', value: map([saddr], 'affinity-10800') }),
      rule({ kind: 'mark', value: map(family === 'ip' ? frontend : [saddr], 'affinity-all') }),
      rule({ kind: 'nftrace' }),
      rule({ kind: 'update', set: 'affinity-10800', key: [saddr], timeout: 10800, data: meta('mark') }),
      // nft 1.0.6 aborts on reading (not on printing) data beside a concatenated key that holds an IPv6 address.
      rule({
        kind: 'update',
        set: 'affinity-all',
        key: family === 'ip' ? frontend : [saddr],
        data: { kind: 'constant', value: 5 },
      }),
      rule({ kind: 'update', set: 'seen', key: [saddr], timeout: 30 }),
      rule({ kind: 'delete', set: 'seen', key: [saddr] }),
      rule({ kind: 'delete', set: 'affinity-10800', key: [saddr], data: meta('mark') }),
      rule({ kind: 'mark', value: map([numgen('inc', 3, 10)], 'affinity-ids') }),
      rule({ kind: 'mark', value: { kind: 'constant', value: 0x4000 } }),
      rule({
        kind: 'mark',
        value: { kind: 'jhash', of: [saddr, payload('th sport')], modulus: 9, seed: 1, offset: 1 },
      }),
      rule(tcp, dnat([meta('mark')], 'endpoint-by-id')),
    ),
    chain(
      'service-sticky',
      rule(
        tcp,
        { kind: 'priority', value: map([saddr], 'sticky') },
        { kind: 'update', set: 'sticky', key: [saddr], timeout: 60, data: meta('priority') },
        dnat([meta('priority')], 'endpoint-by-class'),
      ),
      rule({ kind: 'priority', value: map([numgen('inc', 6)], 'ids') }),
      rule({ kind: 'priority', value: { kind: 'constant', value: 0x1000a } }),
      rule(match(meta('priority'), '65546'), { kind: 'delete', set: 'sticky', key: [saddr], data: meta('priority') }),
    ),
    {
      ...chain(
        'nat-prerouting',
        rule(vmap(frontend, 'service-ips')),
        rule(lookup([daddr], 'nodeport-ips'), vmap([l4proto, dport], 'service-nodeports')),
      ),
      hook: { type: 'nat', hook: 'prerouting', priority: -100 },
    },
    {
      ...chain(
        'nat-output',
        rule(vmap(frontend, 'service-ips')),
        rule(match({ kind: 'fib', address: 'daddr' }, 'local'), vmap([l4proto, dport], 'service-nodeports')),
      ),
      hook: { type: 'nat', hook: 'output', priority: -100, policy: 'accept' },
    },
    {
      ...chain(
        'nat-postrouting',
        rule(match(ct('status'), 'dnat'), lookup([saddr, daddr, l4proto, dport], 'hairpin'), fullyRandom),
        rule(tcp, lookup([originalAddress, l4proto, originalPort], 'masquerade-frontends'), fullyRandom),
        rule(udp, lookup([originalAddress, l4proto, originalPort], 'masquerade-frontends'), fullyRandom),
        rule(lookup([originalAddress], 'cluster-ips'), match(saddr, podRange, '!='), fullyRandom),
        rule(match(originalAddress, services), { kind: 'masquerade' }),
        rule(match(originalAddress, service, '!='), { kind: 'snat', to: service }),
      ),
      hook: { type: 'nat', hook: 'postrouting', priority: 100 },
    },
  ]
}

function filterChains({ family, service, services, podRange }: Addresses): readonly Chain[] {
  const [saddr, daddr, dport] = [payload(`${family} saddr`), payload(`${family} daddr`), payload('th dport')]
  const fib = (address: 'saddr' | 'daddr'): Selector => ({ kind: 'fib', address })
  const reject: Statement = { kind: 'reject', with: 'port-unreachable' }
  return [
    chain('reject-chain', rule(tcp, { kind: 'reject', with: 'tcp reset' }), rule(reject)),
    {
      ...chain(
        'filter-prerouting',
        rule(match(ct('state'), 'new'), lookup([daddr, l4proto, dport, saddr], 'source-ranges'), accept),
        rule({ kind: 'lookup', key: [daddr, l4proto, dport, saddr], set: 'source-ranges', not: true }, drop),
      ),
      hook: { type: 'filter', hook: 'prerouting', priority: -110 },
    },
    {
      ...chain(
        'filter-input',
        rule(match(ct('state'), 'established,related'), accept),
        rule(match(ct('state'), 'new', '!='), accept),
        rule(match(ct('status'), 'dnat', '!='), verdict({ kind: 'return' })),
        rule(match(fib('saddr'), 'local'), verdict({ kind: 'jump', chain: 'reject-chain' })),
        rule(match(fib('daddr'), 'local', '!='), verdict(goto('reject-chain'))),
        rule(match(daddr, services), drop),
        rule(match(daddr, service), match(saddr, podRange), drop),
        rule(lookup([saddr], 'ranges'), drop),
        rule(lookup([dport], 'ports'), drop),
        rule(lookup([meta('iifname'), l4proto], 'interfaces'), drop),
        rule(lookup([meta('iifname')], 'links'), drop),
        rule(lookup([l4proto], 'protocols'), drop),
        rule(vmap([saddr], 'ranges-by-verdict')),
        rule({ kind: 'reject', with: 'tcp reset' }),
      ),
      hook: { type: 'filter', hook: 'input', priority: 0, policy: 'drop' },
    },
    {
      ...chain(
        'filter-forward',
        commented('it\'s "quoted" \u00fc', match(meta('iifname'), 'eth0'), match(daddr, services), drop),
        rule(match(meta('iifname'), 'veth*'), match(meta('oifname'), '"eth1"', '!='), accept),
        rule(tcp, match(dport, '80'), match(payload('th sport'), '1024', '!='), accept),
        rule(tcp, match(ct('original proto-dst'), '80'), accept),
        rule(match(meta('mark'), '5'), accept),
        rule(match(l4proto, 'icmp'), match(meta('mark'), '16384', '!='), verdict({ kind: 'continue' })),
        rule(match(numgen('inc', 2), '1'), accept),
        rule(match(numgen('random', 3, 5), '6', '!='), accept),
        rule(match({ kind: 'jhash', of: [saddr], modulus: 5, seed: 3, offset: 0 }, '3'), accept),
        rule(match(ct(`original ${family} saddr`), podRange), accept),
      ),
      hook: { type: 'filter', hook: 'forward', priority: 0 },
    },
    {
      ...chain('route-output', rule({ kind: 'mark', value: meta('mark') })),
      hook: { type: 'route', hook: 'output', priority: -150 },
    },
  ]
}

function inetTable(): Table {
  const [ip, ip6] = [payload('ip daddr'), payload('ip6 daddr')]
  const inetDnat = (family: 'ip' | 'ip6', name: string): Statement => ({
    kind: 'dnat',
    to: map([numgen('inc', 2)], name),
    family,
  })
  return table(
    'inet',
    'both',
    [
      nftSet(
        'endpoints4',
        { key: ['integer'], data: ['ipv4_addr', 'inet_service'] },
        { key: ['0'], data: ['10.0.0.1', '80'] },
      ),
      nftSet(
        'endpoints6',
        { key: ['integer'], data: ['ipv6_addr', 'inet_service'] },
        { key: ['0'], data: ['fd00::1', '80'] },
      ),
      nftSet('services', { key: ['ipv4_addr', 'inet_service'] }, member('10.96.0.1', '80')),
    ],
    [
      {
        ...chain(
          'nat-output',
          rule(match(ip, '10.96.0.1'), tcp, inetDnat('ip', 'endpoints4')),
          rule(match(ip6, 'fd00:96::1'), tcp, inetDnat('ip6', 'endpoints6')),
          rule(match(l4proto, 'udp'), { kind: 'dnat', to: ['fd00::1', '53'] }),
          rule(match(l4proto, 'udp'), { kind: 'dnat', to: ['10.0.0.1', '53'] }),
        ),
        hook: { type: 'nat', hook: 'output', priority: -100 },
      },
      {
        ...chain(
          'filter-forward',
          rule(match(ip, '10.0.0.0/8'), match(payload('ip saddr'), '10.1.1.1'), drop),
          rule(lookup([ip, payload('th dport')], 'services'), drop),
          rule(match(ct('original ip daddr'), '10.0.0.1'), drop),
          rule(match(ct('original ip6 daddr'), 'fd00::1'), drop),
          rule({ kind: 'reject', with: 'tcp reset' }),
          rule({ kind: 'reject', with: 'port-unreachable' }),
        ),
        hook: { type: 'filter', hook: 'forward', priority: 10, policy: 'accept' },
      },
      {
        ...chain('nat-postrouting', rule({ kind: 'snat', to: '10.0.0.9' }), rule({ kind: 'snat', to: 'fd00::9' })),
        hook: { type: 'nat', hook: 'postrouting', priority: 100 },
      },
    ],
  )
}

export const shapes: readonly Table[] = [
  ...[v4, v6].map((addresses) =>
    table(addresses.family, 'proxy', setsOf(addresses), [...natChains(addresses), ...filterChains(addresses)]),
  ),
  inetTable(),
  compileTraffic('IPv4', true),
  compileTraffic('IPv6', true),
]
