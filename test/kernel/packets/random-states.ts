/** Any Services of the planned network, in each other's way, and any packets to them. */
import fc from 'fast-check'
import type { ServicePortInfo } from '../../../src/model/resolve-services.ts'
import { service } from '../../conformance/service-proxy/address-plan.ts'
import { EXTERNAL, NODE_1, NODE_2, OTHER_VIP, VIP } from '../../conformance/service-proxy/row.ts'

/** Where something listens. */
export const LISTENING: readonly string[] = ['A', 'B', 'C', 'D'].flatMap((pod) => [`${pod}:8080`, `${pod}:9090`])

const policy = fc.constantFrom('Cluster' as const, 'Local' as const)
const endpoints = fc.subarray([...LISTENING], { maxLength: 5 }).chain((places) =>
  fc
    .array(fc.constantFrom('', '', '', ' terminating', ' dead'), {
      minLength: places.length,
      maxLength: places.length,
    })
    .map((states) => places.map((place, i) => `${place}${states[i] ?? ''}`)),
)

const anyService: fc.Arbitrary<ServicePortInfo> = fc
  .record({
    name: fc.constantFrom('a', 'b', 'c', 'd'),
    protocol: fc.constantFrom('TCP' as const, 'TCP' as const, 'UDP' as const),
    creationTimestamp: fc.constantFrom('2025', '2026'),
    port: fc.constantFrom(80, 81),
    nodePort: fc.constantFrom(0, 30001, 30002),
    externalIPs: fc.constantFrom([], [EXTERNAL]),
    loadBalancerVIPs: fc.constantFrom([], [VIP], [VIP, OTHER_VIP]),
    sourceRanges: fc.constantFrom([], [], ['198.51.100.0/25'], ['192.168.1.0/24', '10.244.1.0/24']),
    sessionAffinityTimeout: fc.constantFrom(undefined, undefined, 600),
    externalTrafficPolicy: policy,
    internalTrafficPolicy: policy,
    algorithm: fc.constantFrom(
      ...([undefined, undefined, undefined, 'random', 'least-connections', 'source-hash'] as const),
    ),
    endpoints,
  })
  .map((text) => service({ ...text, clusterIP: `10.96.0.${text.name.charCodeAt(0)}` }))

/** From where to where, in the words of the rows. */
export type Probe = readonly [from: string, to: string]

const anyProbe: fc.Arbitrary<Probe> = fc.tuple(
  fc.constantFrom('P', 'Q', 'A', 'C', 'client', 'blocked', 'node-1', 'node-2'),
  fc
    .tuple(
      fc.constantFrom('tcp', 'tcp', 'udp'),
      fc.constantFrom(
        ...['a', 'b', 'c', 'd']
          .map((name) => `10.96.0.${name.charCodeAt(0)}`)
          .flatMap((ip) => [`${ip}:80`, `${ip}:81`]),
        ...[EXTERNAL, VIP, OTHER_VIP].flatMap((ip) => [`${ip}:80`, `${ip}:81`]),
        ...[NODE_1, NODE_2].flatMap((ip) => [`${ip}:30001`, `${ip}:30002`]),
      ),
    )
    .map(([protocol, target]) => `${protocol} ${target}`),
)

export interface RandomState {
  readonly services: readonly ServicePortInfo[]
  readonly probes: readonly Probe[]
}

export function randomStates(count: number, seed: number): readonly RandomState[] {
  const state = fc.record({
    services: fc.uniqueArray(anyService, { selector: ({ name }) => name.name, minLength: 1, maxLength: 4 }),
    probes: fc.array(anyProbe, { minLength: 4, maxLength: 4 }),
  })
  return fc.sample(state, { numRuns: count, seed })
}
