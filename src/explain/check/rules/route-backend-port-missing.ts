import type { Check } from '../check.ts'
import { findService } from '../context.ts'
import { replaceScalar, unsafeFix } from '../edits.ts'
import { routeBackends } from '../route-backends.ts'
import { explainNumber, portsLeadingTo } from '../service-numbers.ts'
import { portsText } from '../service.ts'
import { nameOf, titleOf } from '../wording.ts'

export const routeBackendPortMissing: Check = {
  code: 'PTL605',
  name: 'route-backend-port-missing',
  severity: 'error',
  summary: 'The backend of a route has no port, or one that its Service does not have.',
  why: 'For a Service the port is required, and it is the port of the Service, not of the Pods. The Gateway answers 500 for these requests.',
  remediation: 'Write the port of the Service.',
  examples: [
    {
      title: 'the port of the Pods',
      yaml: `
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: web }
spec:
  rules:
    - backendRefs:
        - name: web
          port: 8080
#               ^^^^ error
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { selector: { app: web }, ports: [{ port: 80, targetPort: 8080 }] }
#                               ----- the ports of Service web
`,
    },
    {
      title: 'none',
      yaml: `
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: web }
spec:
  rules:
    - backendRefs:
        - name: web
#               ^^^ error
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { selector: { app: web }, ports: [{ port: 80, targetPort: 8080 }] }
`,
    },
    {
      title: 'the port of the Service',
      yaml: `
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: web }
spec: { rules: [{ backendRefs: [{ name: web, port: 80 }] }] }
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { selector: { app: web }, ports: [{ port: 80, targetPort: 8080 }] }
`,
    },
  ],
  run(context) {
    return routeBackends(context).flatMap(({ object, namespace, name, port, path }) => {
      const service = findService(context, namespace, name)
      if (port === undefined) {
        const message = `${titleOf(object)} answers 500: its backend "${name}" has no port, and for a Service one is needed`
        return { object, path: [...path, 'name'], message }
      }
      if (service === undefined || service.ports.some((one) => one.port === port)) return []
      const leading = portsLeadingTo(context, service, port)
      const right = leading.length === 1 ? leading[0]?.port : undefined
      const at = { object, path: [...path, 'port'] }
      return {
        ...at,
        message: `${titleOf(object)} answers 500: ${nameOf(service)} has no port ${port} (it has ${portsText(service)})${explainNumber(context, service, port)}`,
        related: [{ object: service.object, path: ['spec', 'ports'], message: `the ports of ${nameOf(service)}` }],
        fixes: right === undefined ? [] : unsafeFix(`use ${right}`, [replaceScalar(at, right)]),
      }
    })
  },
}
