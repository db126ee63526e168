import type { Check } from '../check.ts'
import { nameOf, NOT_GIVEN } from '../wording.ts'

export const serviceWithoutSelectorOrEndpoints: Check = {
  code: 'PTL208',
  name: 'service-without-selector-or-endpoints',
  severity: 'warning',
  summary: 'A Service has no selector, and no EndpointSlice or Endpoints object belongs to it.',
  why: 'Nobody fills in addresses: unless something else does it in the cluster, a client is refused at once.',
  remediation: 'Add a selector, or an EndpointSlice with the label kubernetes.io/service-name.',
  examples: [
    {
      title: 'neither',
      yaml: `
apiVersion: v1
kind: Service
metadata:
  name: db
#       ^^ warning
spec:
  ports: [{ port: 5432 }]
`,
    },
    {
      title: 'addresses written by hand',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: db }
spec:
  ports: [{ port: 5432 }]
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: db-1, labels: { kubernetes.io/service-name: db } }
addressType: IPv4
ports: [{ port: 5432 }]
endpoints: [{ addresses: [192.0.2.10] }]
`,
    },
  ],
  run(context) {
    return context.services
      .filter(({ hasSelector, type }) => !hasSelector && type !== 'ExternalName')
      .filter(({ namespace, name }) => !(namespace === 'default' && name === 'kubernetes'))
      .filter(({ namespace, name }) => !context.endpointSets.has(`${namespace}/${name}`))
      .map((service) => ({
        object: service.object,
        path: ['metadata', 'name'],
        message: `nothing will answer on ${nameOf(service)}: it has no selector, and no EndpointSlice belongs to it (${NOT_GIVEN})`,
      }))
  },
}
