import type { Check } from '../check.ts'
import { nameOf } from '../wording.ts'

export const mixedProtocolLoadBalancer: Check = {
  code: 'PTL504',
  name: 'mixed-protocol-load-balancer',
  severity: 'info',
  summary: 'One load balancer is to take both TCP and UDP.',
  why: 'Some cloud providers refuse mixed protocols on one load balancer: the Service stays pending without an address.',
  remediation: 'Where the provider refuses, use two Services with one address.',
  dependsOn: 'Allowed by the API since Kubernetes 1.26; each provider decides for itself.',
  examples: [
    {
      title: 'TCP and UDP',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: game }
spec:
  type: LoadBalancer
  ports:
    - { name: login, port: 7000, protocol: TCP }
    - { name: game, port: 7001, protocol: UDP }
#                                         ^^^ info
`,
    },
    {
      title: 'inside the cluster it does not matter',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: game }
spec:
  ports:
    - { name: login, port: 7000, protocol: TCP }
    - { name: game, port: 7001, protocol: UDP }
`,
    },
  ],
  run({ services }) {
    return services.flatMap((service) => {
      const [first] = service.ports
      const other = service.ports.find(({ protocol }) => protocol !== first?.protocol)
      if (service.type !== 'LoadBalancer' || first === undefined || other === undefined) return []
      return {
        object: service.object,
        path: [...other.path, 'protocol'],
        message: `${nameOf(service)} may stay without an address: not every provider takes ${first.protocol} and ${other.protocol} on one load balancer`,
      }
    })
  },
}
