/**
 * Which packet ends where, by the sections of the specification. `from`: a Pod, a node, a client outside; `node-1 as IP`
 * takes another address of the node as source. `to`: protocol, address, port. `expect`: every endpoint that is chosen,
 * with `m` where it sees another source than the client's; REJECT; DROP; `-` where the network has no way there.
 */
import { service } from './address-plan.ts'
import type { ServicePortInfo } from '../../../src/model/resolve-services.ts'

export type Row = readonly [from: string, to: string, expect: string]

export interface RowGroup {
  readonly name: string
  readonly services: readonly ServicePortInfo[]
  readonly rows: readonly Row[]
}

const VIP = '203.0.113.10'
const OTHER_VIP = '203.0.113.11'
const EXTERNAL = '192.0.2.10'
/** Held by node-1. */
const HELD = '192.0.2.20'
const HELD_VIP = '203.0.113.20'
const NODE_1 = '192.168.1.100'
const NODE_2 = '192.168.1.101'

const both = ['A:8080', 'C:8080']

const everywhere = {
  externalIPs: [EXTERNAL],
  loadBalancerVIPs: [VIP],
  nodePort: 30001,
} as const

const frontendRows = (from: string, expect: string, protocol = 'tcp'): readonly Row[] =>
  [`10.96.0.41:80`, `${EXTERNAL}:80`, `${VIP}:80`, `${NODE_1}:30001`, `${NODE_2}:30001`].map(
    (to) => [from, `${protocol} ${to}`, expect] as const,
  )

const inside: readonly RowGroup[] = [
  {
    name: '3.1 ClusterIP',
    services: [
      service({ name: 'one', endpoints: ['A:80'] }),
      service({ name: 'many', clusterIP: '10.96.0.42', portName: 'http', endpoints: ['A:80', 'C:80'] }),
      service({ name: 'many', clusterIP: '10.96.0.42', portName: 'https', port: 443, endpoints: ['A:8443', 'C:8443'] }),
      service({
        name: 'many',
        clusterIP: '10.96.0.42',
        portName: 'dns',
        protocol: 'UDP',
        port: 53,
        endpoints: ['A:53', 'C:53'],
      }),
      service({
        name: 'many',
        clusterIP: '10.96.0.42',
        portName: 'dns-tcp',
        port: 53,
        endpoints: ['A:5353', 'C:5353'],
      }),
    ],
    rows: [
      ['P', 'tcp 10.96.0.41:80', 'A:80'],
      ['Q', 'tcp 10.96.0.41:80', 'A:80'],
      ['A', 'tcp 10.96.0.41:80', 'A:80m'],
      ['node-1', 'tcp 10.96.0.41:80', 'A:80m'],
      ['node-2', 'tcp 10.96.0.41:80', 'A:80m'],
      ['client', 'tcp 10.96.0.41:80', 'A:80m'],
      ['P', 'tcp 10.96.0.42:80', 'A:80 C:80'],
      ['P', 'tcp 10.96.0.42:443', 'A:8443 C:8443'],
      ['P', 'tcp 10.96.0.42:53', 'A:5353 C:5353'],
      ['P', 'udp 10.96.0.42:53', 'A:53 C:53'],
      ['A', 'udp 10.96.0.42:53', 'A:53m C:53'],
      ['C', 'tcp 10.96.0.42:443', 'A:8443 C:8443m'],
      ['node-1', 'udp 10.96.0.42:53', 'A:53m C:53m'],
      ['client', 'udp 10.96.0.42:53', 'A:53m C:53m'],
      ['P', 'udp 10.96.0.42:80', 'REJECT'],
      ['P', 'tcp 10.96.0.42:81', 'REJECT'],
      ['node-1', 'tcp 10.96.0.42:81', 'REJECT'],
      ['client', 'tcp 10.96.0.42:81', 'REJECT'],
      ['P', 'tcp 10.96.0.50:80', 'DROP'],
      ['P', 'udp 10.96.0.50:80', 'DROP'],
      ['node-1', 'tcp 10.96.0.50:80', 'DROP'],
      ['client', 'tcp 10.96.0.50:80', 'DROP'],
      ['P', 'tcp 10.0.0.3:80', '-'],
      ['P', 'tcp 10.244.2.2:8080', 'C:8080'],
    ],
  },
  {
    name: '2.4 an endpoint in the host network',
    services: [service({ name: 'host', endpoints: ['node-1:9090', 'node-2:9090'], nodePort: 30001 })],
    rows: [
      ['P', 'tcp 10.96.0.41:80', 'node-1:9090 node-2:9090'],
      ['node-1', 'tcp 10.96.0.41:80', 'node-1:9090m node-2:9090m'],
      ['client', `tcp ${NODE_1}:30001`, 'node-1:9090 node-2:9090m'],
      ['client', `tcp ${NODE_2}:30001`, 'node-1:9090m node-2:9090'],
    ],
  },
  {
    name: '3.2 no endpoints',
    services: [
      service({ name: 'empty', ...everywhere }),
      service({ name: 'empty', portName: 'udp', protocol: 'UDP', ...everywhere }),
    ],
    rows: ['P', 'Q', 'node-1', 'client'].flatMap((from) => [
      ...frontendRows(from, 'REJECT'),
      ...frontendRows(from, 'REJECT', 'udp'),
    ]),
  },
  {
    name: '3.3 several Services',
    services: [
      service({ name: 'one', endpoints: ['A:8080'] }),
      service({
        name: 'local',
        clusterIP: '10.96.0.42',
        externalIPs: [EXTERNAL, HELD],
        nodePort: 30002,
        externalTrafficPolicy: 'Local',
        endpoints: ['C:8080'],
      }),
      service({ name: 'two', clusterIP: '10.96.0.44', nodePort: 30004, endpoints: both }),
      service({
        name: 'sticky',
        clusterIP: '10.96.0.45',
        loadBalancerVIPs: [OTHER_VIP],
        sourceRanges: ['198.51.100.0/25'],
        sessionAffinityTimeout: 60,
        endpoints: ['C:8080'],
      }),
      service({ name: 'empty', clusterIP: '10.96.0.46' }),
    ],
    rows: [
      ['P', 'tcp 10.96.0.41:80', 'A:8080'],
      ['P', 'tcp 10.96.0.42:80', 'C:8080'],
      ['node-1', `tcp ${EXTERNAL}:80`, 'C:8080m'],
      ['node-1', `tcp ${HELD}:80`, 'C:8080m'],
      ['P', `tcp ${HELD}:80`, 'C:8080'],
      ['client', `tcp ${EXTERNAL}:80`, 'DROP'],
      ['client', `tcp ${HELD}:80`, 'DROP'],
      ['client', `tcp ${NODE_1}:30002`, 'DROP'],
      ['client', `tcp ${NODE_2}:30002`, 'C:8080'],
      ['P', `tcp ${NODE_1}:30002`, 'C:8080'],
      ['P', 'tcp 10.96.0.44:80', 'A:8080 C:8080'],
      ['client', `tcp ${NODE_2}:30004`, 'A:8080m C:8080m'],
      ['client', `tcp ${OTHER_VIP}:80`, 'C:8080m'],
      ['blocked', `tcp ${OTHER_VIP}:80`, 'DROP'],
      ['P', 'tcp 10.96.0.46:80', 'REJECT'],
    ],
  },
]

const outside: readonly RowGroup[] = [
  {
    name: '3.4 source ranges that hold the node',
    services: [
      service({
        name: 'ranges',
        nodePort: 30001,
        externalIPs: [EXTERNAL],
        loadBalancerVIPs: [VIP, HELD_VIP],
        sourceRanges: ['192.168.1.0/24', '198.51.100.0/25', '198.51.100.0/26', '198.51.100.7/32'],
        endpoints: ['A:8080'],
      }),
      service({ name: 'neighbour', clusterIP: '10.96.0.42', port: 81, loadBalancerVIPs: [VIP], endpoints: ['B:8080'] }),
    ],
    rows: [
      ['P', 'tcp 10.96.0.41:80', 'A:8080'],
      ['client', `tcp ${NODE_1}:30001`, 'A:8080m'],
      ['client', `tcp ${VIP}:80`, 'A:8080m'],
      ['client', `tcp ${HELD_VIP}:80`, 'A:8080m'],
      ['blocked', `tcp ${VIP}:80`, 'DROP'],
      ['blocked', `tcp ${HELD_VIP}:80`, 'DROP'],
      ['blocked', `tcp ${NODE_1}:30001`, 'A:8080m'],
      ['blocked', `tcp ${EXTERNAL}:80`, 'A:8080m'],
      ['blocked', `tcp ${VIP}:81`, 'B:8080m'],
      ['node-1', `tcp ${VIP}:80`, 'A:8080m'],
      ['P', `tcp ${VIP}:80`, 'DROP'],
      [`node-1 as ${HELD_VIP}`, `tcp ${HELD_VIP}:80`, 'A:8080m'],
    ],
  },
  {
    name: '3.4 source ranges without the node',
    services: [
      service({
        name: 'ranges',
        loadBalancerVIPs: [VIP, HELD_VIP],
        sourceRanges: ['198.51.100.0/25'],
        endpoints: ['A:8080'],
      }),
    ],
    rows: [
      ['client', `tcp ${VIP}:80`, 'A:8080m'],
      ['node-1', `tcp ${VIP}:80`, 'DROP'],
      [`node-1 as ${HELD_VIP}`, `tcp ${HELD_VIP}:80`, 'DROP'],
    ],
  },
  {
    name: '3.5 nodePorts are on every node, at its own address only',
    services: [
      service({ name: 'node', nodePort: 30001, endpoints: both }),
      service({ name: 'node', portName: 'udp', protocol: 'UDP', nodePort: 30001, endpoints: both }),
    ],
    rows: [
      ...(['tcp', 'udp'] as const).flatMap((protocol): readonly Row[] => [
        ['client', `${protocol} ${NODE_1}:30001`, 'A:8080m C:8080m'],
        ['client', `${protocol} ${NODE_2}:30001`, 'A:8080m C:8080m'],
        ['P', `${protocol} ${NODE_1}:30001`, 'A:8080m C:8080m'],
        ['P', `${protocol} ${NODE_2}:30001`, 'A:8080m C:8080m'],
        ['A', `${protocol} ${NODE_1}:30001`, 'A:8080m C:8080m'],
        ['node-1', `${protocol} ${NODE_1}:30001`, 'A:8080m C:8080m'],
        ['node-1', `${protocol} ${NODE_2}:30001`, 'A:8080m C:8080m'],
      ]),
      ['client', `tcp ${HELD}:30001`, 'node-1:30001'],
      ['node-1', 'tcp 127.0.0.1:30001', 'node-1:30001'],
    ],
  },
  {
    name: '3.6 externalTrafficPolicy Local',
    services: [service({ name: 'local', ...everywhere, externalTrafficPolicy: 'Local', endpoints: both })],
    rows: [
      ['P', 'tcp 10.96.0.41:80', 'A:8080 C:8080'],
      ['P', `tcp ${VIP}:80`, 'A:8080 C:8080'],
      ['P', `tcp ${NODE_1}:30001`, 'A:8080 C:8080'],
      ['A', `tcp ${VIP}:80`, 'A:8080m C:8080'],
      ['client', `tcp ${EXTERNAL}:80`, 'A:8080'],
      ['client', `tcp ${VIP}:80`, 'A:8080'],
      ['client', `tcp ${NODE_1}:30001`, 'A:8080'],
      ['client', `tcp ${NODE_2}:30001`, 'C:8080'],
      ['node-1', `tcp ${EXTERNAL}:80`, 'A:8080m C:8080m'],
      ['node-1', `tcp ${NODE_1}:30001`, 'A:8080m C:8080m'],
    ],
  },
  {
    name: '3.7 externalTrafficPolicy Cluster',
    services: [service({ name: 'cluster', ...everywhere, endpoints: both })],
    rows: ['P', 'client', 'node-1'].flatMap((from) =>
      frontendRows(from, 'A:8080m C:8080m').slice(from === 'P' ? 1 : 0),
    ),
  },
  {
    name: '3.7 UDP through every frontend',
    services: [service({ name: 'cluster', protocol: 'UDP', ...everywhere, endpoints: both })],
    rows: frontendRows('client', 'A:8080m C:8080m', 'udp'),
  },
  {
    name: '2.2 ipMode Proxy has no rules on a node',
    services: [service({ name: 'proxied', loadBalancerProxyIPs: [VIP], nodePort: 30001, endpoints: ['A:8080'] })],
    rows: [
      ['client', `tcp ${NODE_1}:30001`, 'A:8080m'],
      ['client', `tcp ${VIP}:80`, '-'],
      ['P', `tcp ${VIP}:80`, '-'],
    ],
  },
]

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

/** Services 1 (plain), 2 (external policy Local), 3 (internal policy Local): from, then ClusterIP, nodePort, address. */
const matrix: Readonly<Record<string, readonly (readonly [string, string, string, string])[]>> = {
  1: [
    ['P', LR, MASQUERADED, MASQUERADED],
    ['node-1', MASQUERADED, MASQUERADED, MASQUERADED],
    ['client', MASQUERADED, MASQUERADED, MASQUERADED],
  ],
  2: [
    ['P', LR, LR, LR],
    ['node-1', MASQUERADED, MASQUERADED, MASQUERADED],
    ['client', MASQUERADED, L, L],
  ],
  3: [
    ['P', L, MASQUERADED, MASQUERADED],
    ['node-1', 'A:8080m', MASQUERADED, MASQUERADED],
    ['client', 'A:8080m', MASQUERADED, MASQUERADED],
  ],
}

const masquerade: RowGroup = {
  name: '3.9 masquerade and short cut',
  services: [1, 2, 3].map((number) =>
    service({
      name: `svc${number}`,
      clusterIP: `10.96.0.4${number}`,
      loadBalancerVIPs: [`203.0.113.${10 + number}`],
      nodePort: 30000 + number,
      ...(number === 2 ? { externalTrafficPolicy: 'Local' } : {}),
      ...(number === 3 ? { internalTrafficPolicy: 'Local' } : {}),
      endpoints: both,
    }),
  ),
  rows: Object.entries(matrix).flatMap(([number, lines]) =>
    lines.flatMap(([from, clusterIP, nodePort, balanced]): readonly Row[] => [
      [from, `tcp 10.96.0.4${number}:80`, clusterIP],
      [from, `tcp ${NODE_1}:3000${number}`, nodePort],
      [from, `tcp 203.0.113.1${number}:80`, balanced],
    ]),
  ),
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

export const ROW_GROUPS: readonly RowGroup[] = [...inside, ...outside, ...terminating, masquerade, ...conflicts]
