import type { Check } from '../check.ts'
import { mentions, portFacts, probePorts } from '../evidence.ts'
import { listText, nameOf } from '../wording.ts'

export const probePortContradictsEvidence: Check = {
  code: 'PTL404',
  name: 'probe-port-contradicts-evidence',
  severity: 'warning',
  summary: 'A probe asks a port that the Pod does not seem to serve.',
  why: 'The container declares its ports or is told where to listen, and the probe asks another one: the Pod probably never gets ready, or is restarted again and again.',
  remediation: 'Probe the port on which the program listens, best by name.',
  examples: [
    {
      title: 'the port was changed in one place',
      yaml: `
apiVersion: v1
kind: Pod
metadata: { name: web }
spec:
  containers:
    - name: web
      env: [{ name: PORT, value: "3000" }]
#                                ------ PORT=3000
      ports: [{ containerPort: 3000 }]
      readinessProbe:
        httpGet:
          port: 8080
#               ^^^^ warning
`,
    },
    {
      title: 'declared in part only: no word on where the program listens',
      yaml: `
apiVersion: v1
kind: Pod
metadata: { name: web }
spec:
  containers:
    - name: web
      ports: [{ containerPort: 3000 }]
      readinessProbe: { httpGet: { port: 8081 } }
`,
    },
  ],
  run({ workloads }) {
    return workloads.flatMap((workload) => {
      const pod = workload.containers
        .flatMap((container) => portFacts(container))
        .filter(({ source }) => source !== 'probe')
      return workload.containers.flatMap((container) => {
        const told = portFacts(container).filter(({ source }) => source === 'environment' || source === 'argument')
        if (told.length === 0) return []
        return probePorts(container).flatMap(({ probe, port, path }) => {
          const isServed = pod.some((fact) => fact.port === port)
          if (typeof port !== 'number' || isServed || mentions(container, port)) return []
          const [fact] = told
          return {
            object: workload.object,
            path,
            message: `the ${probe} of container ${container.name} in ${nameOf(workload)} probably fails: it asks ${port}, and the Pod says ${listText([...new Set(pod.map(({ text }) => text))])}`,
            related: fact === undefined ? [] : [{ object: workload.object, path: fact.path, message: fact.text }],
          }
        })
      })
    })
  },
}
