import type { Check } from '../check.ts'
import { links, targetOf } from '../target.ts'
import { nameOf } from '../wording.ts'
import { declaredPorts } from '../workload.ts'

export const targetPortUndeclared: Check = {
  code: 'PTL303',
  name: 'target-port-undeclared',
  severity: 'info',
  off: true,
  summary: 'A Service sends to a port that no container declares.',
  why: 'It works where the program listens there: containerPort is documentation. Off unless the configuration turns it on.',
  remediation: 'Declare the port, so that readers and tools see it.',
  examples: [
    {
      title: 'nothing is declared',
      config: { rules: { PTL303: 'on' } },
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  selector: { app: web }
  ports:
    - port: 8080
#           ^^^^ info
---
apiVersion: v1
kind: Pod
metadata: { name: web, labels: { app: web } }
spec: { containers: [{ name: web }] }
`,
    },
    {
      title: 'declared',
      config: { rules: { PTL303: 'on' } },
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  selector: { app: web }
  ports: [{ port: 8080 }]
---
apiVersion: v1
kind: Pod
metadata: { name: web, labels: { app: web } }
spec: { containers: [{ name: web, ports: [{ containerPort: 8080 }] }] }
`,
    },
  ],
  run(context) {
    return links(context)
      .filter((link) => typeof link.port.target === 'number' && targetOf(link) === undefined)
      .filter(({ workload }) => declaredPorts(workload).length === 0)
      .map(({ service, port, workload }) => ({
        object: service.object,
        path: [...port.path, port.targetPort === undefined ? 'port' : 'targetPort'],
        message: `no container of ${nameOf(workload)} declares ${port.target}/${port.protocol}, the target of ${nameOf(service)}; it works where the program listens there`,
      }))
  },
}
