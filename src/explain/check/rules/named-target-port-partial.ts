import type { Check } from '../check.ts'
import { selectedBy } from '../context.ts'
import { nameOf, workloadsText } from '../wording.ts'
import { findNamedPort } from '../workload.ts'

export const namedTargetPortPartial: Check = {
  code: 'PTL305',
  name: 'named-target-port-partial',
  severity: 'warning',
  summary: 'Some of the selected workloads lack the named targetPort.',
  why: 'A named targetPort is looked up in each Pod: those without it get no connections, without a word anywhere.',
  remediation: 'Give the port in every workload the name, or narrow the selector.',
  examples: [
    {
      title: 'one of two has the name',
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
metadata: { name: web-1, labels: { app: web } }
spec: { containers: [{ name: web, ports: [{ name: http, containerPort: 8080 }] }] }
---
apiVersion: v1
kind: Pod
metadata: { name: web-2, labels: { app: web } }
spec: { containers: [{ name: web, ports: [{ containerPort: 8080 }] }] }
#       ---------- Pod web-2 lacks the name
`,
    },
    {
      title: 'the same name for different numbers is what names are for',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  selector: { app: web }
  ports: [{ port: 80, targetPort: http }]
---
apiVersion: v1
kind: Pod
metadata: { name: web-1, labels: { app: web } }
spec: { containers: [{ name: web, ports: [{ name: http, containerPort: 8080 }] }] }
---
apiVersion: v1
kind: Pod
metadata: { name: web-2, labels: { app: web } }
spec: { containers: [{ name: web, ports: [{ name: http, containerPort: 9090 }] }] }
`,
    },
  ],
  run(context) {
    return context.services.flatMap((service) =>
      service.ports.flatMap(({ target, protocol, port, path }) => {
        if (typeof target !== 'string') return []
        const workloads = selectedBy(context, service)
        const without = workloads.filter((workload) => findNamedPort(workload, target, protocol) === undefined)
        const [first] = without
        if (first === undefined || without.length === workloads.length) return []
        return {
          object: service.object,
          path: [...path, 'targetPort'],
          message: `${workloadsText(without)} gets no connections to port ${port} of ${nameOf(service)}: no ${protocol} port there is named "${target}"`,
          related: [
            {
              object: first.object,
              path: [...first.podPath, 'containers'],
              message: `${nameOf(first)} lacks the name`,
            },
          ],
        }
      }),
    )
  },
}
