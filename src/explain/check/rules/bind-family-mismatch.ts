import type { Check } from '../check.ts'
import { listenFacts } from '../evidence.ts'
import { listAt } from '../json.ts'
import { links, targetNumber, targetOf } from '../target.ts'
import { nameOf } from '../wording.ts'

export const bindFamilyMismatch: Check = {
  code: 'PTL310',
  name: 'bind-family-mismatch',
  severity: 'warning',
  summary: 'A program listens on IPv4 alone, and its Service has IPv6 addresses.',
  why: 'The endpoints of an IPv6 Service are the IPv6 addresses of the Pods; a socket on 0.0.0.0 does not answer there. Clients that prefer IPv6 are refused.',
  remediation: 'Listen on [::], which takes both families, or set ipFamilies to IPv4.',
  examples: [
    {
      title: 'IPv6 leads to a socket on 0.0.0.0',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: api }
spec:
  ipFamilies: [IPv6]
# ---------- the Service has IPv6
  selector: { app: api }
  ports: [{ port: 8000 }]
---
apiVersion: v1
kind: Pod
metadata: { name: api, labels: { app: api } }
spec:
  containers:
    - name: api
      args:
        - --listen=0.0.0.0:8000
#         ^^^^^^^^^^^^^^^^^^^^^ warning
      ports: [{ containerPort: 8000 }]
`,
    },
    {
      title: 'a socket for both',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: api }
spec:
  ipFamilies: [IPv6, IPv4]
  selector: { app: api }
  ports: [{ port: 8000 }]
---
apiVersion: v1
kind: Pod
metadata: { name: api, labels: { app: api } }
spec:
  containers: [{ name: api, args: ["--listen=[::]:8000"], ports: [{ containerPort: 8000 }] }]
`,
    },
  ],
  run(context) {
    return links(context).flatMap((link) => {
      const { service, port, workload } = link
      const families = listAt(service.spec, 'ipFamilies')
      const container = targetOf(link)?.container
      if (!families.includes('IPv6') || container === undefined) return []
      const facts = listenFacts(container).filter((fact) => fact.port === targetNumber(link) && fact.host !== '')
      const [fact] = facts
      if (fact === undefined || !facts.every(({ host }) => /^\d+(?:\.\d+){3}$/.test(host))) return []
      return {
        object: workload.object,
        path: fact.path,
        message: `port ${port.port} of ${nameOf(service)} is refused over IPv6: ${fact.text} makes container ${container.name} listen on IPv4 alone`,
        related: [{ object: service.object, path: ['spec', 'ipFamilies'], message: 'the Service has IPv6' }],
      }
    })
  },
}
