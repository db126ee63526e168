import { service } from './address-plan.ts'
import { POLICY_ROWS } from './policy-rows.ts'
import {
  VIP,
  OTHER_VIP,
  EXTERNAL,
  HELD,
  HELD_VIP,
  NODE_1,
  NODE_2,
  both,
  everywhere,
  frontendRows,
  type Row,
  type RowGroup,
} from './row.ts'

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

/** All rows, by the sections of the specification. */
export const ROW_GROUPS: readonly RowGroup[] = [...inside, ...outside, ...POLICY_ROWS]
