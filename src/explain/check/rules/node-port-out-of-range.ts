import type { Check } from '../check.ts'
import { nameOf } from '../wording.ts'

export const nodePortOutOfRange: Check = {
  code: 'PTL501',
  name: 'node-port-out-of-range',
  severity: 'error',
  summary: 'A nodePort is outside the range of the cluster.',
  why: 'The API server rejects the Service ("provided port is not in the valid range"): the range keeps node ports apart from the other programs of the nodes.',
  remediation:
    'Use a port of the range, or none, so that one is chosen; or set nodePortRange in the configuration of `portolan check` to the range of your cluster.',
  dependsOn: 'The option --service-node-port-range of the API server, 30000-32767 by default.',
  examples: [
    {
      title: 'below the range',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  type: NodePort
  ports:
    - port: 80
      nodePort: 8080
#               ^^^^ error
`,
    },
    {
      title: 'inside',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  type: NodePort
  ports: [{ port: 80, nodePort: 30080 }]
`,
    },
    {
      title: 'a cluster with another range',
      config: { nodePortRange: { first: 8000, last: 9000 } },
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  type: NodePort
  ports: [{ port: 80, nodePort: 8080 }]
`,
    },
  ],
  run({ services, config: { nodePortRange } }) {
    const { first, last } = nodePortRange
    return services
      .filter(({ type }) => type === 'NodePort' || type === 'LoadBalancer')
      .flatMap((service) =>
        service.ports
          .filter(({ nodePort }) => nodePort !== 0 && (nodePort < first || nodePort > last))
          .map(({ nodePort, path }) => ({
            object: service.object,
            path: [...path, 'nodePort'],
            message: `${nameOf(service)} is rejected: nodePort ${nodePort} is not between ${first} and ${last}`,
          })),
      )
  },
}
