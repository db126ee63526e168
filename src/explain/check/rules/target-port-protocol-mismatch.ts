import type { Check } from '../check.ts'
import { links, targetOf } from '../target.ts'
import { nameOf } from '../wording.ts'
import { declaredPorts } from '../workload.ts'

export const targetPortProtocolMismatch: Check = {
  code: 'PTL304',
  name: 'target-port-protocol-mismatch',
  severity: 'error',
  summary: 'A Service port and its container port have different protocols.',
  why: 'A named targetPort has to match in name and protocol: otherwise it does not resolve, and clients are refused. A number is sent to as it is, with the wrong protocol: UDP clients time out. An error for a name, a warning for a number.',
  remediation: 'Set the same protocol on both sides; without one it is TCP.',
  examples: [
    {
      title: 'by name',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: dns }
spec:
  selector: { app: dns }
  ports:
    - port: 53
      targetPort: dns
#                 ^^^ error
---
apiVersion: v1
kind: Pod
metadata: { name: dns, labels: { app: dns } }
spec:
  containers:
    - name: dns
      ports:
        - name: dns
          containerPort: 53
          protocol: UDP
#                   --- UDP here
`,
    },
    {
      title: 'by number',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: syslog }
spec:
  selector: { app: syslog }
  ports:
    - port: 514
#           ^^^ warning
---
apiVersion: v1
kind: Pod
metadata: { name: syslog, labels: { app: syslog } }
spec:
  containers:
    - name: syslog
      ports:
        - containerPort: 514
          protocol: UDP
#                   --- UDP here
`,
    },
    {
      title: 'the container has both',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: dns }
spec:
  selector: { app: dns }
  ports: [{ port: 53, protocol: TCP }]
---
apiVersion: v1
kind: Pod
metadata: { name: dns, labels: { app: dns } }
spec:
  containers:
    - name: dns
      ports: [{ containerPort: 53, protocol: UDP }, { containerPort: 53, protocol: TCP }]
`,
    },
  ],
  run(context) {
    return links(context).flatMap((link) => {
      const { service, port, workload } = link
      if (targetOf(link) !== undefined) return []
      const isName = typeof port.target === 'string'
      const other = declaredPorts(workload).find(
        ({ name, containerPort }) => (isName ? name : containerPort) === port.target,
      )
      if (other === undefined) return []
      const what = isName ? `"${port.target}"` : String(port.target)
      const outcome = isName ? 'nothing will answer' : `probably no ${port.protocol} answers`
      return {
        object: service.object,
        path: [...port.path, port.targetPort === undefined ? 'port' : 'targetPort'],
        severity: isName ? 'error' : 'warning',
        message: `${outcome} on port ${port.port} of ${nameOf(service)}: it is ${port.protocol}, and port ${what} of ${nameOf(workload)} is ${other.protocol}`,
        related: [{ object: workload.object, path: [...other.path, 'protocol'], message: `${other.protocol} here` }],
      }
    })
  },
}
