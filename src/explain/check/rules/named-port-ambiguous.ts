import type { Check } from '../check.ts'
import { links } from '../target.ts'
import { nameOf } from '../wording.ts'
import { declaredPorts } from '../workload.ts'

export const namedPortAmbiguous: Check = {
  code: 'PTL306',
  name: 'named-port-ambiguous',
  severity: 'warning',
  summary: 'Two containers of a Pod declare the name that a Service targets.',
  why: 'The first one wins, in the order of the containers. The other never gets a connection, and an injected or reordered container changes where the traffic goes.',
  remediation: 'Rename one of the two ports.',
  examples: [
    {
      title: 'http twice',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  selector: { app: web }
  ports:
    - port: 80
      targetPort: http
#                 ^^^^ warning
---
apiVersion: v1
kind: Pod
metadata: { name: web, labels: { app: web } }
spec:
  containers:
    - { name: proxy, ports: [{ name: http, containerPort: 8080 }] }
#                                    ---- container proxy
    - { name: web, ports: [{ name: http, containerPort: 3000 }] }
#                                  ---- container web
`,
    },
    {
      title: 'told apart by protocol',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: dns }
spec:
  selector: { app: dns }
  ports: [{ port: 53, targetPort: dns, protocol: UDP }]
---
apiVersion: v1
kind: Pod
metadata: { name: dns, labels: { app: dns } }
spec:
  containers:
    - { name: dns, ports: [{ name: dns, containerPort: 53, protocol: UDP }] }
    - { name: tcp, ports: [{ name: dns, containerPort: 53, protocol: TCP }] }
`,
    },
  ],
  run(context) {
    return links(context).flatMap(({ service, port, workload }) => {
      const { target, protocol } = port
      const matching = declaredPorts(workload).filter(
        ({ name, protocol: other }) => name === target && other === protocol,
      )
      const [first, second] = matching
      if (typeof target !== 'string' || first === undefined || second === undefined) return []
      if (first.container === second.container) return []
      return {
        object: service.object,
        path: [...port.path, 'targetPort'],
        message: `all connections to port ${port.port} of ${nameOf(service)} go to container ${first.container.name} (${first.containerPort}): container ${second.container.name} names its port ${second.containerPort} "${target}" too`,
        related: [first, second].map((one) => ({
          object: workload.object,
          path: [...one.path, 'name'],
          message: `container ${one.container.name}`,
        })),
      }
    })
  },
}
