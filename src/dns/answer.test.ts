import { describe, expect, test } from 'vitest'
import type { Pod, Service } from '../api/core.ts'
import type { EndpointSlice, SliceEndpoint } from '../api/discovery.ts'
import type { AnyObject } from '../api/kinds.ts'
import { parseCIDR, parseIP } from '../lib/ip.ts'
import { snapshotOf } from '../model/snapshot.ts'
import { answer } from './answer.ts'
import { formatRecord, QTYPE, RCODE, TYPE } from './records.ts'
import { zoneConfig, type ZoneConfig } from './zone-config.ts'
import { compileZone } from './zone.ts'

// Services 10.96.0.0/12 (a /12: sixteen reverse zones), Pods 10.244.0.0/16.
const CODES: Readonly<Record<string, number>> = { ...TYPE, ...QTYPE, HTTPS: 65 }
const CLUSTER = {
  clusterDomain: 'Cluster.Local.',
  serviceCIDRs: [parseCIDR('10.96.0.0/12')].filter((cidr) => cidr !== undefined),
  podCIDRs: [parseCIDR('10.244.0.0/16')].filter((cidr) => cidr !== undefined),
  nodeCIDRs: [],
  loadBalancerCIDRs: [],
  outsideCIDRs: [],
}

function namespace(name: string): AnyObject {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name } }
}

function service(name: string, spec: Service['spec'], namespace = 'shop'): AnyObject {
  return { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace }, spec }
}

function slice(
  owner: string,
  endpoints: readonly SliceEndpoint[],
  ports: EndpointSlice['ports'] = [],
  name = `${owner}-1`,
): AnyObject {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name, namespace: 'shop', labels: { 'kubernetes.io/service-name': owner } },
    addressType: 'IPv4',
    endpoints,
    ports,
  }
}

function pod(name: string, status: Pod['status'], deletionTimestamp?: string): AnyObject {
  const deleted = deletionTimestamp === undefined ? {} : { deletionTimestamp }
  const metadata = { name, namespace: 'shop', ...deleted }
  return { apiVersion: 'v1', kind: 'Pod', metadata, spec: { containers: [] }, ...(status && { status }) }
}

const HTTP = { name: 'http', protocol: 'TCP', port: 80 } as const
const LONG = 'p'.repeat(63)
const OBJECTS: readonly AnyObject[] = [
  namespace('shop'),
  service('web', { clusterIP: '10.96.0.11', ports: [HTTP, { port: 9 }, { name: 'udp', protocol: 'UDP', port: 5 }] }),
  slice('web', [{ addresses: ['10.244.0.1'], hostname: 'Web-A' }], [HTTP]),
  service('pending', { ports: [HTTP] }),
  service('peers', { clusterIP: 'None', ports: [HTTP] }),
  slice('peers', [
    { addresses: ['10.244.1.1'], hostname: 'dup' },
    { addresses: ['10.244.1.2'], conditions: { ready: false, serving: true } },
    { addresses: ['10.244.1.3'], conditions: { ready: true, serving: false, terminating: true } },
    { addresses: ['10.244.1.4'], targetRef: { kind: 'Pod', name: LONG } },
    { addresses: ['10.244.1.5'], targetRef: { kind: 'Pod', name: `${LONG}x` } },
    { addresses: ['not-an-address.example.test'] },
  ]),
  slice(
    'peers',
    [
      { addresses: ['10.244.1.1'], hostname: 'dup' },
      { addresses: ['10.244.1.9'], hostname: 'dup' },
    ],
    [HTTP],
    'peers-2',
  ),
  slice('nobody', [{ addresses: ['10.244.1.77'] }]),
  service('loop-a', { type: 'ExternalName', externalName: 'loop-b.shop.svc.cluster.local' }),
  service('loop-b', { type: 'ExternalName', externalName: 'loop-a.shop.svc.cluster.local' }),
  service('dot', { type: 'ExternalName', externalName: 'db.example.test.' }),
  service('to-web', { type: 'ExternalName', externalName: 'web.shop.svc.cluster.local' }),
  service('v6address', { type: 'ExternalName', externalName: 'fd00::1' }),
  service('bad-target', { type: 'ExternalName', externalName: 'a..b' }),
  service('dns', { clusterIP: '10.96.0.53', ports: [] }),
  slice('dns', [{ addresses: ['10.244.5.3'] }]),
  service('hdns', { clusterIP: 'None' }),
  slice('hdns', [{ addresses: ['10.244.5.3'] }]),
  service('hidden', { clusterIP: '10.96.0.99' }, 'ghost'),
  pod('live', { podIP: '10.244.7.1', phase: 'Running' }),
  pod('done', { podIP: '10.244.7.2', phase: 'Succeeded' }),
  pod('going', { podIP: '10.244.7.3', phase: 'Running' }, '2026-01-01T00:00:00Z'),
  pod('waiting', undefined),
]

function ask(name: string, type: string, options: Partial<ZoneConfig> = {}): readonly string[] {
  const zone = compileZone(snapshotOf(OBJECTS), zoneConfig(CLUSTER, options))
  const absolute = name.endsWith('.') ? name : `${name}.shop.svc.cluster.local.`
  const outcome = answer(zone, { name: absolute, type: CODES[type] ?? 0, class: 1 })
  if ('forward' in outcome) return ['forward']
  const rcode = Object.entries(RCODE).find(([, code]) => code === outcome.rcode)?.[0] ?? '?'
  const soa = outcome.authority.map(({ name, ttl }) => `SOA ${name} ${ttl}`)
  const short = (line: string): string => line.replaceAll('.shop.svc.cluster.local.', '')
  const lines = outcome.answers.map((record) => short(formatRecord(record)))
  const extra = outcome.additional.map((record) => `+ ${short(formatRecord(record))}`)
  return [rcode, ...lines, ...extra, ...soa, ...(outcome.chase === undefined ? [] : [`chase ${outcome.chase}`])]
}

const S = 'SOA cluster.local. 5'
type Row = readonly [name: string, type: string, expected: readonly string[]]

describe('names that Services make', () => {
  const rows: readonly Row[] = [
    ['_tcp.web', 'A', ['NOERROR', S]],
    ['_udp.web', 'SRV', ['NOERROR', S]],
    ['tcp.web', 'A', ['NOERROR', S]],
    ['_sctp.web', 'A', ['NXDOMAIN', S]],
    ['_tcp.dns', 'A', ['NXDOMAIN', S]],
    ['_.tcp.web', 'SRV', ['NXDOMAIN', S]],
    ['_udp._udp.web', 'SRV', ['NOERROR', '_udp._udp.web 5 IN SRV 0 100 5 web', '+ web 5 IN A 10.96.0.11']],
    [
      'web',
      'SRV',
      ['NOERROR', ...[80, 9, 5].map((port) => `web 5 IN SRV 0 33 ${port} web`), '+ web 5 IN A 10.96.0.11'],
    ],
    ['web-a.web', 'SRV', ['NOERROR', 'web-a.web 5 IN SRV 0 100 80 web-a.web', '+ web-a.web 5 IN A 10.244.0.1']],
    ['10-244-0-1.web', 'A', ['NXDOMAIN', S]],
    ['a.b.c.web', 'A', ['NXDOMAIN', S]],
    ['pending', 'A', ['NOERROR', S]],
    ['hidden.ghost.svc.cluster.local.', 'A', ['NXDOMAIN', S]],
    ['*', 'A', ['NXDOMAIN', S]],
    ['peers', 'A', ['NOERROR', ...[1, 3, 4, 5, 9].map((n) => `peers 5 IN A 10.244.1.${n}`)]],
    ['dup.peers', 'A', ['NOERROR', 'dup.peers 5 IN A 10.244.1.1', 'dup.peers 5 IN A 10.244.1.9']],
    [
      'peers',
      'SRV',
      [
        'NOERROR',
        'peers 5 IN SRV 0 100 80 dup.peers',
        '+ dup.peers 5 IN A 10.244.1.1',
        '+ dup.peers 5 IN A 10.244.1.9',
      ],
    ],
    ['_http._tcp.peers', 'A', ['NOERROR', '_http._tcp.peers 5 IN A 10.244.1.1', '_http._tcp.peers 5 IN A 10.244.1.9']],
    ['10-244-1-3.peers', 'A', ['NOERROR', '10-244-1-3.peers 5 IN A 10.244.1.3']],
    ['nobody', 'A', ['NXDOMAIN', S]],
  ]
  test.each(rows)('%s %s', (name, type, expected) => expect(ask(name, type)).toEqual(expected))

  test('Pod names of 63 characters name endpoints, longer ones do not', () => {
    const options = { endpointPodNames: true }
    expect(ask(`${LONG}.peers`, 'A', options)).toEqual(['NOERROR', `${LONG}.peers 5 IN A 10.244.1.4`])
    expect(ask('10-244-1-4.peers', 'A', options)).toEqual(['NXDOMAIN', S])
    expect(ask('10-244-1-5.peers', 'A', options)).toEqual(['NOERROR', '10-244-1-5.peers 5 IN A 10.244.1.5'])
  })
})

describe('ExternalName', () => {
  const rows: readonly Row[] = [
    ['dot', 'A', ['NOERROR', 'dot 5 IN CNAME db.example.test.', 'chase db.example.test.']],
    ['dot', 'HTTPS', ['NOERROR', 'dot 5 IN CNAME db.example.test.', 'chase db.example.test.']],
    ['dot', 'CNAME', ['NOERROR', 'dot 5 IN CNAME db.example.test.']],
    ['dot', 'ANY', ['NOERROR', 'dot 5 IN CNAME db.example.test.']],
    ['to-web', 'AAAA', ['NOERROR', 'to-web 5 IN CNAME web', S]],
    ['to-web', 'A', ['NOERROR', 'to-web 5 IN CNAME web', 'web 5 IN A 10.96.0.11']],
    ['sub.dot', 'A', ['NXDOMAIN', S]],
    ['v6address', 'A', ['NXDOMAIN', S]],
    ['bad-target', 'A', ['NXDOMAIN', S]],
    ['loop-a', 'A', ['SERVFAIL']],
  ]
  test.each(rows)('%s %s', (name, type, expected) => expect(ask(name, type)).toEqual(expected))
})

describe('names that the zone makes', () => {
  const rows: readonly Row[] = [
    ['cluster.local.', 'TXT', ['NOERROR', S]],
    ['CLUSTER.local.', 'A', ['NOERROR', 'SOA CLUSTER.local. 5']],
    ['cluster.local.', 'AXFR', ['REFUSED']],
    ['svc.cluster.local.', 'NS', ['NOERROR', S]],
    ['shop.svc.cluster.local.', 'TXT', ['NOERROR', S]],
    ['shop.pod.cluster.local.', 'A', ['NOERROR', S]],
    ['ghost.pod.cluster.local.', 'A', ['NXDOMAIN', S]],
    ['x.ns.dns.cluster.local.', 'A', ['NXDOMAIN', S]],
    ['x.dns-version.cluster.local.', 'TXT', ['NXDOMAIN', S]],
    ['notcluster.local.', 'A', ['forward']],
    ['local.', 'A', ['forward']],
    ['.', 'NS', ['forward']],
    ['10-244-7-1.shop.pod.cluster.local.', 'A', ['NOERROR', '10-244-7-1.shop.pod.cluster.local. 5 IN A 10.244.7.1']],
    ['10-244-7-1.shop.pod.cluster.local.', 'AAAA', ['NOERROR', S]],
    ['x.10-244-7-1.shop.pod.cluster.local.', 'A', ['NXDOMAIN', S]],
    ['10-244-7-2.shop.pod.cluster.local.', 'A', ['NXDOMAIN', S]],
    ['10-244-7-3.shop.pod.cluster.local.', 'A', ['NXDOMAIN', S]],
    ['live.shop.pod.cluster.local.', 'A', ['NXDOMAIN', S]],
  ]
  test.each(rows)('%s %s', (name, type, expected) => expect(ask(name, type)).toEqual(expected))

  test('insecure Pod records take any address that can be read', () => {
    const options = { podRecords: 'insecure' } as const
    const name = 'fd00--1.shop.pod.cluster.local.'
    expect(ask(name, 'AAAA', options)).toEqual(['NOERROR', `${name} 5 IN AAAA fd00::1`])
    expect(ask('10-1-2-300.shop.pod.cluster.local.', 'A', options)).toEqual(['NXDOMAIN', S])
  })

  test('nothing is denied before all is known', () => {
    expect(ask('nope', 'A', { synced: false })).toEqual(['SERVFAIL', S])
    expect(ask('web', 'A', { synced: false })).toEqual(['NOERROR', 'web 5 IN A 10.96.0.11'])
  })

  test('the TTL of the SOA is at most 300 seconds', () => {
    expect(ask('nope', 'A', { ttl: 3600 })).toEqual(['NXDOMAIN', 'SOA cluster.local. 300'])
    expect(ask('web', 'A', { ttl: 3600 })).toEqual(['NOERROR', 'web 3600 IN A 10.96.0.11'])
  })
})

describe('name servers', () => {
  const at = (address: string): Partial<ZoneConfig> => ({
    serverAddresses: [parseIP(address)].filter((ip) => ip !== undefined),
  })
  const NS = 'cluster.local. 5 IN NS'
  test.each([
    ['loopback only', '127.0.0.1', ['NOERROR', S]],
    [
      'an address of no Service',
      '10.9.9.9',
      ['NOERROR', `${NS} ns.dns.cluster.local.`, '+ ns.dns.cluster.local. 5 IN A 10.9.9.9'],
    ],
    ['a ClusterIP', '10.96.0.53', ['NOERROR', `${NS} dns`, '+ dns 5 IN A 10.96.0.53']],
    [
      'an endpoint of a ClusterIP Service and of a headless one',
      '10.244.5.3',
      [
        'NOERROR',
        `${NS} dns`,
        `${NS} 10-244-5-3.hdns`,
        '+ dns 5 IN A 10.96.0.53',
        '+ 10-244-5-3.hdns 5 IN A 10.244.5.3',
      ],
    ],
  ])('%s', (_, address, expected) => expect(ask('cluster.local.', 'NS', at(address))).toEqual(expected))

  test('ns.dns has the addresses of the servers', () => {
    const name = 'ns.dns.cluster.local.'
    expect(ask(name, 'A', at('10.9.9.9'))).toEqual(['NOERROR', `${name} 5 IN A 10.9.9.9`])
    expect(ask(name, 'A', at('10.244.5.3'))).toEqual([
      'NOERROR',
      `${name} 5 IN A 10.96.0.53`,
      `${name} 5 IN A 10.244.5.3`,
    ])
  })
})

describe('reverse names', () => {
  const R = 'SOA 96.10.in-addr.arpa. 5'
  const P = 'SOA 244.10.in-addr.arpa. 5'
  const rows: readonly Row[] = [
    ['11.0.96.10.in-addr.arpa.', 'PTR', ['NOERROR', '11.0.96.10.in-addr.arpa. 5 IN PTR web']],
    ['11.0.96.10.in-addr.arpa.', 'A', ['NOERROR', R]],
    ['12.0.96.10.in-addr.arpa.', 'PTR', ['NXDOMAIN', R]],
    ['1.1.111.10.in-addr.arpa.', 'PTR', ['NXDOMAIN', 'SOA 111.10.in-addr.arpa. 5']],
    ['1.1.112.10.in-addr.arpa.', 'PTR', ['forward']],
    ['96.10.in-addr.arpa.', 'A', ['NOERROR', R]],
    [
      '96.10.in-addr.arpa.',
      'SOA',
      ['NOERROR', '96.10.in-addr.arpa. 5 IN SOA ns.dns.cluster.local. hostmaster.cluster.local. 1 7200 1800 86400 5'],
    ],
    ['10.in-addr.arpa.', 'SOA', ['forward']],
    ['0.96.10.in-addr.arpa.', 'A', ['NOERROR', R]],
    ['9.96.10.in-addr.arpa.', 'A', ['NXDOMAIN', R]],
    ['x.0.96.10.in-addr.arpa.', 'A', ['NXDOMAIN', R]],
    ['1.11.0.96.10.in-addr.arpa.', 'PTR', ['NXDOMAIN', R]],
    ['011.0.96.10.in-addr.arpa.', 'PTR', ['NXDOMAIN', R]],
    ['2.1.244.10.In-Addr.Arpa.', 'PTR', ['NXDOMAIN', 'SOA 244.10.In-Addr.Arpa. 5']],
    ['1.1.244.10.in-addr.arpa.', 'PTR', ['NOERROR', '1.1.244.10.in-addr.arpa. 5 IN PTR dup.peers']],
    [
      '3.5.244.10.in-addr.arpa.',
      'PTR',
      ['NOERROR', ...['dns', 'hdns'].map((name) => `3.5.244.10.in-addr.arpa. 5 IN PTR 10-244-5-3.${name}`)],
    ],
    ['77.1.244.10.in-addr.arpa.', 'PTR', ['NXDOMAIN', P]],
    ['web.shop.svc.244.10.in-addr.arpa.', 'A', ['NXDOMAIN', P]],
    ['in-addr.arpa.', 'A', ['forward']],
    ['1.ip6.arpa.', 'PTR', ['forward']],
  ]
  test.each(rows)('%s %s', (name, type, expected) => expect(ask(name, type)).toEqual(expected))
})

describe('options', () => {
  test('Services without ready endpoints do not exist, but ExternalName does', () => {
    const options = { ignoreEmptyService: true }
    expect(ask('pending', 'A', options)).toEqual(['NXDOMAIN', S])
    expect(ask('web', 'A', options)).toEqual(['NOERROR', 'web 5 IN A 10.96.0.11'])
    expect(ask('dot', 'CNAME', options)[0]).toBe('NOERROR')
  })

  test('a hidden namespace has no names and no PTR', () => {
    const options = { namespaceVisible: () => false }
    expect(ask('web', 'A', options)).toEqual(['NXDOMAIN', S])
    expect(ask('shop.svc.cluster.local.', 'A', options)).toEqual(['NXDOMAIN', S])
    expect(ask('11.0.96.10.in-addr.arpa.', 'PTR', options)).toEqual(['NXDOMAIN', 'SOA 96.10.in-addr.arpa. 5'])
  })

  test('a slice that is not visible empties its headless Service', () => {
    const options = { objectVisible: ({ kind }: AnyObject) => kind !== 'EndpointSlice' }
    expect(ask('peers', 'A', options)).toEqual(['NXDOMAIN', S])
    expect(ask('web', 'A', options)).toEqual(['NOERROR', 'web 5 IN A 10.96.0.11'])
  })
})
