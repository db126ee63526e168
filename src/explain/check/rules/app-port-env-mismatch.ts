import type { Check } from '../check.ts'
import { listenFacts } from '../evidence.ts'
import { links, targetOf } from '../target.ts'
import { nameOf } from '../wording.ts'
import { declaredPorts } from '../workload.ts'

export const appPortEnvMismatch: Check = {
  code: 'PTL308',
  name: 'app-port-env-mismatch',
  severity: 'warning',
  summary: 'A variable or flag makes the program listen on another port than the Service sends to.',
  why: 'The declared containerPort opens nothing; the program listens where its setting says. Packets arrive at the declared port and are refused.',
  remediation: 'Set the variable, containerPort and targetPort to one number.',
  examples: [
    {
      title: 'PORT says otherwise',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: api }
spec:
  selector: { app: api }
  ports: [{ port: 80, targetPort: 8080 }]
#                                 ---- the target of the Service
---
apiVersion: v1
kind: Pod
metadata: { name: api, labels: { app: api } }
spec:
  containers:
    - name: api
      env:
        - name: PORT
          value: "3000"
#                ^^^^^^ warning
      ports: [{ containerPort: 8080 }]
#                              ---- the declared port
`,
    },
    {
      title: 'the port of something else',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: api }
spec:
  selector: { app: api }
  ports: [{ port: 80, targetPort: 8080 }]
---
apiVersion: v1
kind: Pod
metadata: { name: api, labels: { app: api } }
spec:
  containers:
    - name: api
      env: [{ name: PORT, value: "8080" }, { name: DB_PORT, value: "5432" }]
      ports: [{ containerPort: 8080 }]
`,
    },
  ],
  run(context) {
    return links(context).flatMap((link) => {
      const { service, port, workload } = link
      const target = targetOf(link)
      if (target === undefined || port.protocol !== 'TCP') return []
      const facts = listenFacts(target.container).filter((fact) => fact.port !== undefined)
      const declared = new Set(declaredPorts(workload).map(({ containerPort }) => containerPort))
      const [fact] = facts
      // Another setting, or another declared port, is what the number belongs to.
      if (fact === undefined || facts.some((one) => one.port !== undefined && declared.has(one.port))) return []
      return {
        object: workload.object,
        path: fact.path,
        message: `probably nothing answers on port ${port.port} of ${nameOf(service)}: it sends to ${target.containerPort}, and ${fact.text} makes container ${target.container.name} listen on ${fact.port}`,
        related: [
          { object: workload.object, path: [...target.path, 'containerPort'], message: 'the declared port' },
          {
            object: service.object,
            path: [...port.path, port.targetPort === undefined ? 'port' : 'targetPort'],
            message: 'the target of the Service',
          },
        ],
      }
    })
  },
}
