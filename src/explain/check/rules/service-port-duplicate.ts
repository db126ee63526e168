import type { Check } from '../check.ts'
import { nameOf } from '../wording.ts'

export const servicePortDuplicate: Check = {
  code: 'PTL102',
  name: 'service-port-duplicate',
  severity: 'error',
  summary: 'A Service lists the same port and protocol twice.',
  why: 'The API server rejects the Service: one port of one address can lead to one place only.',
  remediation: 'Remove one of the two, or change its port or protocol.',
  examples: [
    {
      title: 'port 80 twice',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  ports:
    - { name: http, port: 80 }
#                         -- the first one
    - { name: admin, port: 80, targetPort: 9000 }
#                          ^^ error
`,
    },
    {
      title: 'the same number with another protocol is another port',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: dns }
spec:
  ports:
    - { name: dns, port: 53, protocol: UDP }
    - { name: dns-tcp, port: 53, protocol: TCP }
`,
    },
  ],
  run({ services }) {
    return services.flatMap((service) =>
      service.ports.flatMap((port, i) => {
        const first = service.ports
          .slice(0, i)
          .find((other) => other.port === port.port && other.protocol === port.protocol)
        if (first === undefined) return []
        const { object } = service
        return {
          object,
          path: [...port.path, 'port'],
          message: `${nameOf(service)} is rejected: port ${port.port}/${port.protocol} is there twice`,
          related: [{ object, path: [...first.path, 'port'], message: 'the first one' }],
        }
      }),
    )
  },
}
