import type { Check } from '../check.ts'
import { type CheckContext, objectsOfKind } from '../context.ts'
import { isSet, listAt, textAt } from '../json.ts'
import { type RouteBackend, routeBackends } from '../route-backends.ts'
import { NOT_GIVEN, titleOf } from '../wording.ts'

export const routeReferenceGrantMissing: Check = {
  code: 'PTL606',
  name: 'route-reference-grant-missing',
  severity: 'error',
  summary: 'A route sends to a Service of another namespace that does not allow it.',
  why: 'Without a ReferenceGrant in the namespace of the Service, the Gateway answers 500 and the route has the reason RefNotPermitted. A warning where the grant may exist outside of what was given.',
  remediation: 'Add a ReferenceGrant to the namespace of the Service.',
  examples: [
    {
      title: 'no grant',
      yaml: `
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: web, namespace: edge }
spec:
  rules:
    - backendRefs:
        - name: web
          namespace: shop
#                    ^^^^ error
          port: 80
---
apiVersion: v1
kind: Service
metadata: { name: web, namespace: shop }
spec: { selector: { app: web }, ports: [{ port: 80 }] }
`,
    },
    {
      title: 'granted',
      yaml: `
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: web, namespace: edge }
spec: { rules: [{ backendRefs: [{ name: web, namespace: shop, port: 80 }] }] }
---
apiVersion: gateway.networking.k8s.io/v1beta1
kind: ReferenceGrant
metadata: { name: edge, namespace: shop }
spec:
  from: [{ group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: edge }]
  to: [{ group: "", kind: Service }]
---
apiVersion: v1
kind: Service
metadata: { name: web, namespace: shop }
spec: { selector: { app: web }, ports: [{ port: 80 }] }
`,
    },
  ],
  run(context) {
    return routeBackends(context)
      .filter((backend) => backend.namespace !== backend.routeNamespace && !isGranted(context, backend))
      .map(({ object, namespace, name, path, routeNamespace }) => {
        // Of a namespace of which nothing was given, the grant was not given either.
        const isOpen = !context.closed || context.serviceIndex.find(namespace, {}).length === 0
        const open = isOpen ? ` (${NOT_GIVEN})` : ''
        return {
          object,
          path: [...path, 'namespace'],
          severity: isOpen ? 'warning' : 'error',
          message: `${titleOf(object)} answers 500: no ReferenceGrant in namespace ${namespace} lets ${object.kind}s of ${routeNamespace} use Service "${name}"${open}`,
        }
      })
  },
}

function isGranted(context: CheckContext, { object, routeNamespace, namespace, name }: RouteBackend): boolean {
  return objectsOfKind(context, 'ReferenceGrant').some(
    (grant) =>
      context.namespaceOf(grant) === namespace &&
      listAt(grant.value, 'spec', 'from').some(
        (from) => textAt(from, 'kind') === object.kind && textAt(from, 'namespace') === routeNamespace,
      ) &&
      listAt(grant.value, 'spec', 'to').some(
        (to) => textAt(to, 'kind') === 'Service' && (!isSet(to, 'name') || textAt(to, 'name') === name),
      ),
  )
}
