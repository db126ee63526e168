import { expect, test } from 'vitest'
import type { Node } from '../api/core.ts'
import { snapshotOf } from '../model/snapshot.ts'
import { nodeContexts } from './node-contexts.ts'

function node(
  addresses: readonly string[],
  spec: Node['spec'] = {},
  labels: Readonly<Record<string, string>> = {},
): Node {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'n', labels },
    spec,
    status: {
      addresses: addresses.map((text) => {
        const [type = '', address = ''] = text.split(' ')
        return { type, address }
      }),
    },
  }
}

const ranges = ['10.96.0.0/12', 'fd00:96::/108', '10.112.0.0/16']
const settings = { node: 'n', clusterCIDRs: [] }
const v4 = { name: 'n', family: 'IPv4', serviceCIDRs: ['10.96.0.0/12', '10.112.0.0/16'] }
const v6 = { name: 'n', family: 'IPv6', serviceCIDRs: ['fd00:96::/108'] }

test.each<[string, readonly Node[], readonly string[], readonly object[]]>([
  ['no Node yet', [], [], [{ ...v4, addresses: [], podCIDR: undefined }]],
  [
    'one family, with the range of the Node',
    [
      node(['Hostname n', 'ExternalIP 1.2.3.4', 'InternalIP 192.168.0.2', 'InternalIP 192.168.0.3'], {
        podCIDR: '10.244.1.0/24',
      }),
    ],
    [],
    [{ ...v4, addresses: ['192.168.0.2'], podCIDR: '10.244.1.0/24' }],
  ],
  [
    'both families, in IPv4 first',
    [node(['InternalIP fd00::2', 'InternalIP 192.168.0.2'], { podCIDRs: ['fd00:1::/64', '10.244.1.0/24'] })],
    [],
    [
      { ...v4, addresses: ['192.168.0.2'], podCIDR: '10.244.1.0/24' },
      { ...v6, addresses: ['fd00::2'], podCIDR: 'fd00:1::/64' },
    ],
  ],
  [
    'the range of all Pods wins',
    [node(['InternalIP 192.168.0.2'], { podCIDR: '10.244.1.0/24' })],
    ['10.244.0.0/16'],
    [{ ...v4, addresses: ['192.168.0.2'], podCIDR: '10.244.0.0/16' }],
  ],
  [
    'an external address where there is no other',
    [node(['ExternalIP 1.2.3.4'])],
    [],
    [{ ...v4, addresses: ['1.2.3.4'], podCIDR: undefined }],
  ],
  [
    'a zone',
    [node(['InternalIP 192.168.0.2'], {}, { 'topology.kubernetes.io/zone': 'b' })],
    [],
    [{ ...v4, zone: 'b', addresses: ['192.168.0.2'], podCIDR: undefined }],
  ],
])('%s', (_, nodes, clusterCIDRs, expected) => {
  expect(nodeContexts(snapshotOf(nodes), ranges, { node: 'n', clusterCIDRs })).toEqual(expected)
})

test('what did not change is the same value', () => {
  const both = node(['InternalIP 192.168.0.2', 'InternalIP fd00::2'])
  const first = nodeContexts(snapshotOf([both]), ranges, settings)
  expect(
    nodeContexts(snapshotOf([node(['InternalIP 192.168.0.2', 'InternalIP fd00::2'])]), ranges, settings, first),
  ).toBe(first)
  const moved = nodeContexts(
    snapshotOf([node(['InternalIP 192.168.0.9', 'InternalIP fd00::2'])]),
    ranges,
    settings,
    first,
  )
  expect([moved[0] === first[0], moved[1] === first[1]]).toEqual([false, true])
})
