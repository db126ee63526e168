import { nonSpecialIP } from '../../../api/syntax.ts'
import { parseIP } from '../../../lib/ip.ts'
import { titleOf } from '../wording.ts'
import type { Check } from '../check.ts'
import { textAt } from '../json.ts'

export const manualEndpointsAddressForbidden: Check = {
  code: 'PTL212',
  name: 'manual-endpoints-address-forbidden',
  severity: 'error',
  summary: 'An endpoint written by hand has an address that cannot be one.',
  why: 'Loopback and link-local addresses mean something else on every node, and the API server rejects them. The cluster IP of a Service is no endpoint either: kube-proxy does not send packets through its rules twice.',
  remediation: 'Write the real address of the machine that answers.',
  examples: [
    {
      title: 'loopback',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: db }
spec:
  ports: [{ port: 5432 }]
---
apiVersion: v1
kind: Endpoints
metadata: { name: db }
subsets:
  - addresses:
      - ip: 127.0.0.1
#           ^^^^^^^^^ error
    ports: [{ port: 5432 }]
`,
    },
    {
      title: 'a host of the network',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: db }
spec:
  ports: [{ port: 5432 }]
---
apiVersion: v1
kind: Endpoints
metadata: { name: db }
subsets: [{ addresses: [{ ip: 192.0.2.10 }], ports: [{ port: 5432 }] }]
`,
    },
  ],
  run(context) {
    const clusterIPs = new Map(
      context.services.flatMap((service) => {
        const ip = textAt(service.spec, 'clusterIP')
        return ip === undefined || parseIP(ip) === undefined ? [] : [[ip, service] as const]
      }),
    )
    return [...context.endpointSets.values()].flat().flatMap(({ object, addresses }) =>
      addresses.flatMap(({ address, path }) => {
        if (parseIP(address) === undefined) return []
        const service = clusterIPs.get(address)
        const [fault] = nonSpecialIP(address)
        if (service === undefined && fault === undefined) return []
        const why = service === undefined ? `it ${fault}` : `it is the cluster IP of Service ${service.name}`
        return {
          object,
          path,
          message: `nothing arrives at ${address}, an address of ${titleOf(object)}: ${why}`,
        }
      }),
    )
  },
}
