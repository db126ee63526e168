import type { Check } from '../check.ts'
import { isSet } from '../json.ts'
import { links, targetOf } from '../target.ts'
import { nameOf } from '../wording.ts'
import { isJob } from '../workload.ts'

export const serviceBackedContainerWithoutReadiness: Check = {
  code: 'PTL406',
  name: 'service-backed-container-without-readiness',
  severity: 'info',
  summary: 'A container behind a Service has no readiness probe.',
  why: 'Without one the Pod counts as ready as soon as its program was started: clients are refused until it listens, at each start and rollout.',
  remediation: 'Add a readinessProbe on the port that the Service targets.',
  examples: [
    {
      title: 'no probe',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  selector: { app: web }
  ports: [{ port: 80, targetPort: 8080 }]
---
apiVersion: v1
kind: Pod
metadata: { name: web, labels: { app: web } }
spec:
  containers:
    - name: web
#           ^^^ info
      ports: [{ containerPort: 8080 }]
`,
    },
    {
      title: 'a probe',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  selector: { app: web }
  ports: [{ port: 80, targetPort: 8080 }]
---
apiVersion: v1
kind: Pod
metadata: { name: web, labels: { app: web } }
spec:
  containers: [{ name: web, ports: [{ containerPort: 8080 }], readinessProbe: { tcpSocket: { port: 8080 } } }]
`,
    },
  ],
  run(context) {
    const seen = new Set<unknown>()
    return links(context).flatMap((link) => {
      const { service, port, workload } = link
      const { containers } = workload
      const container = targetOf(link)?.container ?? (containers.length === 1 ? containers[0] : undefined)
      if (container === undefined || seen.has(container) || isJob(workload)) return []
      seen.add(container)
      if (isSet(container.value, 'readinessProbe') || service.spec['publishNotReadyAddresses'] === true) return []
      return {
        object: workload.object,
        path: [...container.path, 'name'],
        message: `clients of ${nameOf(service)} port ${port.port} may be refused while container ${container.name} of ${nameOf(workload)} starts: it has no readinessProbe`,
      }
    })
  },
}
