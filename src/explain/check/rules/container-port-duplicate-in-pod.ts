import type { Check } from '../check.ts'
import { nameOf } from '../wording.ts'
import { declaredPorts } from '../workload.ts'

export const containerPortDuplicateInPod: Check = {
  code: 'PTL401',
  name: 'container-port-duplicate-in-pod',
  severity: 'warning',
  summary: 'Two ports of a Pod have the same number and protocol.',
  why: 'The containers of a Pod share one network: the second program that opens the port fails with EADDRINUSE, and its container restarts. In one container, a client-side apply merges the two entries.',
  remediation: 'Give one of them another port, or remove the entry.',
  examples: [
    {
      title: 'two containers',
      yaml: `
apiVersion: v1
kind: Pod
metadata: { name: web }
spec:
  containers:
    - name: web
      ports:
        - containerPort: 8080
#                        ---- the first one
    - name: admin
      ports:
        - containerPort: 8080
#                        ^^^^ warning
`,
    },
    {
      title: 'two protocols',
      yaml: `
apiVersion: v1
kind: Pod
metadata: { name: dns }
spec:
  containers:
    - name: dns
      ports:
        - { containerPort: 53, protocol: UDP }
        - { containerPort: 53, protocol: TCP }
`,
    },
  ],
  run({ workloads }) {
    return workloads.flatMap((workload) => {
      const ports = declaredPorts(workload)
      const { object } = workload
      return ports.flatMap((port, i) => {
        const first = ports
          .slice(0, i)
          .find((other) => other.containerPort === port.containerPort && other.protocol === port.protocol)
        if (first === undefined) return []
        const isSame = first.container === port.container
        const outcome = isSame
          ? `container ${port.container.name} declares it twice, and a client-side apply keeps one of the two`
          : `containers ${first.container.name} and ${port.container.name} share one network, and the second to open it fails`
        return {
          object,
          path: [...port.path, 'containerPort'],
          message: `port ${port.containerPort}/${port.protocol} is there twice in ${nameOf(workload)}: ${outcome}`,
          related: [{ object, path: [...first.path, 'containerPort'], message: 'the first one' }],
        }
      })
    })
  },
}
