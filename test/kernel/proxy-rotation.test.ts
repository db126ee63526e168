import { describe, expect, test } from 'vitest'
import { STRICT_LIMIT } from '../../src/proxy/backends/nftables.ts'
import { service, type ServiceText } from '../conformance/service-proxy/address-plan.ts'
import { manyServices } from './packets/many-services.ts'
import { packetsMissing } from './packets/network.ts'
import { type Act, play, type Scenario } from './packets/scenario.ts'

const reason = packetsMissing()

const NODE_1 = 'tcp 192.168.1.100:30001'
const EXTERNAL = 'tcp 192.0.2.10:80'
const web = (...endpoints: readonly string[]) =>
  service({ name: 'web', nodePort: 30001, externalIPs: ['192.0.2.10'], endpoints })
const other = (...endpoints: readonly string[]) => service({ name: 'other', clusterIP: '10.96.0.42', endpoints })
const sticky = (endpoints: readonly string[], more: Partial<ServiceText> = {}) =>
  service({
    name: 'sticky',
    nodePort: 30001,
    externalIPs: ['192.0.2.10'],
    sessionAffinityTimeout: 600,
    endpoints,
    ...more,
  })

const from =
  (place: string) =>
  (to: string, ...ends: readonly string[]): readonly Act[] =>
    ends.map((end) => [place, to, end] as const)
const [P, Q, B] = [from('P'), from('Q'), from('B')]
const [WEB, OTHER] = ['tcp 10.96.0.41:80', 'tcp 10.96.0.42:80']
const [a, b, c, d] = ['A:8080', 'B:8080', 'C:8080', 'D:8080'] as const

const scenarios: readonly Scenario[] = [
  { name: 'eight connections', acts: [[web(a, c)], ...P(WEB, a, c, a, c, a, c, a, c)] },
  {
    name: 'three endpoints, UDP',
    acts: [
      [service({ name: 'u', protocol: 'UDP', endpoints: [a, b, c] })],
      ...P('udp 10.96.0.41:80', a, b, c, a, b, c),
    ],
  },
  {
    name: 'one rotation for all clients of a node',
    acts: [[web(a, c)], ...P(WEB, a), ...B(WEB, c), ...P(WEB, a), ...Q(WEB, a, c)],
  },
  {
    name: 'two Services in alternation',
    acts: [[web(a, c), other(a, c)], ...[a, c, a, c].flatMap((end) => [...P(WEB, end), ...P(OTHER, end)])],
  },
  {
    name: 'all frontends share one rotation',
    acts: [[web(a, c)], ...P(WEB, a), ...P(NODE_1, `${c}m`), ...P(WEB, a), ...P(EXTERNAL, `${c}m`), ...P(WEB, a, c)],
  },
  {
    name: 'it goes on when another Service changes, comes or goes',
    acts: [
      [web(a, c), other(a, b)],
      ...P(WEB, a),
      [web(a, c), other(a, b, d)],
      ...P(WEB, c),
      [web(a, c)],
      ...P(WEB, a),
      [web(a, c), other()],
      ...P(WEB, c),
      [web(a, c), other(b), sticky([b], { clusterIP: '10.96.0.43', nodePort: 30002, externalIPs: ['192.0.2.11'] })],
      ...P(WEB, a),
    ],
  },
  {
    name: 'it goes on when an endpoint takes the place of another',
    acts: [[web(a, c)], ...P(WEB, a), [web(a, d)], ...P(WEB, d, a, d)],
  },
  {
    name: 'it starts anew when endpoints are added',
    acts: [[web(a, c)], ...P(WEB, a), [web(a, b, c)], ...P(WEB, a, b, c)],
  },
  {
    name: 'affinity: clients keep their endpoint through all frontends',
    acts: [
      [sticky([a, c])],
      ...P(WEB, a, a),
      ...B(WEB, c, c),
      ...P(NODE_1, `${a}m`, `${a}m`),
      ...B(EXTERNAL, `${c}m`),
      ...P(WEB, a),
    ],
  },
  {
    name: 'affinity: only clients of an endpoint that is gone choose anew, and keep what they chose',
    acts: [
      [sticky([a, c])],
      ...P(WEB, a),
      ...B(WEB, c),
      [sticky([a, d])],
      ...P(WEB, a),
      ...B(WEB, a, a),
      [sticky([a, c, d])],
      ...B(WEB, a),
      [sticky([c, d])],
      ...P(WEB, c, c),
      [sticky([a, c, d])],
      ...P(WEB, c),
    ],
  },
  {
    name: 'affinity: another Service changes',
    acts: [
      [sticky([a, c]), other(a)],
      ...P(WEB, a),
      ...B(WEB, c),
      [sticky([a, c]), other(a, b)],
      ...B(WEB, c),
      ...P(WEB, a),
    ],
  },
  {
    name: 'affinity: on and off',
    acts: [
      [web(a, c)],
      ...P(WEB, a),
      [{ ...web(a, c), sessionAffinityTimeout: 60 }],
      ...P(WEB, a, a),
      [web(a, c)],
      ...P(WEB, a, c),
    ],
  },
  {
    name: 'affinity: a local policy does not follow what was chosen for another',
    acts: [
      [sticky([c, d], { internalTrafficPolicy: 'Local' })],
      ...P(NODE_1, `${c}m`),
      [sticky([a, c, d], { internalTrafficPolicy: 'Local' })],
      ...P(NODE_1, `${c}m`),
      ...P(WEB, a, a),
      ...P(NODE_1, `${a}m`),
    ],
  },
]

const annotated = service({ name: 'strict', clusterIP: '10.96.0.43', algorithm: 'round-robin', endpoints: [a, c] })
const many = (count: number) => [...manyServices(count - 2), web(a, c), annotated]

const crossing: Scenario = {
  name: 'crossing the limit',
  acts: [
    many(STRICT_LIMIT),
    ...P(WEB, a, c, a),
    many(STRICT_LIMIT + 1),
    ...P('tcp 10.96.0.43:80', a, c, a, c),
    ...P('tcp 10.97.1.5:81', 'REJECT'),
    [...many(STRICT_LIMIT + 1), other(a)],
    ...P('tcp 10.96.0.43:80', a, c),
    ...P(OTHER, a),
    many(STRICT_LIMIT),
    ...P(WEB, a, c, a, c),
  ],
}

describe.skipIf(reason !== undefined)(`rotation${reason === undefined ? '' : ` (skipped: ${reason})`}`, () => {
  const all = [...scenarios, crossing]
  const played = reason === undefined ? play(all) : []

  test.each(all.map(({ name }, i) => [name, i] as const))('%s', (_, i) => {
    const { ends = [], failures } = played[i] ?? {}
    expect(failures).toEqual([])
    expect(ends.map(({ seen }) => seen)).toEqual(ends.map(({ expected }) => expected))
    expect(ends.length).toBeGreaterThan(3)
  })

  test('shared rings are fair, also to two Services in alternation', () => {
    const acts = Array.from({ length: 200 }, () => [...P('udp 10.97.0.0:80', ''), ...P('udp 10.97.0.1:80', '')]).flat()
    const services = manyServices(STRICT_LIMIT + 1, [a, c]).map((info) => ({
      ...info,
      name: { ...info.name, protocol: 'UDP' as const },
    }))
    const [{ ends, failures }] = play([{ name: 'rings', acts: [services, ...acts] }]) as [
      ReturnType<typeof play>[number],
    ]
    expect(failures).toEqual([])
    for (const own of [0, 1]) {
      const seen = ends.filter((_, i) => i % 2 === own).map((end) => String(end.seen))
      expect([...new Set(seen)].sort()).toEqual([a, c])
      // Off by more than this: once in ten million runs.
      expect(Math.abs(seen.filter((end) => end === a).length - 100)).toBeLessThan(38)
    }
  })
})
