import { expect, test } from 'vitest'
import { renderMetrics } from '../lib/prometheus.ts'
import { evaluate } from '../nft/evaluate.ts'
import type { Packet } from '../nft/packet.ts'
import type { Hook } from '../nft/ruleset.ts'
import { service } from '../../test/conformance/service-proxy/address-plan.ts'
import { compileTraffic, TRAFFIC_SETS, trafficOf } from './traffic.ts'
import { trafficMetrics } from './traffic-metrics.ts'

const first: Packet = {
  family: 4,
  l4proto: 'tcp',
  saddr: '10.244.1.9',
  daddr: '10.244.1.2',
  sport: 40000,
  dport: 8080,
  ct: { state: 'new', status: ['dnat'], original: { saddr: '10.244.1.9', daddr: '10.96.0.10', dport: 80 } },
}
const answer: Packet = {
  ...first,
  saddr: first.daddr,
  daddr: first.saddr,
  sport: 8080,
  dport: 40000,
  ct: { ...first.ct, state: 'established', direction: 'reply', reply: { saddr: '10.244.1.2', sport: 8080 } },
}
const counted = (hook: Hook['hook'], packet: Packet): readonly string[] => {
  const [table] = evaluate([compileTraffic('IPv4', true)], hook, packet, { localAddresses: new Set() }).tables
  return TRAFFIC_SETS.flatMap((name) =>
    [...(table?.sets.get(name)?.elements.values() ?? [])].map(({ key }) => `${name} ${key.join(' ')}`),
  )
}
const KEY = '10.96.0.10 tcp 80 10.244.1.2 8080'

test.each([
  ['a first packet on its way', 'forward', first, [`sent ${KEY}`]],
  ['a first packet that leaves', 'postrouting', first, [`connections ${KEY}`]],
  ['a first packet for the node itself', 'input', first, [`connections ${KEY}`, `sent ${KEY}`]],
  ['an answer', 'forward', answer, [`received ${KEY}`]],
  ['an answer that leaves', 'postrouting', answer, []],
  ['what no Service has translated', 'forward', { ...first, ct: { state: 'new', status: [] } }, []],
] as const)('%s', (_, hook, packet, wanted) => {
  expect(counted(hook, packet)).toEqual(wanted)
})

const web = service({ name: 'web', clusterIP: '10.96.0.10', port: 80, nodePort: 30080, endpoints: ['A:8080'] })
const count = (address: string, port: string, packets: number) => ({
  key: [address, 'tcp', port, '10.244.1.2', '8080'],
  packets,
  bytes: packets * 100,
})
const counts = {
  connections: [count('10.96.0.10', '80', 2), count('192.168.1.100', '30080', 1)],
  sent: [count('10.96.0.10', '80', 8)],
  received: [count('10.96.0.10', '80', 6), count('10.96.0.99', '80', 3)],
}

test('each frontend knows its Service; what has none any more is kept', () => {
  const traffic = trafficOf(counts, [web], ['192.168.1.100'])
  expect(
    traffic.map(({ frontend, service, connections, sent, received }) => [
      frontend,
      service?.name,
      connections,
      sent.packets,
      received.bytes,
    ]),
  ).toEqual([
    ['10.96.0.10:80', 'web', 2, 8, 600],
    ['10.96.0.99:80', undefined, 0, 0, 300],
    ['192.168.1.100:30080', 'web', 1, 0, 0],
  ])
  const text = renderMetrics(trafficMetrics(traffic.map((row) => ({ node: 'node-1', ...row }))))
  expect(text).toContain(
    'portolan_service_bytes_total{node="node-1",namespace="default",service="web",port="",frontend="10.96.0.10:80",endpoint="10.244.1.2:8080",direction="received"} 600\n',
  )
})
