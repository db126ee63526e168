import { describe, expect, test } from 'vitest'
import { LOAD_BALANCER_CIDR, service, type ServiceText } from '../conformance/service-proxy/address-plan.ts'
import { packetsMissing } from './packets/network.ts'
import { type Act, play, type Scenario } from './packets/scenario.ts'

const reason = packetsMissing()

const VIP = '203.0.113.10'
const TO = `tcp ${VIP}:80`
const [a, c] = ['A:8080', 'C:8080'] as const
const balanced = (more: Partial<ServiceText> = {}) =>
  service({ name: 'lb', loadBalancerVIPs: [VIP], nodePort: 30001, endpoints: [a, c], ...more })
const connect = (from: string, ...ends: readonly string[]): readonly Act[] =>
  ends.map((end) => [from, TO, end] as const)
const client = (...ends: readonly string[]): readonly Act[] => connect('client', ...ends)
/** A connection of the host, as it comes into the network. */
const host = (...ends: readonly string[]): readonly Act[] => connect('fabric as 198.51.100.1', ...ends)

const scenarios: readonly Scenario[] = [
  {
    name: 'nodes in turn, and each has its own rotation',
    acts: [[balanced()], ...client(`${a}m`, `${a}m`, `${c}m`, `${c}m`), ...host(`${a}m`, `${a}m`, `${c}m`, `${c}m`)],
  },
  {
    name: 'externalTrafficPolicy Local: only nodes with an endpoint, which sees the client',
    acts: [
      [balanced({ externalTrafficPolicy: 'Local' })],
      ...client(a, c, a, c),
      [balanced({ externalTrafficPolicy: 'Local', endpoints: [c] })],
      ...client(c, c),
      ...host(c),
    ],
  },
  { name: 'without nodePorts, the Pods in turn', acts: [[balanced({ nodePort: 0 })], ...client(a, c, a), ...host(c)] },
  {
    name: 'source ranges',
    acts: [
      [balanced({ sourceRanges: ['198.51.100.0/25'] })],
      ...client(`${a}m`),
      ...host(`${a}m`),
      ...connect('blocked', 'DROP'),
      [balanced({ sourceRanges: ['198.51.100.128/25'] })],
      ...client('DROP'),
      ...host('DROP'),
      ...connect('blocked', `${c}m`),
      [balanced({ sourceRanges: ['198.51.100.2/32'] })],
      ...client(`${c}m`),
      ...host('DROP'),
    ],
  },
  {
    name: 'session affinity is kept by the nodes',
    acts: [
      [balanced({ sessionAffinityTimeout: 60 })],
      ...client(`${a}m`, `${a}m`, `${a}m`, `${a}m`),
      ...connect('blocked', `${c}m`),
    ],
  },
  {
    name: 'nobody there',
    acts: [[balanced({ endpoints: [] })], ...client('REJECT'), ...host('REJECT'), [], ...client('REJECT')],
  },
  {
    name: 'a Pod address is not for clients outside',
    acts: [[balanced()], ['client', 'tcp 10.244.1.2:8080', 'REJECT'], ['P', 'tcp 10.244.2.2:8080', c]],
  },
  {
    name: 'inside takes the short way, but not where the balancer is a proxy',
    acts: [
      [balanced()],
      ...connect('P', `${a}m`, `${c}m`),
      [balanced({ loadBalancerVIPs: [], loadBalancerProxyIPs: [VIP] })],
      ...connect('P', `${a}m`, `${a}m`, `${c}m`),
      // Masqueraded twice, in the end by the node that it came from.
      ...connect('node-2', `${c}m`),
    ],
  },
  {
    name: 'the older Service has the address',
    acts: [
      [
        balanced({ name: 'a', endpoints: [a] }),
        balanced({
          name: 'b',
          clusterIP: '10.96.0.42',
          nodePort: 30002,
          creationTimestamp: '2025-01-01T00:00:00Z',
          endpoints: [c],
        }),
      ],
      ...client(`${c}m`, `${c}m`),
    ],
  },
]

describe.skipIf(reason !== undefined)(`the load balancer${reason === undefined ? '' : ` (skipped: ${reason})`}`, () => {
  const played = reason === undefined ? play(scenarios, [LOAD_BALANCER_CIDR]) : []

  test.each(scenarios.map(({ name }, i) => [name, i] as const))('%s', (_, i) => {
    const { ends = [], failures } = played[i] ?? {}
    expect(failures).toEqual([])
    expect(ends.map(({ seen }) => seen)).toEqual(ends.map(({ expected }) => expected))
  })
})
