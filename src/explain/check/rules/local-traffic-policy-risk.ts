import type { Check } from '../check.ts'
import { objectsOfKind, selectedBy } from '../context.ts'
import { isSet } from '../json.ts'
import { nameOf } from '../wording.ts'

export const localTrafficPolicyRisk: Check = {
  code: 'PTL503',
  name: 'local-traffic-policy-risk',
  severity: 'info',
  summary: 'A Service sends to Pods of the same node only, and not every node has one.',
  why: 'With a Local policy, packets that arrive at a node without a Pod of the Service are dropped: the client waits until it times out. A load balancer with health checks avoids such nodes; a client of the nodePort, or of the cluster IP with internalTrafficPolicy, does not.',
  remediation: 'Use a DaemonSet, spread the Pods over the nodes, or use the policy Cluster.',
  examples: [
    {
      title: 'two replicas somewhere',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  type: NodePort
  externalTrafficPolicy: Local
#                        ^^^^^ info
  selector: { app: web }
  ports: [{ port: 80 }]
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 2
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: web, ports: [{ containerPort: 80 }] }] }
`,
    },
    {
      title: 'one on every node',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  type: NodePort
  externalTrafficPolicy: Local
  selector: { app: web }
  ports: [{ port: 80 }]
---
apiVersion: apps/v1
kind: DaemonSet
metadata: { name: web }
spec:
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: web, ports: [{ containerPort: 80 }] }] }
`,
    },
  ],
  run(context) {
    const nodes = objectsOfKind(context, 'Node').length
    return context.services.flatMap((service) => {
      // Load balancers check the health of nodes.
      const fields =
        service.type === 'NodePort' ? ['externalTrafficPolicy', 'internalTrafficPolicy'] : ['internalTrafficPolicy']
      const field = fields.find((one) => service.spec[one] === 'Local')
      const workloads = selectedBy(context, service)
      const replicas = workloads.reduce((sum, one) => sum + (one.replicas ?? (one.kind === 'Pod' ? 1 : Infinity)), 0)
      const isSpread = workloads.some(
        ({ podSpec }) => isSet(podSpec, 'topologySpreadConstraints') || isSet(podSpec, 'affinity'),
      )
      if (field === undefined || workloads.length === 0 || isSpread || replicas === Infinity) return []
      if (nodes > 0 && replicas >= nodes) return []
      return {
        object: service.object,
        path: ['spec', field],
        message: `${nameOf(service)} does not answer on nodes without one of its ${replicas} ${replicas === 1 ? 'Pod' : 'Pods'}: ${field} is Local`,
      }
    })
  },
}
