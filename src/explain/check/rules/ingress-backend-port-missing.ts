import { suggest } from '../../../manifest/suggest.ts'
import type { Check, Problem } from '../check.ts'
import { type CheckContext, findService } from '../context.ts'
import { replaceScalar, safeFix } from '../edits.ts'
import { type IngressBackend, ingressBackends } from '../ingress-backends.ts'
import { explainNumber, portsLeadingTo } from '../service-numbers.ts'
import { portsText, type Service } from '../service.ts'
import { didYouMean, nameOf, titleOf } from '../wording.ts'

export const ingressBackendPortMissing: Check = {
  code: 'PTL602',
  name: 'ingress-backend-port-missing',
  severity: 'error',
  summary: 'An Ingress names a port that its Service does not have.',
  why: 'The backend is a port of the Service, not of the Pods: a number is compared with `port`, a name with the name of the port, and never with targetPort. The controller answers 503.',
  remediation: 'Use the port of the Service.',
  examples: [
    {
      title: 'the port of the Pods',
      yaml: `
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: web }
spec:
  defaultBackend:
    service:
      name: web
      port:
        number: 8080
#               ^^^^ error
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  selector: { app: web }
  ports: [{ port: 80, targetPort: 8080 }]
# ----- the ports of Service web
`,
    },
    {
      title: 'an unknown name',
      yaml: `
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: web }
spec:
  defaultBackend:
    service:
      name: web
      port:
        name: htttp
#             ^^^^^ error
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  selector: { app: web }
  ports: [{ name: http, port: 80, targetPort: 8080 }]
# ----- the ports of Service web
`,
    },
    {
      title: 'the port of the Service',
      yaml: `
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: web }
spec: { defaultBackend: { service: { name: web, port: { number: 80 } } } }
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  selector: { app: web }
  ports: [{ port: 80, targetPort: 8080 }]
`,
    },
  ],
  run(context) {
    return ingressBackends(context).flatMap((backend) => {
      const service = findService(context, backend.namespace, backend.service)
      // Controllers take any port of an ExternalName that lists none.
      return service === undefined || service.ports.length === 0 ? [] : judge(context, backend, service)
    })
  },
}

function judge(context: CheckContext, backend: IngressBackend, service: Service): readonly Problem[] {
  const { object, portName, portNumber, portPath } = backend
  // Both, or neither, is PTL603.
  if ((portName === undefined) === (portNumber === undefined)) return []
  const isThere = service.ports.some(({ name, port }) =>
    portName === undefined ? port === portNumber : name === portName,
  )
  if (isThere) return []
  const at = { object, path: portPath }
  const leading = portNumber === undefined ? [] : portsLeadingTo(context, service, portNumber)
  const near =
    portName === undefined
      ? undefined
      : suggest(
          portName,
          service.ports.map(({ name }) => name),
        )
  const right = near ?? (leading.length === 1 ? leading[0]?.port : undefined)
  const what = portName === undefined ? `port ${portNumber}` : `port named "${portName}"`
  const explained = portNumber === undefined ? didYouMean(near) : explainNumber(context, service, portNumber)
  return [
    {
      ...at,
      message: `${titleOf(object)} gets no answer: ${nameOf(service)} has no ${what} (it has ${portsText(service)})${explained}`,
      related: [{ object: service.object, path: ['spec', 'ports'], message: `the ports of ${nameOf(service)}` }],
      fixes: right === undefined ? [] : safeFix(`use ${right}`, [replaceScalar(at, right)]),
    },
  ]
}
