import { expect, test } from 'vitest'
import { service, type ServiceText } from '../../test/conformance/service-proxy/address-plan.ts'
import { serviceInIPv6 } from '../../test/conformance/service-proxy/ipv6.ts'
import { hostListeners, type ListenerNode } from './host-listeners.ts'

const four: readonly ListenerNode[] = [
  { number: 1, addresses: ['192.168.1.100'] },
  { number: 2, addresses: ['192.168.1.101'] },
]
const dual: readonly ListenerNode[] = [
  { number: 1, addresses: ['192.168.1.100', 'fd00::64'] },
  { number: 2, addresses: ['192.168.1.101', 'fd00::65'] },
]
const six: readonly ListenerNode[] = [
  { number: 1, addresses: ['fd00::64'] },
  { number: 2, addresses: ['fd00::65'] },
]
const text = { name: 'web', nodePort: 30080, loadBalancerVIPs: ['203.0.113.10'] }
const both = (more: Partial<ServiceText> = {}) => [
  service({ ...text, ...more }),
  serviceInIPv6(service({ ...text, ...more })),
]

test.each([
  [
    'IPv4',
    both().slice(0, 1),
    four,
    undefined,
    ['127.0.0.1:30080 192.168.1.100:30080', '127.0.0.2:30080 192.168.1.101:30080', '127.0.113.10:80 203.0.113.10:80'],
  ],
  [
    'dual stack',
    both(),
    dual,
    undefined,
    [
      '127.0.0.1:30080 192.168.1.100:30080',
      '127.0.0.2:30080 192.168.1.101:30080',
      '127.0.113.10:80 203.0.113.10:80',
      '::1:30080 fd00::64:30080',
      '127.6.0.10:80 2001:db8:203:113::a:80',
    ],
  ],
  [
    'IPv6 only',
    both().slice(1),
    six,
    undefined,
    [
      '127.0.0.1:30080 fd00::64:30080',
      '::1:30080 fd00::64:30080',
      '127.0.0.2:30080 fd00::65:30080',
      '127.6.0.10:80 2001:db8:203:113::a:80',
    ],
  ],
  [
    'another address: one family, one node',
    both(),
    dual,
    '10.0.0.5',
    ['10.0.0.5:30080 192.168.1.100:30080', '10.0.0.5:80 203.0.113.10:80'],
  ],
  ['SCTP: the host has no relay for it', both({ protocol: 'SCTP' }), dual, undefined, []],
] as const)('%s', (_name, services, nodes, address, expected) => {
  const found = hostListeners(services, nodes, address)
  expect(found.map(({ address, port, target }) => `${address}:${port} ${target.address}:${target.port}`)).toEqual(
    expected,
  )
})

test.each([
  ['one is ready', ['A:80'], true],
  ['all end, and serve', ['A:80 terminating'], true],
  ['all end', ['A:80 dead'], false],
  ['none', [], false],
])('who is there to serve: %s', (_name, endpoints, isServed) => {
  const found = hostListeners([service({ ...text, endpoints })], four)
  expect(found.map((listener) => listener.isServed)).toEqual([isServed, isServed, isServed])
})
