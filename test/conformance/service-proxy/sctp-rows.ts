import { service } from './address-plan.ts'
import { both, everywhere, EXTERNAL, frontendRows, NODE_1, NODE_2, type RowGroup, VIP } from './row.ts'

const sctp = { name: 'sctp', protocol: 'SCTP' } as const

/** SCTP through every kind of frontend. Apart from the others: a kernel may have no SCTP sockets to send them from. */
export const SCTP_GROUPS: readonly RowGroup[] = [
  {
    name: '3.1 one port on three protocols',
    services: [
      service({ ...sctp, portName: 'sctp', port: 53, endpoints: ['A:5301', 'C:5301'] }),
      service({ ...sctp, portName: 'tcp', protocol: 'TCP', port: 53, endpoints: ['B:5302'] }),
      service({ ...sctp, portName: 'udp', protocol: 'UDP', port: 53, endpoints: ['D:5303'] }),
    ],
    rows: [
      ['P', 'sctp 10.96.0.41:53', 'A:5301 C:5301'],
      ['A', 'sctp 10.96.0.41:53', 'A:5301m C:5301'],
      ['node-1', 'sctp 10.96.0.41:53', 'A:5301m C:5301m'],
      ['client', 'sctp 10.96.0.41:53', 'A:5301m C:5301m'],
      ['P', 'tcp 10.96.0.41:53', 'B:5302'],
      ['P', 'udp 10.96.0.41:53', 'D:5303'],
      ['P', 'sctp 10.96.0.41:80', 'REJECT'],
      ['P', 'sctp 10.96.0.50:53', 'DROP'],
      ['P', 'sctp 10.244.2.2:5301', 'C:5301'],
    ],
  },
  {
    name: '3.7 SCTP, externalTrafficPolicy Cluster',
    services: [service({ ...sctp, ...everywhere, endpoints: both })],
    rows: ['client', 'node-1'].flatMap((from) => frontendRows(from, 'A:8080m C:8080m', 'sctp')),
  },
  {
    name: '3.6 SCTP, externalTrafficPolicy Local',
    services: [service({ ...sctp, ...everywhere, externalTrafficPolicy: 'Local', endpoints: both })],
    rows: [
      ['client', `sctp ${VIP}:80`, 'A:8080'],
      ['client', `sctp ${EXTERNAL}:80`, 'A:8080'],
      ['client', `sctp ${NODE_1}:30001`, 'A:8080'],
      ['client', `sctp ${NODE_2}:30001`, 'C:8080'],
      ['P', `sctp ${VIP}:80`, 'A:8080 C:8080'],
    ],
  },
  {
    name: '3.2 SCTP, no endpoints',
    services: [service({ ...sctp, ...everywhere })],
    rows: ['P', 'client'].flatMap((from) => frontendRows(from, 'REJECT', 'sctp')),
  },
  {
    name: '3.4 SCTP, source ranges',
    services: [
      service({ ...sctp, loadBalancerVIPs: [VIP], sourceRanges: ['198.51.100.0/25'], endpoints: ['A:8080'] }),
    ],
    rows: [
      ['client', `sctp ${VIP}:80`, 'A:8080m'],
      ['blocked', `sctp ${VIP}:80`, 'DROP'],
    ],
  },
]
