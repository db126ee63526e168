import { titleOf } from '../wording.ts'
import type { Check } from '../check.ts'
import { findService } from '../context.ts'
import { replaceScalar, unsafeFix } from '../edits.ts'
import { ingressBackends } from '../ingress-backends.ts'
import { missingService } from '../missing-service.ts'
import { isSet } from '../json.ts'

export const ingressBackendServiceMissing: Check = {
  code: 'PTL601',
  name: 'ingress-backend-service-missing',
  severity: 'error',
  summary: 'An Ingress sends to a Service that is not in its namespace.',
  why: 'An Ingress finds Services of its own namespace only. The controller answers 503 or 404 for these paths. A warning where the Service may exist outside of what was given.',
  remediation: 'Correct the name, move one of the two, or use the Gateway API, which can refer to other namespaces.',
  examples: [
    {
      title: 'a letter too many',
      yaml: `
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: web }
spec:
  rules:
    - http:
        paths:
          - path: /
            pathType: Prefix
            backend:
              service:
                name: webb
#                     ^^^^ error
                port: { number: 80 }
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { selector: { app: web }, ports: [{ port: 80 }] }
`,
    },
    {
      title: 'another namespace',
      yaml: `
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: web }
spec:
  defaultBackend:
    service:
      name: web
#           ^^^ error
      port: { number: 80 }
---
apiVersion: v1
kind: Service
metadata: { name: web, namespace: shop }
spec: { selector: { app: web }, ports: [{ port: 80 }] }
`,
    },
    {
      title: 'neither Services nor Pods were given',
      yaml: `
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: web }
spec:
  defaultBackend:
    service:
      name: web
#           ^^^ warning
      port: { number: 80 }
`,
    },
    {
      title: 'it is there',
      yaml: `
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: web }
spec: { defaultBackend: { service: { name: web, port: { number: 80 } } } }
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { selector: { app: web }, ports: [{ port: 80 }] }
`,
    },
  ],
  run(context) {
    return ingressBackends(context).flatMap(({ object, namespace, service, servicePath }) => {
      if (findService(context, namespace, service) !== undefined) return []
      // The AWS load balancer controller takes actions for Services.
      if (isSet(object.value, 'metadata', 'annotations', `alb.ingress.kubernetes.io/actions.${service}`)) return []
      const { severity, text, near } = missingService(context, namespace, service)
      const at = { object, path: servicePath }
      return {
        ...at,
        severity,
        message: `${titleOf(object)} has nobody to send to: ${text}`,
        fixes: near === undefined ? [] : unsafeFix(`name the Service "${near}"`, [replaceScalar(at, near)]),
      }
    })
  },
}
