import type { Check } from '../check.ts'
import { clientReferences } from '../client-references.ts'
import { listText } from '../wording.ts'

export const clientUrlWrongNamespace: Check = {
  code: 'PTL703',
  name: 'client-url-wrong-namespace',
  severity: 'warning',
  summary: 'A short name is a Service of another namespace.',
  why: 'A name without dots is looked up in the namespace of the client: the answer is NXDOMAIN, though the Service exists.',
  remediation: 'Write `service.namespace`.',
  examples: [
    {
      title: 'a short name across namespaces',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: orders, namespace: backend }
#                 ------ the Service
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
          value: http://orders/
#                ^^^^^^^^^^^^^^ warning
`,
    },
    {
      title: 'with its namespace',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: orders, namespace: backend }
spec: { selector: { app: orders }, ports: [{ port: 80 }] }
---
apiVersion: v1
kind: Pod
metadata: { name: cart, namespace: shop }
spec:
  containers:
    - name: cart
      env: [{ name: ORDERS_URL, value: http://orders.backend/ }]
`,
    },
  ],
  run(context) {
    return clientReferences(context).flatMap(({ object, path, host, scheme, service, target, namespace, workload }) => {
      if (
        workload === undefined ||
        host.includes('.') ||
        service !== undefined ||
        target === undefined ||
        scheme === ''
      )
        return []
      const [first, ...others] = context.servicesByName.get(target.name) ?? []
      if (first === undefined) return []
      const where = listText([first, ...others].map((one) => one.namespace))
      return {
        object,
        path,
        message: `"${host}" does not resolve in namespace ${namespace}: the Service is in ${where}; write ${host}.${first.namespace}`,
        related: [{ object: first.object, path: ['metadata', 'name'], message: 'the Service' }],
      }
    })
  },
}
