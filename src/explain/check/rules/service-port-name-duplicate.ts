import type { Check } from '../check.ts'
import { nameOf } from '../wording.ts'

export const servicePortNameDuplicate: Check = {
  code: 'PTL103',
  name: 'service-port-name-duplicate',
  severity: 'error',
  summary: 'Two ports of a Service have the same name.',
  why: 'The API server rejects the Service: EndpointSlices and Ingresses find a port by its name.',
  remediation: 'Rename one of the two.',
  examples: [
    {
      title: 'two ports named http',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  ports:
    - name: http
#           ---- the first one
      port: 80
    - name: http
#           ^^^^ error
      port: 8080
`,
    },
    {
      title: 'other Services may use the name again',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  ports: [{ name: http, port: 80 }]
---
apiVersion: v1
kind: Service
metadata: { name: api }
spec:
  ports: [{ name: http, port: 80 }]
`,
    },
  ],
  run({ services }) {
    return services.flatMap((service) =>
      service.ports.flatMap((port, i) => {
        const first = service.ports.slice(0, i).find(({ name }) => name === port.name && name !== '')
        if (first === undefined) return []
        const { object } = service
        return {
          object,
          path: [...port.path, 'name'],
          message: `${nameOf(service)} is rejected: two of its ports are named "${port.name}"`,
          related: [{ object, path: [...first.path, 'name'], message: 'the first one' }],
        }
      }),
    )
  },
}
