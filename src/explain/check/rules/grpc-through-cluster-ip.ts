import type { Check } from '../check.ts'
import { selectedBy } from '../context.ts'
import { nameOf } from '../wording.ts'

export const grpcThroughClusterIp: Check = {
  code: 'PTL506',
  name: 'grpc-through-cluster-ip',
  severity: 'info',
  summary: 'gRPC goes through a cluster IP to several Pods.',
  why: 'A connection is given to one Pod when it is opened, and gRPC keeps one connection for all its calls: one Pod gets all the work of a client.',
  remediation: 'Use a headless Service and balance in the client, or a proxy that understands HTTP/2.',
  examples: [
    {
      title: 'three replicas',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: api }
spec:
  selector: { app: api }
  ports:
    - name: grpc
      port: 50051
#           ^^^^^ info
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: api }
spec:
  replicas: 3
  selector: { matchLabels: { app: api } }
  template:
    metadata: { labels: { app: api } }
    spec: { containers: [{ name: api, ports: [{ containerPort: 50051 }] }] }
`,
    },
    {
      title: 'headless',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: api }
spec:
  clusterIP: None
  selector: { app: api }
  ports: [{ name: grpc, port: 50051 }]
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: api }
spec:
  replicas: 3
  selector: { matchLabels: { app: api } }
  template:
    metadata: { labels: { app: api } }
    spec: { containers: [{ name: api, ports: [{ containerPort: 50051 }] }] }
`,
    },
  ],
  run(context) {
    return context.services
      .filter(({ headless, type }) => !headless && type === 'ClusterIP')
      .filter((service) => selectedBy(context, service).reduce((sum, { replicas = 1 }) => sum + replicas, 0) > 1)
      .flatMap((service) =>
        service.ports
          .filter(
            ({ name, appProtocol = '' }) =>
              /^grpc(?:-|$)/.test(name) || /^(?:grpc|kubernetes\.io\/h2c)$/.test(appProtocol),
          )
          .map((port) => ({
            object: service.object,
            path: [...port.path, 'port'],
            message: `each client of ${nameOf(service)} port ${port.port} sends all its gRPC calls to one Pod`,
          })),
      )
  },
}
