import { expect, test } from 'vitest'
import type { PodSpec } from '../api/core.ts'
import { hasUsualDns, podResolvConf } from './pod-dns.ts'

const config = { clusterDomain: 'cluster.local', clusterServers: ['10.96.0.53'], nodeServers: ['198.51.100.1'] }
const SEARCH = 'shop.svc.cluster.local svc.cluster.local cluster.local'
const CLUSTER = `search ${SEARCH}\nnameserver 10.96.0.53\noptions ndots:5\n`
const NODE = 'nameserver 198.51.100.1\n'

const rows: readonly (readonly [name: string, spec: Partial<PodSpec>, text: string])[] = [
  ['nothing said', {}, CLUSTER],
  ['ClusterFirst', { dnsPolicy: 'ClusterFirst' }, CLUSTER],
  ['ClusterFirst on the host network', { dnsPolicy: 'ClusterFirst', hostNetwork: true }, NODE],
  ['ClusterFirstWithHostNet', { dnsPolicy: 'ClusterFirstWithHostNet', hostNetwork: true }, CLUSTER],
  ['Default', { dnsPolicy: 'Default' }, NODE],
  [
    'None',
    {
      dnsPolicy: 'None',
      dnsConfig: {
        nameservers: ['1.2.3.4'],
        searches: ['my.dns'],
        options: [{ name: 'ndots', value: '2' }, { name: 'edns0' }],
      },
    },
    'search my.dns\nnameserver 1.2.3.4\noptions ndots:2 edns0\n',
  ],
  [
    'added to the policy, the own option wins, nothing twice',
    {
      dnsConfig: {
        nameservers: ['10.96.0.53', '1.2.3.4'],
        searches: ['cluster.local', 'corp.example.'],
        options: [{ name: 'ndots', value: '1' }, { name: 'rotate' }],
      },
    },
    `search ${SEARCH} corp.example\nnameserver 10.96.0.53\nnameserver 1.2.3.4\noptions ndots:1 rotate\n`,
  ],
]
test.each(rows)('%s', (_name, spec, text) => {
  expect(podResolvConf({ containers: [], ...spec }, 'shop', config)).toEqual({ text, problems: [] })
})

test('what is beyond the limits is left out and said', () => {
  const nameservers = ['1.1.1.1', '2.2.2.2', '3.3.3.3']
  const searches = Array.from({ length: 40 }, (_, i) => `${'x'.repeat(60)}${i}.example`)
  const { text, problems } = podResolvConf({ containers: [], dnsConfig: { nameservers, searches } }, 'shop', config)
  expect(text.match(/^nameserver/gm)).toHaveLength(3)
  const [search = ''] = text.split('\n')
  expect(search.length).toBeLessThanOrEqual(2048 + 'search '.length)
  expect(search.split(' ').length).toBeLessThanOrEqual(33)
  expect(problems).toEqual([
    expect.stringMatching(/^Nameserver limits .* is: 10\.96\.0\.53 1\.1\.1\.1 2\.2\.2\.2$/),
    expect.stringMatching(/^Search Line limits were exceeded/),
  ])
})

test.each<[Partial<PodSpec>, boolean]>([
  [{}, true],
  [{ dnsPolicy: 'ClusterFirst' }, true],
  [{ dnsPolicy: 'Default' }, false],
  [{ hostNetwork: true }, false],
  [{ dnsConfig: {} }, false],
])('the usual file: %j %s', (spec, usual) => expect(hasUsualDns({ containers: [], ...spec })).toBe(usual))
