import { suggest } from '../../../manifest/suggest.ts'
import type { Check } from '../check.ts'
import { replaceScalar, unsafeFix } from '../edits.ts'
import { probePorts } from '../evidence.ts'
import { isDigits } from '../port-syntax.ts'
import { didYouMean, nameOf } from '../wording.ts'

export const probePortNameMissing: Check = {
  code: 'PTL403',
  name: 'probe-port-name-missing',
  severity: 'error',
  summary: 'A probe names a port that its container does not have.',
  why: 'The kubelet looks for the name in the same container alone. The probe fails each time: a readiness probe keeps the Pod out of every Service, a liveness probe restarts it.',
  remediation: 'Name the port in this container, or correct the probe.',
  examples: [
    {
      title: 'the other container has it',
      yaml: `
apiVersion: v1
kind: Pod
metadata: { name: web }
spec:
  containers:
    - name: web
      readinessProbe:
        httpGet:
          port: http
#               ^^^^ error
      ports: [{ name: web, containerPort: 8080 }]
#     ----- the ports of this container
    - name: proxy
      ports: [{ name: http, containerPort: 80 }]
`,
    },
    {
      title: 'its own name',
      yaml: `
apiVersion: v1
kind: Pod
metadata: { name: web }
spec:
  containers:
    - name: web
      readinessProbe: { httpGet: { port: http } }
      ports: [{ name: http, containerPort: 8080 }]
`,
    },
  ],
  run({ workloads }) {
    return workloads.flatMap((workload) =>
      workload.containers.flatMap((container) =>
        probePorts(container).flatMap(({ probe, port, path }) => {
          const names = container.ports.map(({ name }) => name).filter((name) => name !== '')
          // The kubelet reads digits as a number.
          if (typeof port !== 'string' || names.includes(port) || isDigits(port)) return []
          const near = suggest(port, names) ?? (names.length === 1 ? names[0] : undefined)
          const at = { object: workload.object, path }
          return {
            ...at,
            message: `the ${probe} of container ${container.name} in ${nameOf(workload)} always fails: the container has no port named "${port}"${didYouMean(near)}`,
            related: [
              {
                object: workload.object,
                path: [...container.path, container.ports.length > 0 ? 'ports' : 'name'],
                message: 'the ports of this container',
              },
            ],
            fixes: near === undefined ? [] : unsafeFix(`probe "${near}"`, [replaceScalar(at, near)]),
          }
        }),
      ),
    )
  },
}
