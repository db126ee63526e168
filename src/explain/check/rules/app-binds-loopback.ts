import type { Check } from '../check.ts'
import { listenFacts } from '../evidence.ts'
import { type Link, links, targetNumber, targetOf } from '../target.ts'
import { nameOf } from '../wording.ts'
import type { Container } from '../workload.ts'

const LOOPBACK = /^(?:127\.\d+\.\d+\.\d+|localhost|::1)$/

export const appBindsLoopback: Check = {
  code: 'PTL309',
  name: 'app-binds-loopback',
  severity: 'warning',
  summary: 'A program behind a Service is told to listen on loopback.',
  why: 'Packets of a Service arrive at the address of the Pod, and a socket on 127.0.0.1 refuses them. Inside the Pod and with `kubectl port-forward`, which connects to loopback, everything works.',
  remediation: 'Listen on 0.0.0.0, or on [::] for both families.',
  examples: [
    {
      title: 'a flag',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: api }
spec:
  selector: { app: api }
  ports: [{ port: 8000 }]
#         -------------- the port of the Service
---
apiVersion: v1
kind: Pod
metadata: { name: api, labels: { app: api } }
spec:
  containers:
    - name: api
      args:
        - --host=127.0.0.1
#         ^^^^^^^^^^^^^^^^ warning
      ports: [{ containerPort: 8000 }]
`,
    },
    {
      title: 'a port that is only for a proxy in the same Pod',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: metrics }
spec:
  selector: { app: api }
  ports: [{ port: 8443, targetPort: https }]
---
apiVersion: v1
kind: Pod
metadata: { name: api, labels: { app: api } }
spec:
  containers:
    - name: proxy
      ports: [{ name: https, containerPort: 8443 }]
    - name: api
      args: [--listen-address=127.0.0.1:8080]
`,
    },
  ],
  run(context) {
    return links(context).flatMap((link) => {
      const { service, port, workload } = link
      const number = targetNumber(link)
      return servingContainers(link).flatMap((container) => {
        const fact = listenFacts(container).find(
          (one) => LOOPBACK.test(one.host) && (one.port === undefined || one.port === number),
        )
        if (fact === undefined) return []
        return {
          object: workload.object,
          path: fact.path,
          message: `port ${port.port} of ${nameOf(service)} is probably refused: ${fact.text} makes container ${container.name} listen on loopback, where packets of a Service do not arrive`,
          related: [{ object: service.object, path: port.path, message: 'the port of the Service' }],
        }
      })
    })
  },
}

/** The container that declares the target; without one, the only container. */
function servingContainers(link: Link): readonly Container[] {
  const target = targetOf(link)
  if (target !== undefined) return [target.container]
  const { containers } = link.workload
  return containers.length === 1 ? containers : []
}
