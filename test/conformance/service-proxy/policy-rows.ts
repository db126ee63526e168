import { service } from './address-plan.ts'
import { both, everywhere, EXTERNAL, HELD, NODE_1, NODE_2, type Row, type RowGroup, VIP } from './row.ts'
import { inIPv6 } from './ipv6.ts'

const states = (name: string, info: Parameters<typeof service>[0], rows: readonly Row[]): RowGroup => ({
  name: `3.8 ${name}`,
  services: [service(info)],
  rows,
})

const terminating: readonly RowGroup[] = [
  states('internalTrafficPolicy Cluster', { name: 'i', endpoints: ['A:8080', 'C:8080', 'D:8080'] }, [
    ['P', 'tcp 10.96.0.41:80', 'A:8080 C:8080 D:8080'],
  ]),
  states(
    'internalTrafficPolicy Local',
    { name: 'i', internalTrafficPolicy: 'Local', endpoints: ['A:8080', 'C:8080'] },
    [
      ['P', 'tcp 10.96.0.41:80', 'A:8080'],
      ['Q', 'tcp 10.96.0.41:80', 'C:8080'],
      ['node-1', 'tcp 10.96.0.41:80', 'A:8080m'],
    ],
  ),
  states(
    'internalTrafficPolicy Local, none here',
    { name: 'i', internalTrafficPolicy: 'Local', endpoints: ['C:8080'] },
    [
      ['P', 'tcp 10.96.0.41:80', 'DROP'],
      ['node-1', 'tcp 10.96.0.41:80', 'DROP'],
      ['Q', 'tcp 10.96.0.41:80', 'C:8080'],
    ],
  ),
  states('internalTrafficPolicy Local, none at all', { name: 'i', internalTrafficPolicy: 'Local' }, [
    ['P', 'tcp 10.96.0.41:80', 'REJECT'],
  ]),
  states(
    'the ready ones here, where some end',
    {
      name: 'e',
      ...everywhere,
      externalTrafficPolicy: 'Local',
      endpoints: ['A:8080', 'B:8080', 'A:8081 terminating', 'B:8081 dead', 'C:8080'],
    },
    [['client', `tcp ${VIP}:80`, 'A:8080 B:8080']],
  ),
  states(
    'here all end, elsewhere one is ready',
    {
      name: 'e',
      ...everywhere,
      externalTrafficPolicy: 'Local',
      endpoints: ['A:8080 terminating', 'B:8080 terminating', 'B:8081 dead', 'C:8080'],
    },
    [
      ['P', 'tcp 10.96.0.41:80', 'C:8080'],
      ['client', `tcp ${VIP}:80`, 'A:8080 B:8080'],
    ],
  ),
  states(
    'one that ends, elsewhere',
    { name: 'e', ...everywhere, externalTrafficPolicy: 'Local', endpoints: ['C:8080 terminating'] },
    [
      ['P', 'tcp 10.96.0.41:80', 'C:8080'],
      ['client', `tcp ${VIP}:80`, 'DROP'],
    ],
  ),
  states(
    'ready ones before those that end',
    { name: 'e', ...everywhere, endpoints: ['A:8080', 'B:8080', 'C:8080', 'A:8081 terminating', 'D:8080 terminating'] },
    [
      ['P', 'tcp 10.96.0.41:80', 'A:8080 B:8080 C:8080'],
      ['client', `tcp ${VIP}:80`, 'A:8080m B:8080m C:8080m'],
    ],
  ),
  states(
    'all end',
    {
      name: 'e',
      ...everywhere,
      endpoints: ['A:8080 terminating', 'B:8080 terminating', 'C:8080 terminating', 'D:8080 dead'],
    },
    [
      ['P', 'tcp 10.96.0.41:80', 'A:8080 B:8080 C:8080'],
      ['client', `tcp ${VIP}:80`, 'A:8080m B:8080m C:8080m'],
    ],
  ),
  states('all dead', { name: 'e', ...everywhere, endpoints: ['A:8080 dead', 'C:8080 dead'] }, [
    ['P', 'tcp 10.96.0.41:80', 'REJECT'],
    ['client', `tcp ${VIP}:80`, 'REJECT'],
  ]),
]

const L = 'A:8080'
const LR = 'A:8080 C:8080'
const MASQUERADED = 'A:8080m C:8080m'

/** From, then ClusterIP, nodePort of node-1, load-balancer address; `` where it is no matter. */
type Line = readonly [from: string, clusterIP: string, nodePort: string, balanced: string]
/** By Service: 1 plain, 2 external policy Local, 3 internal policy Local, 4 plain with both endpoints on node-1. */
type Matrix = Readonly<Record<string, readonly Line[]>>

const outsideLine: Line = ['client', MASQUERADED, MASQUERADED, MASQUERADED]
/** That the source is hidden cannot be seen of a node's own packets. */
const nodeLine: Line = ['node-1', MASQUERADED, MASQUERADED, MASQUERADED]

const base: Matrix = {
  1: [['P', LR, MASQUERADED, MASQUERADED], nodeLine, outsideLine],
  2: [['P', LR, LR, LR], nodeLine, ['client', MASQUERADED, L, L]],
  3: [
    ['P', L, MASQUERADED, MASQUERADED],
    ['node-1', 'A:8080m', MASQUERADED, MASQUERADED],
    ['client', 'A:8080m', MASQUERADED, MASQUERADED],
  ],
}

const masqueradeAll: Matrix = {
  1: [['P', MASQUERADED, MASQUERADED, MASQUERADED], nodeLine, outsideLine],
  2: [['P', MASQUERADED, LR, LR], nodeLine, ['client', MASQUERADED, L, L]],
  3: [
    ['P', 'A:8080m', MASQUERADED, MASQUERADED],
    ['client', 'A:8080m', MASQUERADED, MASQUERADED],
  ],
}

/** A client outside would get the answer of another node's endpoint past the node that translated: Service 4 shows it. */
const noDetector: Matrix = {
  1: [['P', LR, MASQUERADED, MASQUERADED], nodeLine, ['client', '', MASQUERADED, MASQUERADED]],
  2: [['P', LR, L, L], nodeLine, ['client', '', L, L]],
  3: [
    ['P', L, MASQUERADED, MASQUERADED],
    ['client', L, MASQUERADED, MASQUERADED],
  ],
  4: [
    ['P', 'A:8080 B:8080', '', ''],
    ['client', 'A:8080 B:8080', '', ''],
  ],
}

const neither: Matrix = {
  1: [['P', MASQUERADED, MASQUERADED, MASQUERADED], nodeLine, outsideLine],
  2: [['P', MASQUERADED, L, L], nodeLine, ['client', MASQUERADED, L, L]],
  3: [
    ['P', 'A:8080m', MASQUERADED, MASQUERADED],
    ['client', 'A:8080m', MASQUERADED, MASQUERADED],
  ],
}

const policies: Readonly<Record<string, Partial<Parameters<typeof service>[0]>>> = {
  1: {},
  2: { externalTrafficPolicy: 'Local' },
  3: { internalTrafficPolicy: 'Local' },
  4: { endpoints: ['A:8080', 'B:8080'] },
}

function matrixGroup(name: string, matrix: Matrix, node?: RowGroup['node']): RowGroup {
  return {
    name: `3.9 masquerade and short cut${name}`,
    ...(node === undefined ? {} : { node }),
    services: Object.entries(policies).map(([number, policy]) =>
      service({
        name: `svc${number}`,
        clusterIP: `10.96.0.4${number}`,
        loadBalancerVIPs: [`203.0.113.1${number}`],
        nodePort: 30000 + Number(number),
        endpoints: both,
        ...policy,
      }),
    ),
    rows: Object.entries(matrix).flatMap(([number, lines]) =>
      lines.flatMap(([from, clusterIP, nodePort, balanced]): readonly Row[] => {
        const rows: readonly Row[] = [
          [from, `tcp 10.96.0.4${number}:80`, clusterIP],
          [from, `tcp ${NODE_1}:3000${number}`, nodePort],
          [from, `tcp 203.0.113.1${number}:80`, balanced],
        ]
        return rows.filter(([, , expected]) => expected !== '')
      }),
    ),
  }
}

const masquerade: readonly RowGroup[] = [
  matrixGroup('', base),
  matrixGroup(', Pods known by their interfaces', base, (context) => ({
    ...context,
    localPods: { kind: 'interface', name: 'veth*' },
  })),
  matrixGroup(', masquerade all', masqueradeAll, (context) => ({ ...context, masqueradeAll: true })),
  matrixGroup(', Pods not known', noDetector, (context) => ({ ...context, localPods: undefined })),
  matrixGroup(', Pods not known, masquerade all', neither, (context) => ({
    ...context,
    localPods: undefined,
    masqueradeAll: true,
  })),
]

/** A Pod of another node is a client like those outside: its own node would not see the answers that a short cut gets. */
const otherNode: RowGroup = {
  name: '2.3 externalTrafficPolicy Local, by a node that is not its own',
  services: [
    service({ name: 'l', nodePort: 30001, externalTrafficPolicy: 'Local', endpoints: both }),
    service({
      name: 'm',
      clusterIP: '10.96.0.42',
      nodePort: 30002,
      externalTrafficPolicy: 'Local',
      endpoints: ['A:8080', 'B:8080'],
    }),
  ],
  rows: [
    ['P', `tcp ${NODE_2}:30001`, 'C:8080'],
    ['Q', `tcp ${NODE_1}:30001`, 'A:8080'],
    ['P', `tcp ${NODE_2}:30002`, 'DROP'],
    ['Q', `tcp ${NODE_2}:30002`, 'A:8080 B:8080'],
  ],
}

/** nodePorts answer at the addresses that are named, and at those alone. */
const nodePortAddresses: RowGroup = {
  name: '2.2 nodePort addresses that are named',
  node: (context) => ({
    ...context,
    addresses: context.name === 'node-1' ? [context.family === 'IPv4' ? HELD : inIPv6(HELD)] : [],
  }),
  services: [service({ name: 'n', nodePort: 30001, endpoints: both })],
  rows: [
    ['client', `tcp ${HELD}:30001`, MASQUERADED],
    ['P', `tcp ${HELD}:30001`, MASQUERADED],
  ],
}

const older = { creationTimestamp: '2025-01-01T00:00:00Z' }

const conflicts: readonly RowGroup[] = [
  {
    name: '2.2 the older Service has the address, and the younger one leaves nothing there',
    services: [
      service({
        name: 'a-younger',
        externalIPs: [EXTERNAL],
        loadBalancerVIPs: [VIP],
        sourceRanges: ['198.51.100.0/25'],
        nodePort: 30001,
        endpoints: ['B:8080'],
      }),
      service({
        name: 'b-older',
        ...older,
        clusterIP: '10.96.0.42',
        externalIPs: [EXTERNAL],
        loadBalancerVIPs: [VIP],
        nodePort: 30001,
        externalTrafficPolicy: 'Local',
        endpoints: ['A:8080'],
      }),
    ],
    rows: [
      ['client', `tcp ${EXTERNAL}:80`, 'A:8080'],
      ['client', `tcp ${VIP}:80`, 'A:8080'],
      ['blocked', `tcp ${VIP}:80`, 'A:8080'],
      ['client', `tcp ${NODE_1}:30001`, 'A:8080'],
      ['client', `tcp ${NODE_2}:30001`, 'DROP'],
      ['P', 'tcp 10.96.0.41:80', 'B:8080'],
    ],
  },
  {
    name: '2.2 also where it has no endpoints',
    services: [
      service({ name: 'a-younger', externalIPs: [EXTERNAL], nodePort: 30001, endpoints: ['B:8080'] }),
      service({ name: 'b-older', ...older, clusterIP: '10.96.0.42', externalIPs: [EXTERNAL], nodePort: 30001 }),
    ],
    rows: [
      ['client', `tcp ${EXTERNAL}:80`, 'REJECT'],
      ['P', `tcp ${NODE_1}:30001`, 'REJECT'],
      ['P', 'tcp 10.96.0.41:80', 'B:8080'],
    ],
  },
  {
    name: '2.2 of the same age, the name that comes first; its own address twice is once',
    services: [
      service({ name: 'b', externalIPs: [EXTERNAL], endpoints: ['B:8080'] }),
      service({
        name: 'a',
        clusterIP: '10.96.0.42',
        externalIPs: [EXTERNAL, VIP, '10.96.0.42'],
        loadBalancerVIPs: [VIP],
        endpoints: ['A:8080'],
      }),
    ],
    rows: [
      ['client', `tcp ${EXTERNAL}:80`, 'A:8080m'],
      ['client', `tcp ${VIP}:80`, 'A:8080m'],
      ['P', 'tcp 10.96.0.42:80', 'A:8080'],
      ['P', 'tcp 10.96.0.41:80', 'B:8080'],
    ],
  },
]

/** Traffic policies, endpoints that end, masquerade, and Services that want the same. */
export const POLICY_ROWS: readonly RowGroup[] = [
  ...terminating,
  ...masquerade,
  otherNode,
  nodePortAddresses,
  ...conflicts,
]
