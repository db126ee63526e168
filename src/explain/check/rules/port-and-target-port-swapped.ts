import type { Check } from '../check.ts'
import { replaceScalar, unsafeFix } from '../edits.ts'
import { contradiction, links } from '../target.ts'
import { nameOf } from '../wording.ts'
import { declaredPorts } from '../workload.ts'

export const portAndTargetPortSwapped: Check = {
  code: 'PTL307',
  name: 'port-and-target-port-swapped',
  severity: 'warning',
  summary: '`port` is what the containers serve, and targetPort is not.',
  why: '`port` is where clients connect, targetPort where the program listens. The other way round, packets arrive at a port on which nothing listens, and clients are refused.',
  remediation: 'Exchange the two numbers.',
  examples: [
    {
      title: 'exchanged',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  selector: { app: web }
  ports:
    - port: 8080
      targetPort: 80
#                 ^^ warning
---
apiVersion: v1
kind: Pod
metadata: { name: web, labels: { app: web } }
spec:
  containers:
    - name: web
      image: example.com/web
      ports:
        - containerPort: 8080
#                        ---- served here
`,
    },
    {
      title: 'both are served',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  selector: { app: web }
  ports: [{ port: 8080, targetPort: 80 }]
---
apiVersion: v1
kind: Pod
metadata: { name: web, labels: { app: web } }
spec:
  containers:
    - name: web
      image: example.com/web
      ports: [{ containerPort: 8080 }, { containerPort: 80 }]
`,
    },
  ],
  run(context) {
    return links(context).flatMap((link) => {
      const { service, port, workload } = link
      const { port: number, target } = port
      if (typeof target !== 'number' || number === undefined || number === target) return []
      const served = declaredPorts(workload).find((one) => one.containerPort === number)
      if (served === undefined || contradiction(context, link) === undefined) return []
      const at = (field: string) => ({ object: service.object, path: [...port.path, field] })
      return {
        ...at('targetPort'),
        message: `probably nothing answers on port ${number} of ${nameOf(service)}: it sends to ${target}, and ${nameOf(workload)} serves ${number}; port and targetPort seem to be exchanged`,
        related: [{ object: workload.object, path: [...served.path, 'containerPort'], message: 'served here' }],
        fixes: unsafeFix('exchange port and targetPort', [
          replaceScalar(at('port'), target),
          replaceScalar(at('targetPort'), number),
        ]),
      }
    })
  },
}
