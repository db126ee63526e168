import type { Check } from '../check.ts'
import { ingressBackends } from '../ingress-backends.ts'
import { portNameFault, servicePortNameFault } from '../port-syntax.ts'
import { nameOf, titleOf } from '../wording.ts'

export const portNameUnreferencable: Check = {
  code: 'PTL116',
  name: 'port-name-unreferencable',
  severity: 'warning',
  summary: 'A Service port has a name that an Ingress cannot use.',
  why: 'The name of a Service port may have 63 characters, the name in an Ingress backend only 15: the API server rejects an Ingress that names this port. An error where one does, a warning where an HTTP port could be wanted in one.',
  remediation: 'Shorten the name to 15 characters.',
  examples: [
    {
      title: 'an Ingress names it',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  ports:
    - name: http-public-website
#           ^^^^^^^^^^^^^^^^^^^ error
      port: 80
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: web }
spec:
  defaultBackend:
    service: { name: web, port: { name: http-public-website } }
#                                       ------------------- named here
`,
    },
    {
      title: 'an HTTP port that no Ingress could name',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  ports:
    - name: http-public-website
#           ^^^^^^^^^^^^^^^^^^^ warning
      port: 80
`,
    },
    {
      title: 'not for HTTP',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: db }
spec:
  ports:
    - name: postgresql-replication
      port: 5432
`,
    },
  ],
  run(context) {
    const backends = ingressBackends(context)
    return context.services.flatMap((service) =>
      service.ports.flatMap(({ name, path }) => {
        if (name === '' || servicePortNameFault(name) !== undefined || portNameFault(name) === undefined) return []
        const naming = backends.find(
          (backend) =>
            backend.service === service.name && backend.namespace === service.namespace && backend.portName === name,
        )
        if (naming === undefined && !/^(?:https?|grpc|web)(?:-|$)/.test(name)) return []
        const outcome =
          naming === undefined ? 'no Ingress can name it' : `${titleOf(naming.object)} is rejected for naming it`
        return {
          object: service.object,
          path: [...path, 'name'],
          severity: naming === undefined ? 'warning' : 'error',
          message: `port name "${name}" of ${nameOf(service)} has ${name.length} characters and an Ingress takes 15: ${outcome}`,
          related:
            naming === undefined ? [] : [{ object: naming.object, path: naming.portPath, message: 'named here' }],
        }
      }),
    )
  },
}
