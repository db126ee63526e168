import type { Check } from '../check.ts'
import { nameOf } from '../wording.ts'

export const externalNamePortRemap: Check = {
  code: 'PTL113',
  name: 'external-name-port-remap',
  severity: 'warning',
  summary: 'An ExternalName Service wants to send one port to another.',
  why: 'ExternalName is a CNAME record and nothing else: the client connects to the other host on the port that it dials itself. No rule translates `port` into `targetPort`.',
  remediation: 'Let clients use the real port, or use a Service without a selector and an EndpointSlice.',
  examples: [
    {
      title: 'port and targetPort differ',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: api }
spec:
  type: ExternalName
  externalName: api.example.com
  ports:
    - port: 80
      targetPort: 8443
#                 ^^^^ warning
`,
    },
    {
      title: 'the same port',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: api }
spec:
  type: ExternalName
  externalName: api.example.com
  ports:
    - port: 8443
`,
    },
  ],
  run({ services }) {
    return services
      .filter(({ type }) => type === 'ExternalName')
      .flatMap((service) =>
        service.ports
          .filter(({ port, target }) => typeof target === 'number' && target !== port)
          .map(({ port, target, path }) => ({
            object: service.object,
            path: [...path, 'targetPort'],
            message: `a client of ${nameOf(service)} that dials port ${port} reaches port ${port} of the other host, not ${target}: ExternalName translates no ports`,
          })),
      )
  },
}
