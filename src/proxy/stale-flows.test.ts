import { expect, test } from 'vitest'
import type { Endpoint, ServicePortInfo } from '../model/resolve-services.ts'
import { staleFlows } from './stale-flows.ts'

const endpoint = (ip: string, state: Partial<Endpoint> = {}): Endpoint => ({
  ip,
  port: 53,
  ready: true,
  serving: true,
  terminating: false,
  ...state,
})

const dns: ServicePortInfo = {
  name: { namespace: 'default', name: 'dns', port: '', protocol: 'UDP' },
  family: 'IPv4',
  clusterIP: '10.96.0.10',
  port: 53,
  nodePort: 30053,
  loadBalancerVIPs: ['203.0.113.10'],
  loadBalancerProxyIPs: [],
  externalIPs: ['198.51.100.77'],
  sourceRanges: [],
  sessionAffinityTimeout: undefined,
  externalTrafficPolicy: 'Cluster',
  internalTrafficPolicy: 'Cluster',
  healthCheckNodePort: 0,
  algorithm: undefined,
  creationTimestamp: undefined,
  endpoints: [
    endpoint('10.244.1.2'),
    endpoint('10.244.1.3', { ready: false, terminating: true }),
    endpoint('10.244.1.4', { ready: false, serving: false }),
  ],
}
const tcp: ServicePortInfo = { ...dns, name: { ...dns.name, protocol: 'TCP' }, port: 80, nodePort: 30080 }
const NODE = '192.168.1.100'

test.each<[string, string, string, boolean]>([
  ['an endpoint that serves', '10.96.0.10:53', '10.244.1.2:53', false],
  ['a terminating endpoint that still serves', '10.96.0.10:53', '10.244.1.3:53', false],
  ['an endpoint that does not serve', '10.96.0.10:53', '10.244.1.4:53', true],
  ['an endpoint that is gone', '10.96.0.10:53', '10.244.9.9:53', true],
  ['an old port of an endpoint', '10.96.0.10:53', '10.244.1.2:5353', true],
  ['a flow from before there were rules', '10.96.0.10:53', '10.96.0.10:53', true],
  ['the load-balancer address', '203.0.113.10:53', '10.244.9.9:53', true],
  ['the external IP', '198.51.100.77:53', '10.244.9.9:53', true],
  ['the nodePort', `${NODE}:30053`, '10.244.9.9:53', true],
  ['the nodePort, an endpoint that serves', `${NODE}:30053`, '10.244.1.2:53', false],
  ['the number of the nodePort elsewhere', '8.8.8.8:30053', '8.8.8.8:30053', false],
  ['another port of the Service address', '10.96.0.10:54', '10.96.0.10:54', false],
  ['a TCP port of a Service', '10.96.0.10:80', '10.244.9.9:80', false],
])('%s', (_name, original, reply, isStale) => {
  const [destination = '', destinationPort] = original.split(':')
  const [source = '', sourcePort] = reply.split(':')
  const flow = {
    original: { destination, destinationPort: Number(destinationPort) },
    reply: { source, sourcePort: Number(sourcePort) },
  }
  expect(staleFlows([flow], [dns, tcp], [NODE])).toEqual(isStale ? [flow] : [])
})
