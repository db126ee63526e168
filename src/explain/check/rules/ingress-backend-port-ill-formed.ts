import { titleOf } from '../wording.ts'
import type { Check } from '../check.ts'
import { ingressBackends } from '../ingress-backends.ts'

export const ingressBackendPortIllFormed: Check = {
  code: 'PTL603',
  name: 'ingress-backend-port-ill-formed',
  severity: 'error',
  summary: 'The port of an Ingress backend has both a name and a number, or neither.',
  why: 'The API server rejects the Ingress: exactly one of the two says which port is meant.',
  remediation: 'Keep the name or the number.',
  examples: [
    {
      title: 'both',
      yaml: `
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: web }
spec:
  defaultBackend:
    service:
      name: web
      port:
        name: http
#             ^^^^ error
        number: 80
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { selector: { app: web }, ports: [{ name: http, port: 80 }] }
`,
    },
    {
      title: 'neither',
      yaml: `
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: web }
spec:
  defaultBackend:
    service:
      name: web
#           ^^^ error
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { selector: { app: web }, ports: [{ name: http, port: 80 }] }
`,
    },
    {
      title: 'one',
      yaml: `
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: web }
spec: { defaultBackend: { service: { name: web, port: { name: http } } } }
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { selector: { app: web }, ports: [{ name: http, port: 80 }] }
`,
    },
  ],
  run(context) {
    return ingressBackends(context)
      .filter(({ portName, portNumber }) => (portName === undefined) === (portNumber === undefined))
      .map(({ object, service, portName, portPath }) => ({
        object,
        path: portPath,
        message: `${titleOf(object)} is rejected: the port of its backend "${service}" has ${portName === undefined ? 'neither a name nor a number' : 'both a name and a number'}`,
      }))
  },
}
