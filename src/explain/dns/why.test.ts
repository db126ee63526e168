import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { decodeObject } from '../../api/decode.ts'
import { KINDS, type AnyObject, type Kind } from '../../api/kinds.ts'
import type { Pod, PodSpec } from '../../api/core.ts'
import { zoneConfig, type ZoneConfig } from '../../dns/zone-config.ts'
import { snapshotOf, type Snapshot } from '../../model/snapshot.ts'
import { whyText } from '../report/why.ts'
import type { PacketJourney } from '../../nft/packet-journey.ts'
import type { Observed, UpstreamState } from './observed.ts'
import { explainName } from './why.ts'

const RANGES = { nodeCIDRs: [], podCIDRs: [], serviceCIDRs: [], loadBalancerCIDRs: [], outsideCIDRs: [] }
const CONFIG = zoneConfig({ clusterDomain: 'cluster.local', ...RANGES })

/** The objects of the recorded cases, and Pods that are nearly right. */
function fixture(): readonly AnyObject[] {
  return (['Namespace', 'Service', 'EndpointSlice', 'Pod'] as const).flatMap((kind: Kind) => {
    const file = new URL(`../../../test/conformance/dns/fixture/${KINDS[kind].plural}.json`, import.meta.url)
    const { items } = JSON.parse(readFileSync(file, 'utf8')) as { items: readonly AnyObject[] }
    return items.flatMap((item) => {
      const decoded = decodeObject(kind, { ...item, kind })
      return 'object' in decoded ? [decoded.object] : []
    })
  })
}

function pod(name: string, spec: Partial<PodSpec>): Pod {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'shop' }, spec: { containers: [], ...spec } }
}

const lonely: AnyObject = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'lonely', namespace: 'shop' },
  spec: { clusterIP: 'None', selector: { app: 'lonely' }, ports: [{ port: 80 }] },
}
const fresh = (name: string, clusterIP: string, creationTimestamp: string): AnyObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace: 'shop', creationTimestamp },
  spec: { clusterIP, ports: [{ port: 80 }] },
})
const snapshot: Snapshot = snapshotOf([
  ...fixture(),
  lonely,
  fresh('new', '10.96.3.1', '2026-11-25T12:00:27Z'),
  fresh('old', '10.96.3.2', '2026-11-25T12:00:24Z'),
  fresh('moved', 'None', '2026-11-25T11:00:00Z'),
  {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: 'moved-1',
      namespace: 'shop',
      labels: { 'kubernetes.io/service-name': 'moved' },
      annotations: { 'endpoints.kubernetes.io/last-change-trigger-time': '2026-11-25T12:00:28.5Z' },
    },
    addressType: 'IPv4',
    endpoints: [{ addresses: ['10.244.7.7'] }],
    ports: [],
  },
  pod('bare', {}),
  pod('db-0', { hostname: 'db-0' }),
  pod('db-1', { hostname: 'db-1', subdomain: 'other' }),
  pod('db-2', { hostname: 'db-2', subdomain: 'peers' }),
])

interface Asked {
  readonly type?: string
  readonly spec?: Partial<PodSpec>
  readonly config?: Partial<ZoneConfig>
  readonly observed?: Partial<Observed>
}

const NOW = Date.parse('2026-11-25T12:00:30Z')

function explain(name: string, { type = 'A', spec, config = {}, observed }: Asked = {}) {
  const asker = {
    ...(spec === undefined ? {} : { pod: pod('asker', spec) }),
    ...(observed === undefined ? {} : { observed: { now: NOW, ...observed } }),
  }
  return explainName(snapshot, { ...CONFIG, ...config }, { name, type, namespace: 'shop', ...asker })
}

describe('why there is no answer', () => {
  test.for<readonly [string, Asked, string]>([
    ['wbe', {}, 'there is no Service shop/wbe | did you mean web?'],
    ['web.other', {}, 'there is no Service other/web; a Service web exists in namespace shop | ask web.shop'],
    [
      'only-there',
      {},
      'there is no Service shop/only-there; a Service only-there exists in namespace other | ask only-there.other',
    ],
    ['web.shpo', {}, 'there is no namespace shpo | did you mean namespace shop: web.shop?'],
    [
      'only-there.other',
      { config: { namespaceVisible: ({ metadata }) => metadata.name === 'shop' } },
      'namespace other is there, but hidden: --namespace does not name it',
    ],
    [
      'cold',
      {},
      'Service shop/cold is headless, and its one endpoint is not ready | it has a name again once one is ready; publishNotReadyAddresses: true gives names to those that are not',
    ],
    ['void', {}, 'Service shop/void is headless without a selector, and no EndpointSlice names endpoints for it'],
    ['lonely', {}, 'Service shop/lonely is headless, and no Pod in shop has its labels app=lonely'],
    ['10-244-0-1.web', {}, 'that endpoint of Service shop/web is called web-a | ask web-a.web.shop'],
    ['web-abc.web', {}, 'that endpoint of Service shop/web is called 10-244-0-9 | ask 10-244-0-9.web.shop'],
    ['sick.peers', {}, 'endpoint sick of Service shop/peers is not ready | only ready endpoints have names'],
    [
      'bare.peers',
      {},
      'Pod shop/bare has no hostname, so its endpoint is called after its address | set hostname and subdomain',
    ],
    ['db-0.peers', {}, 'Pod shop/db-0 has the hostname db-0 and no subdomain | set subdomain: peers'],
    ['db-1.peers', {}, 'Pod shop/db-1 has the subdomain other | ask db-1.other.shop'],
    ['db-2.peers', {}, 'Pod shop/db-2 is no endpoint of Service shop/peers: it is not selected, or not ready'],
    ['x.web', {}, 'no endpoint of Service shop/web is called x | it has web-a, 10-244-0-9'],
    ['_https._tcp.web', { type: 'SRV' }, 'Service shop/web has no port of the name https | it has _http._tcp.web'],
    [
      '_dns._tcp.three',
      { type: 'SRV' },
      'port dns of Service shop/three is UDP, not TCP | it has _http._tcp.three, _https._tcp.three, _dns._udp.three',
    ],
    [
      '_http._tcp.unnamed',
      { type: 'SRV' },
      'the ports of Service shop/unnamed have no names, so no name stands for one | name the port',
    ],
    ['noport', { type: 'SRV' }, 'Service shop/noport has no ports'],
    ['web', { type: 'AAAA' }, 'Service shop/web has IPv4 addresses only: no AAAA record is right'],
    ['web', { type: 'MX' }, 'the name exists, and has no MX record'],
    [
      'idle',
      { config: { ignoreEmptyService: true } },
      'Service shop/idle has no ready endpoint, and --hide-empty hides such Services',
    ],
    [
      'extip',
      {},
      'Service shop/extip is an ExternalName of the address 192.0.2.9: an alias can only lead to a name | use a Service without selector and an EndpointSlice with the address',
    ],
    [
      'extself',
      {},
      'Service shop/extself is an ExternalName: its chain of aliases ends nowhere, it comes back to itself',
    ],
    ['extmiss', {}, 'Service shop/extmiss is an ExternalName of nope.shop.svc.cluster.local, which does not exist'],
    [
      'extint',
      { type: 'AAAA' },
      'Service shop/extint is an ExternalName of web.shop.svc.cluster.local, which has no AAAA record',
    ],
    ['sub.ext', {}, 'Service shop/ext is an ExternalName: nothing stands below its name | ask ext.shop'],
    ['10-1-2-3.shop.pod', {}, 'no Pod that runs in namespace shop has the address 10.1.2.3'],
    ['foo.podns.pod', {}, 'foo is no address with dashes | such as 10-244-1-2'],
    [
      '10-244-9-1.podns.pod',
      { config: { podRecords: 'disabled' } },
      'Pods have no names of their addresses: --pods is disabled',
    ],
    ['shop.svc', {}, 'shop.svc.cluster.local. is a namespace: it has no records, only the names below it have'],
    ['example.test', {}, 'example.test. is no name of the cluster: the servers upstream are asked'],
    [
      'wbe.shop.svc.cluster.local.',
      { config: { synced: false } },
      'not all objects are known yet: nothing is denied until they are',
    ],
  ])('%s', ([name, asked, wanted]) => {
    const { reasons, tries } = explain(name, asked)
    expect(tries.at(-1)?.result).not.toBe('answer')
    expect(reasons.map(({ text, hint }) => (hint === undefined ? text : `${text} | ${hint}`))).toContain(wanted)
  })
})

describe('what the resolver of the Pod makes of a name', () => {
  const names = (name: string, spec?: Partial<PodSpec>): readonly string[] =>
    explain(name, spec === undefined ? {} : { spec }).tries.map((each) => `${each.name} ${each.result}`)

  test.for<readonly [string, Partial<PodSpec> | undefined, readonly string[]]>([
    ['web', undefined, ['web.shop.svc.cluster.local. answer']],
    ['web.shop', {}, ['web.shop.shop.svc.cluster.local. NXDOMAIN', 'web.shop.svc.cluster.local. answer']],
    ['web.shop.svc.cluster.local.', {}, ['web.shop.svc.cluster.local. answer']],
    [
      'web.shop.svc.cluster.local',
      { dnsConfig: { options: [{ name: 'ndots', value: '2' }] } },
      ['web.shop.svc.cluster.local. answer'],
    ],
    ['web', { dnsPolicy: 'None', dnsConfig: { searches: ['other.test'] } }, ['web.other.test. upstream']],
  ])('%s', ([name, spec, wanted]) => {
    expect(names(name, spec)).toEqual(wanted)
  })

  test.for<readonly [string, Partial<PodSpec>, string]>([
    ['web', { dnsPolicy: 'Default' }, 'Pod asker never asks cluster DNS (dnsPolicy: Default)'],
    ['web', { hostNetwork: true }, 'Pod asker never asks cluster DNS (hostNetwork: true)'],
    ['web.shop.svc.cluster.local', {}, '3 names were asked in vain before this one, 8 queries with A and AAAA'],
    ['10.244.0.9', {}, '2 names, because the address is an endpoint of the Services other/only-there and shop/web'],
    ['crowd', {}, '29 of 100 records fit into a UDP answer of 512 bytes, 73 with EDNS (1232 bytes)'],
  ])('%s: a reason beside the answer', ([name, spec, wanted]) => {
    expect(explain(name, { spec }).reasons.map(({ text }) => text)).toContain(wanted)
  })
})

const one = (domain: string, down: readonly boolean[], more: Partial<UpstreamState> = {}): UpstreamState => ({
  domain,
  servers: down.map((each, i) => ({ address: `192.0.2.${i + 1}:53`, down: each })),
  most: 256,
  refused: 0,
  ...more,
})
const dropped: PacketJourney = {
  kind: 'request',
  protocol: 'UDP',
  flags: '',
  crossings: [],
  end: 'dropped',
  by: null,
  text: 'dropped on node-1 by inet wall, chain in: udp dport 53 drop',
}

describe('what a running network knows besides', () => {
  const forwarding = (looping: boolean, ...upstreams: readonly UpstreamState[]): Asked => ({
    observed: { forwarding: { looping, upstreams } },
  })
  const unasked = 'example.test. is no name of the cluster: the servers upstream are asked'
  test.for<readonly [string, string, Asked, readonly string[]]>([
    ['all servers answer', 'example.test', forwarding(false, one('.', [false])), [unasked]],
    [
      'none does',
      'example.test',
      forwarding(false, one('.', [true, true])),
      [unasked, '192.0.2.1:53, 192.0.2.2:53 upstream do not answer'],
    ],
    [
      'one does not',
      'example.test',
      forwarding(false, one('.', [true, false])),
      [unasked, '192.0.2.1:53 upstream does not answer: the others are asked'],
    ],
    [
      'the server of a stub domain',
      'a.corp.example.test',
      forwarding(false, one('.', [true]), one('example.test.', [false]), one('corp.example.test.', [true])),
      [
        'a.corp.example.test. is no name of the cluster: the servers upstream are asked',
        '192.0.2.1:53 upstream does not answer',
      ],
    ],
    [
      'a loop',
      'example.test',
      forwarding(true, one('.', [false])),
      [
        unasked,
        'the servers upstream lead back to cluster DNS: names that are not the cluster’s fail at once | name another server with --dns-upstream',
      ],
    ],
    [
      'nobody is asked',
      'example.test',
      forwarding(false),
      [unasked, 'nobody is asked for example.test.: there is no server upstream | name one with --dns-upstream'],
    ],
    [
      'too many questions',
      'example.test',
      forwarding(false, one('.', [false], { refused: 7, refusedAgo: 2.8 })),
      [unasked, '7 questions were refused because 256 others were under way, the last 3 s ago'],
    ],
    ['long ago', 'example.test', forwarding(false, one('.', [false], { refused: 7, refusedAgo: 90 })), [unasked]],
    ['a name of the cluster', 'web', forwarding(true), []],
    [
      'a Service that is new',
      'new',
      { observed: {} },
      ['Service shop/new was created 3 s ago | a client that asked before may hold NXDOMAIN until 12:00:32 UTC'],
    ],
    ['one that is older than its TTL', 'old', { observed: {} }, []],
    [
      'endpoints that have changed',
      'moved',
      { observed: {} },
      [
        'the endpoints of Service shop/moved changed 2 s ago | a client that asked before may hold the earlier answer until 12:00:33 UTC',
      ],
    ],
    [
      'a question that arrives',
      'web',
      { spec: {}, observed: { reached: { server: '10.96.0.53', result: 'NOERROR' } } },
      [],
    ],
    [
      'one that does not',
      'web',
      { spec: {}, observed: { reached: { server: '10.96.0.53', result: 'timeout', packets: [dropped] } } },
      [`a question of Pod asker to 10.96.0.53 gets no answer: timeout | the packet is ${dropped.text}`],
    ],
    [
      'one that is refused',
      'web',
      { spec: {}, observed: { reached: { server: '10.96.0.53', result: 'ECONNREFUSED' } } },
      ['a question of Pod asker to 10.96.0.53 gets no answer: ECONNREFUSED'],
    ],
  ])('%s: %s', ([, name, asked, wanted]) => {
    const told = explain(name, asked).reasons.map(({ text, hint }) => (hint === undefined ? text : `${text} | ${hint}`))
    expect(told.filter((text) => !/asked in vain/.test(text))).toEqual(wanted)
  })
})

test.each(['web', 'peers'])('%s: a small answer is not said to be cut', (name) => {
  expect(explain(name).reasons).toEqual([])
})

test('as text', () => {
  expect(
    whyText(explain('only-there')),
  ).toBe(`only-there A from a Pod of namespace shop (search shop.svc.cluster.local svc.cluster.local cluster.local, ndots:5):
  only-there.shop.svc.cluster.local.  NXDOMAIN
  only-there.svc.cluster.local.       NXDOMAIN
  only-there.cluster.local.           NXDOMAIN
  only-there.                         upstream

  there is no Service shop/only-there; a Service only-there exists in namespace other
    ask only-there.other
`)
  expect(
    whyText(explain('extint', { spec: {} })),
  ).toBe(`extint A from Pod shop/asker (search shop.svc.cluster.local svc.cluster.local cluster.local, ndots:5):
  extint.shop.svc.cluster.local.  found
      extint.shop.svc.cluster.local. 5 IN CNAME web.shop.svc.cluster.local.
      web.shop.svc.cluster.local. 5 IN A 10.96.0.11
`)
})
