import { describe, expect, test } from 'vitest'
import type { AnyObject } from '../../api/kinds.ts'
import type { Pod, PodSpec, PodStatus, Service } from '../../api/core.ts'
import { queryMessage } from '../../dns/message.ts'
import { CLASS_IN, RCODE, TYPE } from '../../dns/records.ts'
import { writeMessage } from '../../dns/write-message.ts'
import { zoneConfig } from '../../dns/zone-config.ts'
import { parseCIDR } from '../../lib/ip.ts'
import { snapshotOf } from '../../model/snapshot.ts'
import { whyText } from '../report/why.ts'
import { isQuestionName } from './question-types.ts'
import { upstreamQuestion, upstreamReply, type UpstreamReply } from './upstream-reply.ts'
import { explainName, type WhyReport } from './why.ts'

const RANGES = { nodeCIDRs: [], serviceCIDRs: [], loadBalancerCIDRs: [], outsideCIDRs: [] }
const podCIDRs = [parseCIDR('10.244.0.0/16')].filter((range) => range !== undefined)
const CONFIG = zoneConfig({ clusterDomain: 'cluster.local', podCIDRs, ...RANGES })

const service = (name: string, spec: Service['spec'], namespace = 'shop'): AnyObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace },
  spec,
})
const namespace = (name: string): AnyObject => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
const pod = (name: string, labels: Record<string, string>, spec: Partial<PodSpec>, status: PodStatus): AnyObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'shop', labels },
  spec: { containers: [], ...spec },
  status,
})
const slice = (name: string, pods: readonly (readonly [string, string, boolean])[]): AnyObject => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { name, namespace: 'shop', labels: { 'kubernetes.io/service-name': name } },
  addressType: 'IPv4',
  endpoints: pods.map(([of, address, ready]) => ({
    addresses: [address],
    conditions: { ready },
    targetRef: { kind: 'Pod', name: of },
  })),
  ports: [],
})
const sick: PodStatus = {
  podIP: '10.244.0.2',
  podIPs: [{ ip: '10.244.0.2' }],
  conditions: [{ type: 'Ready', status: 'False', lastTransitionTime: '2026-11-25T12:00:00Z' }],
}
const snapshot = snapshotOf([
  ...['shop', 'kube-system'].map(namespace),
  service('kube-dns', { clusterIP: '10.96.0.53' }, 'kube-system'),
  service('web', { clusterIP: '10.96.0.10', ports: [{ name: 'http', port: 80 }] }),
  service('lost', { clusterIP: '10.96.0.11', selector: { app: 'wbe' }, ports: [{ port: 80 }] }),
  service('gone', { clusterIP: 'None', selector: { app: 'web', tier: 'front' }, ports: [{ port: 80 }] }),
  service('cold', { clusterIP: 'None', selector: { app: 'cold' }, ports: [{ port: 80 }] }),
  service('half', { clusterIP: 'None', selector: { app: 'web' }, ports: [{ port: 80 }] }),
  service('ext', { type: 'ExternalName', externalName: 'db.example.test' }),
  pod('web-1', { app: 'web' }, { hostname: 'first' }, { podIPs: [{ ip: '10.244.0.1' }] }),
  pod('cold-1', { app: 'cold' }, {}, sick),
  slice('cold', [['cold-1', '10.244.0.2', false]]),
  slice('half', [['web-1', '10.244.0.1', true]]),
])

interface Asked {
  readonly type?: string
  readonly spec?: Partial<PodSpec>
  readonly replies?: Readonly<Record<string, UpstreamReply>>
}

function explain(name: string, { type = 'A', spec, replies }: Asked = {}): WhyReport {
  const me: Pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'me' }, spec: { containers: [], ...spec } }
  const observed = replies && { observed: { now: 0, replies: new Map(Object.entries(replies)) } }
  return explainName(snapshot, CONFIG, { name, type, namespace: 'shop', ...(spec && { pod: me }), ...observed })
}

const told = (name: string, asked?: Asked): readonly string[] =>
  explain(name, asked).reasons.map(({ text, hint }) => (hint === undefined ? text : `${text} | ${hint}`))

const OWN: Partial<PodSpec> = {
  dnsPolicy: 'None',
  dnsConfig: { nameservers: ['10.96.0.53'], searches: ['shop.svc.cluster.local'] },
}
const OTHER: Partial<PodSpec> = { dnsPolicy: 'None', dnsConfig: { nameservers: ['192.0.2.53'] } }
const FEW_DOTS: Partial<PodSpec> = { dnsConfig: { options: [{ name: 'ndots', value: '1' }] } }

describe('reasons', () => {
  test.for<readonly [string, Asked, readonly string[]]>([
    ['web', {}, []],
    [
      'lost',
      {},
      [
        'nobody answers on Service shop/lost: no Pod in shop has its labels app=wbe | the nearest, Pod web-1, has app=web, not app=wbe',
      ],
    ],
    [
      'gone',
      {},
      [
        'Service shop/gone is headless, and no Pod in shop has its labels app=web,tier=front | the nearest, Pod web-1, has no label tier',
      ],
    ],
    [
      'cold',
      {},
      [
        'Service shop/cold is headless, and its one endpoint is not ready since 2026-11-25T12:00:00Z | it has a name again once one is ready; publishNotReadyAddresses: true gives names to those that are not',
      ],
    ],
    ['web.nosuch', {}, ['there is no namespace nosuch; a Service web exists in namespace shop | ask web.shop']],
    ['first.half', {}, ['Pod shop/web-1 has the hostname first and no subdomain | set subdomain: half']],
    [
      '10.244.0.2',
      {},
      [
        'no Service and no ready endpoint of a Service has this address | Pod shop/cold-1 has it, and is no ready endpoint',
      ],
    ],
    ['10.244.9.9', {}, ['no Service and no ready endpoint of a Service has this address']],
    [
      'http.tcp.web',
      { type: 'SRV' },
      ['the underscores are missing: CoreDNS answers all the same, others need not | ask _http._tcp.web.shop'],
    ],
    ['_http._tcp.web', { type: 'SRV' }, []],
    ['web', { spec: OWN }, []],
    [
      'web.shop.svc.cluster.local.',
      { spec: OTHER },
      [
        'Pod me never asks cluster DNS (dnsPolicy: None) | set dnsPolicy: ClusterFirst, or name the address of cluster DNS in dnsConfig',
      ],
    ],
    [
      'web',
      { type: 'AAAA' },
      [
        'Service shop/web has IPv4 addresses only: no AAAA record is right',
        'musl ends its search at web.shop.svc.cluster.local. (NODATA): glibc goes on',
      ],
    ],
    [
      'web.shop.svc.cluster.local',
      {},
      [
        '3 names were asked in vain before this one, 8 queries with A and AAAA | web.shop.svc.cluster.local., with the dot at its end, or with ndots:4 in the Pod’s dnsConfig, is asked at once',
      ],
    ],
  ])('%s %o', ([name, asked, wanted]) => expect(told(name, asked)).toEqual(wanted))
})

const said = (result: UpstreamReply['result'], ...records: readonly string[]): UpstreamReply => ({
  result,
  records,
  milliseconds: 3.4,
})

describe('what the servers upstream said', () => {
  const DB = 'db.example.test.'
  test.for<readonly [string, Asked, readonly string[]]>([
    ['ext', {}, ['Service shop/ext is an ExternalName of db.example.test: the servers upstream are asked']],
    ['ext', { replies: { [DB]: said('answer', 'db.example.test. 10 IN A 192.0.2.4') } }, []],
    [
      'ext',
      { replies: { [DB]: said('NXDOMAIN') } },
      ['Service shop/ext is an ExternalName of db.example.test: upstream said NXDOMAIN in 3 ms'],
    ],
    [
      'ext',
      { replies: { [DB]: said('NODATA') } },
      ['Service shop/ext is an ExternalName of db.example.test: upstream said that it has no such record in 3 ms'],
    ],
    [
      'ext',
      { replies: { [DB]: said('no answer') } },
      ['Service shop/ext is an ExternalName of db.example.test: no server upstream gave an answer in 3 ms'],
    ],
    [
      'a.test',
      { replies: { 'a.test.': said('SERVFAIL') } },
      ['a.test. is no name of the cluster: upstream said SERVFAIL in 3 ms'],
    ],
    [
      'a.test',
      { spec: FEW_DOTS, replies: { 'a.test.': said('NXDOMAIN') } },
      [
        'a.test. is no name of the cluster: upstream said NXDOMAIN in 3 ms',
        'musl asks for a.test. alone: it searches for no name of 1 dot or more',
      ],
    ],
  ])('%s %o', ([name, asked, wanted]) => {
    const told = explain(name, asked).reasons.map(({ text }) => text)
    expect(told.filter((text) => !/musl ends|in vain/.test(text))).toEqual(wanted)
  })

  test('the walk goes on after a denial, and ends with an answer', () => {
    const replies = { 'web.shop.': said('NXDOMAIN') }
    const tries = explain('web.shop', { spec: FEW_DOTS, replies }).tries.map(({ name, result }) => `${name} ${result}`)
    expect(tries).toEqual([
      'web.shop. NXDOMAIN',
      'web.shop.shop.svc.cluster.local. NXDOMAIN',
      'web.shop.svc.cluster.local. answer',
    ])
  })

  test('as text', () => {
    expect(
      whyText(explain('ext', { replies: { [DB]: said('answer', 'db.example.test. 10 IN A 192.0.2.4') } })),
    ).toContain(
      `  ext.shop.svc.cluster.local.  found (forwarded, 3 ms)
      ext.shop.svc.cluster.local. 5 IN CNAME db.example.test.
      db.example.test. 10 IN A 192.0.2.4
`,
    )
  })

  test('as a message', () => {
    const query = upstreamQuestion('a.test.', 'AAAA')
    const message = queryMessage(1, { name: 'a.test.', type: TYPE.AAAA, class: CLASS_IN })
    expect(query).toEqual(writeMessage(message))
    const reply = (more: object, type = 'AAAA'): string =>
      upstreamReply(writeMessage({ ...message, response: true, ...more }), type, 1).result
    const address = { name: 'a.test.', ttl: 1, data: { type: 'A' as const, address: Uint8Array.of(1, 2, 3, 4) } }
    expect(reply({})).toBe('NODATA')
    expect(reply({ answers: [address] })).toBe('NODATA')
    expect(reply({ answers: [address] }, 'A')).toBe('answer')
    expect(reply({ truncated: true })).toBe('answer')
    expect(reply({ rcode: RCODE.NXDOMAIN })).toBe('NXDOMAIN')
    expect(reply({ rcode: RCODE.NOTIMP })).toBe('SERVFAIL')
    expect(upstreamReply(undefined, 'A', 1).result).toBe('no answer')
    expect(upstreamReply(Uint8Array.of(1), 'A', 1).result).toBe('no answer')
  })
})

test.each([
  ['web', true],
  ['_http._tcp.web.', true],
  ['', false],
  ['a..b', false],
  ['a'.repeat(64), false],
  ['a.'.repeat(128), false],
  ['a b', false],
])('%j is a name: %s', (name, is) => expect(isQuestionName(name)).toBe(is))
