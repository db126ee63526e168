import { titleOf } from '../wording.ts'
import type { Check } from '../check.ts'
import { findService } from '../context.ts'
import { replaceScalar, unsafeFix } from '../edits.ts'
import { missingService } from '../missing-service.ts'
import { routeBackends } from '../route-backends.ts'

export const routeBackendServiceMissing: Check = {
  code: 'PTL604',
  name: 'route-backend-service-missing',
  severity: 'error',
  summary: 'A route sends to a Service that does not exist.',
  why: 'The Gateway answers 500 for the share of requests that this backend would get, and the route has ResolvedRefs=False. A warning where the Service may exist outside of what was given.',
  remediation: 'Correct the name or the namespace of the backend.',
  examples: [
    {
      title: 'a misspelt name',
      yaml: `
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: web }
spec:
  rules:
    - backendRefs:
        - name: wbe
#               ^^^ error
          port: 80
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { selector: { app: web }, ports: [{ port: 80 }] }
`,
    },
    {
      title: 'it is there',
      yaml: `
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: web }
spec: { rules: [{ backendRefs: [{ name: web, port: 80 }] }] }
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { selector: { app: web }, ports: [{ port: 80 }] }
`,
    },
  ],
  run(context) {
    return routeBackends(context).flatMap(({ object, namespace, name, path }) => {
      if (findService(context, namespace, name) !== undefined) return []
      const { severity, text, near } = missingService(context, namespace, name)
      const at = { object, path: [...path, 'name'] }
      return {
        ...at,
        severity,
        message: `${titleOf(object)} answers 500: ${text}`,
        fixes: near === undefined ? [] : unsafeFix(`name the Service "${near}"`, [replaceScalar(at, near)]),
      }
    })
  },
}
