import { parseIP } from '../../../lib/ip.ts'
import type { Check } from '../check.ts'
import { textAt } from '../json.ts'
import { nameOf } from '../wording.ts'

export const externalNameIsIp: Check = {
  code: 'PTL112',
  name: 'external-name-is-ip',
  severity: 'error',
  summary: 'externalName holds an IP address.',
  why: 'externalName becomes a CNAME record, and a CNAME holds a name: resolvers look for a host called "192.0.2.10" and find none. The API server takes it; no client ever connects.',
  remediation: 'Remove the type, and add an EndpointSlice with the address to a Service without a selector.',
  examples: [
    {
      title: 'an address',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: db }
spec:
  type: ExternalName
  externalName: 192.0.2.10
#               ^^^^^^^^^^ error
`,
    },
    {
      title: 'a name',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: db }
spec:
  type: ExternalName
  externalName: db.example.com
`,
    },
  ],
  run({ services }) {
    return services.flatMap((service) => {
      const target = textAt(service.spec, 'externalName') ?? ''
      if (service.type !== 'ExternalName' || parseIP(target) === undefined) return []
      const message = `${nameOf(service)} never resolves: externalName ${target} is an address, and a CNAME holds a name; use an EndpointSlice`
      return { object: service.object, path: ['spec', 'externalName'], message }
    })
  },
}
