import { expect, test } from 'vitest'
import type { PortChain } from '../../model/port-chain.ts'
import type { Socket } from '../trace/observation.ts'
import { heardChains, podsToHear } from './heard-chains.ts'

const backend = (name: string, ready = true) => ({
  pod: { namespace: 'shop', name },
  ip: '10.244.1.2',
  containerPort: 8081,
  ready,
})
const chain = (more: Partial<PortChain> = {}): PortChain => ({
  service: { namespace: 'shop', name: 'api' },
  type: 'ClusterIP',
  portName: '',
  protocol: 'TCP',
  clusterIPs: ['10.96.0.10'],
  loadBalancerIPs: [],
  externalIPs: [],
  nodePort: 0,
  port: 80,
  targetPort: 8081,
  backends: [backend('a'), backend('b'), backend('waits', false)],
  problems: [],
  ...more,
})
const listens = (port: number, address = '0.0.0.0'): readonly Socket[] => [
  { protocol: 'TCP', address, port, queue: 0, process: 'node (pid 31)' },
]

test.for<readonly [string, Partial<PortChain>, Readonly<Record<string, readonly Socket[]>>, readonly string[]]>([
  ['all listen', {}, { 'shop/a': listens(8081), 'shop/b': listens(8081) }, []],
  [
    'none listens there',
    {},
    { 'shop/a': listens(8080), 'shop/b': listens(8080) },
    ['PTL901 nothing listens on 8081: node (pid 31) listens on *:8080'],
  ],
  ['nothing at all', {}, { 'shop/a': [], 'shop/b': [] }, ['PTL901 nothing listens on 8081: no program listens']],
  [
    'loopback only',
    {},
    { 'shop/a': listens(8081, '127.0.0.1'), 'shop/b': listens(8081, '127.0.0.1') },
    ['PTL902 nothing takes 8081: node (pid 31) listens on 127.0.0.1:8081 only'],
  ],
  ['one of them listens', {}, { 'shop/a': listens(8080), 'shop/b': listens(8081) }, []],
  ['one could not be seen', {}, { 'shop/a': listens(8080) }, []],
  ['no Pod is ready', { backends: [backend('a', false)] }, { 'shop/a': [] }, []],
  ['SCTP, of which nothing is seen', { protocol: 'SCTP' }, { 'shop/a': [], 'shop/b': [] }, []],
])('%s', ([, more, sockets, said]) => {
  const [heard] = heardChains([chain(more)], sockets)
  expect(heard?.problems.map(({ code, message }) => `${code} ${message}`)).toEqual(said)
})

test('only Pods that take connections are looked at, each once', () => {
  const broken = { code: 'PTL901', name: 'nothing-listening', severity: 'error', message: '' } as const
  expect(podsToHear([chain(), chain(), chain({ backends: [backend('c')], problems: [broken] })])).toEqual([
    'shop/a',
    'shop/b',
  ])
})
