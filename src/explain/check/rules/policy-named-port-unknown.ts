import type { Check, Problem } from '../check.ts'
import { suggest } from '../../../manifest/suggest.ts'
import { policies, selectedByPolicy } from '../policies.ts'
import { didYouMean, workloadsText } from '../wording.ts'
import { declaredPorts } from '../workload.ts'

export const policyNamedPortUnknown: Check = {
  code: 'PTL804',
  name: 'policy-named-port-unknown',
  severity: 'warning',
  summary: 'A NetworkPolicy names a port that none of its Pods has.',
  why: 'A named port is looked up in the Pods that the policy selects. Without one the rule matches nothing, and the client waits until it times out.',
  remediation: 'Give the container port the name, or write the number.',
  examples: [
    {
      title: 'an unknown name',
      yaml: `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: web }
spec:
  podSelector: { matchLabels: { app: web } }
  ingress:
    - ports:
        - port: htttp
#               ^^^^^ warning
---
apiVersion: v1
kind: Pod
metadata: { name: web, labels: { app: web } }
spec: { containers: [{ name: web, ports: [{ name: http, containerPort: 8080 }] }] }
`,
    },
    {
      title: 'a known one',
      yaml: `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: web }
spec:
  podSelector: { matchLabels: { app: web } }
  ingress:
    - ports: [{ port: http }]
---
apiVersion: v1
kind: Pod
metadata: { name: web, labels: { app: web } }
spec: { containers: [{ name: web, ports: [{ name: http, containerPort: 8080 }] }] }
`,
    },
  ],
  run(context) {
    return policies(context).flatMap((policy) => {
      const workloads = selectedByPolicy(context, policy)
      const names = workloads.flatMap(declaredPorts).map(({ name }) => name)
      if (workloads.length === 0) return []
      return (policy.ingress ?? []).flatMap(({ ports }) =>
        ports.flatMap(({ port, path }): readonly Problem[] => {
          if (typeof port !== 'string' || names.includes(port)) return []
          const near = suggest(port, names)
          const message = `NetworkPolicy ${policy.name} lets nobody in on "${port}": no port of ${workloadsText(workloads)} has that name${didYouMean(near)}`
          return [{ object: policy.object, path: [...path, 'port'], message }]
        }),
      )
    })
  },
}
