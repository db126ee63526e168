import type { Check } from '../check.ts'
import { probePorts } from '../evidence.ts'
import { links, targetOf } from '../target.ts'
import { nameOf } from '../wording.ts'
import { servicesSelecting } from '../context.ts'

export const readinessNotOnServedPort: Check = {
  code: 'PTL405',
  name: 'readiness-not-on-served-port',
  severity: 'info',
  summary: 'A readiness probe asks a port that no Service sends to.',
  why: 'The Pod gets ready while the port that clients use may not be open yet: they are refused for a while. A port for health alone is a good reason.',
  remediation: 'Probe the port that the Service targets.',
  examples: [
    {
      title: 'ready says another port',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  selector: { app: web }
  ports: [{ port: 80, targetPort: 8080 }]
#         ------------------------------ the port of the Service
---
apiVersion: v1
kind: Pod
metadata: { name: web, labels: { app: web } }
spec:
  containers:
    - name: web
      ports: [{ containerPort: 8080 }, { containerPort: 9000 }]
      readinessProbe:
        tcpSocket:
          port: 9000
#               ^^^^ info
`,
    },
    {
      title: 'a port that is there for health',
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
      ports: [{ containerPort: 8080 }, { name: health, containerPort: 9000 }]
      readinessProbe: { httpGet: { port: health } }
`,
    },
  ],
  run(context) {
    return links(context).flatMap((link) => {
      const { service, port, workload } = link
      const target = targetOf(link)
      if (target === undefined || port.protocol !== 'TCP') return []
      const probes = probePorts(target.container).filter(
        ({ probe, port: asked }) =>
          probe === 'readinessProbe' && typeof asked === 'number' && asked !== target.containerPort,
      )
      if (probes.length === 0) return []
      const targets = new Set<number | string | undefined>(
        servicesSelecting(context, workload).flatMap((one) =>
          one.ports.map((other) => targetOf({ service: one, port: other, workload })?.containerPort),
        ),
      )
      return probes
        .filter(({ port: asked }) => !targets.has(asked))
        .map(({ path, port: asked }) => ({
          object: workload.object,
          path,
          message: `${nameOf(workload)} gets ready when port ${asked} answers, and ${nameOf(service)} sends to ${target.containerPort}`,
          related: [{ object: service.object, path: port.path, message: 'the port of the Service' }],
        }))
    })
  },
}
