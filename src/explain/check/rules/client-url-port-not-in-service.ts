import type { Check } from '../check.ts'
import { clientReferences } from '../client-references.ts'
import { explainNumber } from '../service-numbers.ts'
import { portsText } from '../service.ts'
import { nameOf } from '../wording.ts'

export const clientUrlPortNotInService: Check = {
  code: 'PTL702',
  name: 'client-url-port-not-in-service',
  severity: 'warning',
  summary: 'A client dials a port that the Service does not have.',
  why: 'Only the ports in spec.ports lead anywhere at the address of a Service. In nftables mode kube-proxy refuses any other port at once; in iptables and IPVS mode the client waits until it times out. An error where the host is written in full (`name.namespace.svc`), a warning where a short name could mean something else.',
  remediation: 'Use `port` of the Service: not targetPort, not nodePort.',
  dependsOn: 'What the client sees hangs on the mode of kube-proxy.',
  examples: [
    {
      title: 'the port of the Pods, with a short name',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: orders }
spec: { selector: { app: orders }, ports: [{ port: 80, targetPort: 8080 }] }
#                                  ----- the ports of Service orders
---
apiVersion: v1
kind: Pod
metadata: { name: cart }
spec:
  containers:
    - name: cart
      env:
        - name: ORDERS_URL
          value: http://orders:8080/
#                ^^^^^^^^^^^^^^^^^^^ warning
`,
    },
    {
      title: 'the port of the scheme, with the full name',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: orders, namespace: shop }
spec: { selector: { app: orders }, ports: [{ port: 8080 }] }
#                                  ----- the ports of Service shop/orders
---
apiVersion: v1
kind: Pod
metadata: { name: cart }
spec:
  containers:
    - name: cart
      args:
        - --orders=http://orders.shop.svc.cluster.local/api
#         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ error
`,
    },
    {
      title: 'the port of the Service',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: orders }
spec: { selector: { app: orders }, ports: [{ port: 80, targetPort: 8080 }] }
---
apiVersion: v1
kind: Pod
metadata: { name: cart }
spec:
  containers:
    - name: cart
      env: [{ name: ORDERS_URL, value: "http://orders/" }, { name: IMAGE, value: "orders:8080" }]
`,
    },
  ],
  run(context) {
    return clientReferences(context).flatMap(({ object, path, host, port, service, certain }) => {
      // Clients of headless Services connect to Pods, and ExternalName translates nothing.
      if (service === undefined || port === undefined || service.headless || service.type === 'ExternalName') return []
      if (service.ports.length === 0 || service.ports.some((one) => one.port === port)) return []
      return {
        object,
        path,
        severity: certain ? 'error' : 'warning',
        message: `the connection to ${host}:${port} fails: ${nameOf(service)} has no port ${port} (it has ${portsText(service)})${explainNumber(context, service, port)}`,
        related: [{ object: service.object, path: ['spec', 'ports'], message: `the ports of ${nameOf(service)}` }],
      }
    })
  },
}
