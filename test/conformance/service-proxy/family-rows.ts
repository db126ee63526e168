import { service } from './address-plan.ts'
import { serviceInIPv6 } from './ipv6.ts'
import type { RowGroup } from './row.ts'

const services = [
  service({ name: 'four', nodePort: 30001, endpoints: ['A:8080'] }),
  serviceInIPv6(service({ name: 'six', clusterIP: '10.96.0.42', nodePort: 30002, endpoints: ['C:8080'] })),
  // In one family the Service has endpoints, in the other it has none.
  service({ name: 'both', clusterIP: '10.96.0.43', endpoints: ['A:8080', 'B:8080'] }),
  serviceInIPv6(service({ name: 'both', clusterIP: '10.96.0.43' })),
]
const group = (rows: RowGroup['rows']): readonly RowGroup[] => [{ name: '2.1 one pass per family', services, rows }]

/** A Service is there in the families in which it has a ClusterIP, and in each with its own endpoints. */
export const FAMILY_GROUPS: Readonly<Record<'IPv4' | 'IPv6', readonly RowGroup[]>> = {
  IPv4: group([
    ['P', 'tcp 10.96.0.41:80', 'A:8080'],
    ['P', 'tcp 10.96.0.42:80', 'DROP'],
    ['P', 'tcp 10.96.0.43:80', 'A:8080 B:8080'],
    ['client', 'tcp 192.168.1.100:30001', 'A:8080m'],
    ['client', 'tcp 192.168.1.100:30002', 'node-1:30002'],
  ]),
  IPv6: group([
    ['P', 'tcp [fd00:10:96::29]:80', 'DROP'],
    ['P', 'tcp [fd00:10:96::2a]:80', 'C:8080'],
    ['P', 'tcp [fd00:10:96::2b]:80', 'REJECT'],
    ['client', 'tcp [fd00:192:168:1::64]:30001', 'node-1:30001'],
    ['client', 'tcp [fd00:192:168:1::64]:30002', 'C:8080m'],
  ]),
}
