import type { Check } from '../check.ts'
import { nameOf } from '../wording.ts'
import { declaredPorts } from '../workload.ts'

export const containerPortNameDuplicate: Check = {
  code: 'PTL402',
  name: 'container-port-name-duplicate',
  severity: 'error',
  summary: 'Two ports of a Pod have the same name.',
  why: 'In one container the API server rejects it. In two containers it is allowed, and whatever refers to the name gets the first one: a warning.',
  remediation: 'Rename one of the two.',
  examples: [
    {
      title: 'in one container',
      yaml: `
apiVersion: v1
kind: Pod
metadata: { name: web }
spec:
  containers:
    - name: web
      ports:
        - name: http
#               ---- the first one
          containerPort: 8080
        - name: http
#               ^^^^ error
          containerPort: 8081
`,
    },
    {
      title: 'in two containers',
      yaml: `
apiVersion: v1
kind: Pod
metadata: { name: web }
spec:
  containers:
    - name: web
      ports:
        - name: http
#               ---- the first one
          containerPort: 8080
    - name: admin
      ports:
        - name: http
#               ^^^^ warning
          containerPort: 8081
`,
    },
    {
      title: 'different names',
      yaml: `
apiVersion: v1
kind: Pod
metadata: { name: web }
spec:
  containers:
    - name: web
      ports: [{ name: http, containerPort: 8080 }, { name: admin, containerPort: 8081 }]
`,
    },
  ],
  run({ workloads }) {
    return workloads.flatMap((workload) => {
      const ports = declaredPorts(workload)
      const { object } = workload
      return ports.flatMap((port, i) => {
        const first = port.name === '' ? undefined : ports.slice(0, i).find(({ name }) => name === port.name)
        if (first === undefined) return []
        const isSame = first.container === port.container
        // A name may stand for one port per protocol.
        if (!isSame && first.protocol !== port.protocol) return []
        return {
          object,
          path: [...port.path, 'name'],
          severity: isSame ? 'error' : 'warning',
          message: isSame
            ? `${nameOf(workload)} is rejected: two ports of container ${port.container.name} are named "${port.name}"`
            : `whatever refers to "${port.name}" in ${nameOf(workload)} gets port ${first.containerPort} of container ${first.container.name}, never ${port.containerPort} of ${port.container.name}`,
          related: [{ object, path: [...first.path, 'name'], message: 'the first one' }],
        }
      })
    })
  },
}
