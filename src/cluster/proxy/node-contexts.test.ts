import { expect, test } from 'vitest'
import type { Node } from '../../api/core.ts'
import { snapshotOf } from '../../model/snapshot.ts'
import type { NodeContext } from '../../proxy/node-context.ts'
import { type NodeSettings, nodeContexts, PRIMARY } from './node-contexts.ts'

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
const settings: NodeSettings = {
  node: 'n',
  detectLocal: { mode: 'NodeCIDR' },
  masqueradeAll: false,
  nodePortAddresses: [PRIMARY],
}
const contextsOf = (
  nodes: readonly Node[],
  changed: Partial<NodeSettings> = {},
  previous: readonly NodeContext[] = [],
): readonly NodeContext[] => {
  const localAddresses = ['192.168.0.2', '192.168.99.11', 'fd00::2', 'fe80::1']
  const facts = { snapshot: snapshotOf(nodes), serviceCIDRs: ranges, localAddresses }
  return nodeContexts(facts, { ...settings, ...changed }, previous)
}
const range = (text: string): object => ({ localPods: { kind: 'range', range: text } })
const nobody = { localPods: undefined }
const v4 = { name: 'n', family: 'IPv4', serviceCIDRs: ['10.96.0.0/12', '10.112.0.0/16'] }
const v6 = { name: 'n', family: 'IPv6', serviceCIDRs: ['fd00:96::/108'] }

test.each<[string, readonly Node[], Partial<NodeSettings>, readonly object[]]>([
  ['no Node yet', [], {}, [{ ...v4, addresses: [], ...nobody }]],
  [
    'one family, with the range of the Node',
    [
      node(['Hostname n', 'ExternalIP 1.2.3.4', 'InternalIP 192.168.0.2', 'InternalIP 192.168.0.3'], {
        podCIDR: '10.244.1.0/24',
      }),
    ],
    {},
    [{ ...v4, addresses: ['192.168.0.2'], ...range('10.244.1.0/24') }],
  ],
  [
    'both families, in IPv4 first',
    [node(['InternalIP fd00::2', 'InternalIP 192.168.0.2'], { podCIDRs: ['fd00:1::/64', '10.244.1.0/24'] })],
    {},
    [
      { ...v4, addresses: ['192.168.0.2'], ...range('10.244.1.0/24') },
      { ...v6, addresses: ['fd00::2'], ...range('fd00:1::/64') },
    ],
  ],
  [
    'an own address, in the place of the first of its family',
    [node(['InternalIP 192.168.0.2', 'InternalIP fd00::2'])],
    { bindAddress: '192.168.99.11' },
    [
      { ...v4, addresses: ['192.168.99.11'], ...nobody },
      { ...v6, addresses: ['fd00::2'], ...nobody },
    ],
  ],
  [
    'an own address before there is a Node',
    [],
    { bindAddress: 'fd00::2' },
    [{ ...v6, addresses: ['fd00::2'], ...nobody }],
  ],
  [
    'the range of all Pods wins',
    [node(['InternalIP 192.168.0.2'], { podCIDR: '10.244.1.0/24' })],
    { detectLocal: { mode: 'ClusterCIDR', ranges: ['10.244.0.0/16'] } },
    [{ ...v4, addresses: ['192.168.0.2'], ...range('10.244.0.0/16') }],
  ],
  [
    'an external address where there is no other',
    [node(['ExternalIP 1.2.3.4'])],
    {},
    [{ ...v4, addresses: ['1.2.3.4'], ...nobody }],
  ],
  [
    'a zone',
    [node(['InternalIP 192.168.0.2'], {}, { 'topology.kubernetes.io/zone': 'b' })],
    {},
    [{ ...v4, zone: 'b', addresses: ['192.168.0.2'], ...nobody }],
  ],
  [
    'Pods by their bridge',
    [node(['InternalIP 192.168.0.2'])],
    { detectLocal: { mode: 'BridgeInterface', name: 'cni0' }, masqueradeAll: true },
    [{ ...v4, addresses: ['192.168.0.2'], localPods: { kind: 'interface', name: 'cni0' }, masqueradeAll: true }],
  ],
  [
    'Pods by the beginning of their interfaces',
    [node(['InternalIP 192.168.0.2'])],
    { detectLocal: { mode: 'InterfaceNamePrefix', name: 'veth' } },
    [{ ...v4, addresses: ['192.168.0.2'], localPods: { kind: 'interface', name: 'veth*' } }],
  ],
  ...(
    [
      [['192.168.0.0/16'], ['192.168.0.2', '192.168.99.11'], ['fd00::2', 'fe80::1']],
      [['192.168.99.0/24', 'fd00::/64'], ['192.168.99.11'], ['fd00::2']],
      [
        ['0.0.0.0/0', '::/0'],
        ['192.168.0.2', '192.168.99.11'],
        ['fd00::2', 'fe80::1'],
      ],
      [['172.16.0.0/12', 'fd77::/64'], [], []],
      [[PRIMARY, '192.168.99.0/24'], ['192.168.0.2', '192.168.99.11'], ['fd00::2']],
    ] as const
  ).map(([nodePortAddresses, four, six]): [string, readonly Node[], Partial<NodeSettings>, readonly object[]] => [
    `nodePorts at ${nodePortAddresses.join()}`,
    [node(['InternalIP 192.168.0.2', 'InternalIP fd00::2'])],
    { nodePortAddresses },
    [
      { ...v4, ...nobody, addresses: four },
      { ...v6, ...nobody, addresses: six },
    ],
  ]),
])('%s', (_, nodes, changed, expected) => {
  expect(contextsOf(nodes, changed)).toEqual(expected)
})

test('what did not change is the same value', () => {
  const first = contextsOf([node(['InternalIP 192.168.0.2', 'InternalIP fd00::2'])])
  expect(contextsOf([node(['InternalIP 192.168.0.2', 'InternalIP fd00::2'])], {}, first)).toBe(first)
  const moved = contextsOf([node(['InternalIP 192.168.0.9', 'InternalIP fd00::2'])], {}, first)
  expect([moved[0] === first[0], moved[1] === first[1]]).toEqual([false, true])
})
