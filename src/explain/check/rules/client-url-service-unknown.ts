import type { Check } from '../check.ts'
import { clientReferences } from '../client-references.ts'
import { missingService } from '../missing-service.ts'

export const clientUrlServiceUnknown: Check = {
  code: 'PTL701',
  name: 'client-url-service-unknown',
  severity: 'warning',
  summary: 'A client names a Service that does not exist.',
  why: 'The name does not resolve (NXDOMAIN). Judged only where the form of the name leaves no doubt (`name.namespace.svc`) and other Services of that namespace were given.',
  remediation: 'Correct the name or the namespace.',
  examples: [
    {
      title: 'a misspelt name',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: orders, namespace: shop }
spec: { selector: { app: orders }, ports: [{ port: 80 }] }
---
apiVersion: v1
kind: Pod
metadata: { name: cart, namespace: shop }
spec:
  containers:
    - name: cart
      env:
        - name: ORDERS_URL
          value: http://oders.shop.svc.cluster.local/
#                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ warning
`,
    },
    {
      title: 'a namespace of which nothing was given',
      yaml: `
apiVersion: v1
kind: Pod
metadata: { name: cart, namespace: shop }
spec:
  containers:
    - name: cart
      env: [{ name: ORDERS_URL, value: http://orders.other.svc/ }]
`,
    },
  ],
  run(context) {
    return clientReferences(context).flatMap(({ object, path, host, target, service, certain }) => {
      if (!certain || service !== undefined || target === undefined) return []
      const isGiven = context.serviceIndex.find(target.namespace, {}).length > 0
      // Pods of a StatefulSet have names below a Service; API servers come with the cluster.
      if (!isGiven || target.name === 'kubernetes') return []
      const { text } = missingService(context, target.namespace, target.name)
      return { object, path, severity: 'warning' as const, message: `"${host}" does not resolve: ${text}` }
    })
  },
}
