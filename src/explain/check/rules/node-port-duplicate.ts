import type { Check, Place } from '../check.ts'
import { numberAt, textAt } from '../json.ts'
import type { Service } from '../service.ts'
import { nameOf } from '../wording.ts'

export const nodePortDuplicate: Check = {
  code: 'PTL502',
  name: 'node-port-duplicate',
  severity: 'error',
  summary: 'Two Services want the same nodePort.',
  why: 'Node ports are one number space for the whole cluster, whatever the namespace and protocol, with the health check ports among them. The API server rejects the second Service ("provided port is already allocated").',
  remediation: 'Change one of the two, or leave nodePort out.',
  examples: [
    {
      title: 'two namespaces, two protocols, one number',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  type: NodePort
  ports:
    - port: 80
      nodePort: 30080
#               ----- the first one
---
apiVersion: v1
kind: Service
metadata: { name: dns, namespace: infra }
spec:
  type: NodePort
  ports:
    - port: 53
      protocol: UDP
      nodePort: 30080
#               ^^^^^ error
`,
    },
    {
      title: 'one port number of one Service in two protocols may share it',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: dns }
spec:
  type: NodePort
  ports:
    - { name: dns, port: 53, protocol: UDP, nodePort: 30053 }
    - { name: dns-tcp, port: 53, protocol: TCP, nodePort: 30053 }
`,
    },
  ],
  run({ services }) {
    const taken = new Map<number, Taken>()
    return services.flatMap((service) =>
      nodePortsOf(service).flatMap((mine) => {
        const first = taken.get(mine.number)
        if (first === undefined) taken.set(mine.number, mine)
        if (first === undefined || mayShare(first, mine)) return []
        const who = first.service === service ? 'another of its ports' : nameOf(first.service)
        return {
          ...mine.at,
          message: `${nameOf(service)} is rejected: ${who} has the nodePort ${mine.number} already`,
          related: [{ ...first.at, message: 'the first one' }],
        }
      }),
    )
  },
}

interface Taken {
  readonly service: Service
  readonly number: number
  readonly at: Place
  readonly port: number | undefined
  readonly protocol: string
}

/** kube-apiserver lets the protocols of one port of one Service share. */
function mayShare(left: Taken, right: Taken): boolean {
  return (
    left.service === right.service &&
    left.port !== undefined &&
    left.port === right.port &&
    left.protocol !== right.protocol
  )
}

function nodePortsOf(service: Service): readonly Taken[] {
  if (service.type !== 'NodePort' && service.type !== 'LoadBalancer') return []
  const { object } = service
  const ports = service.ports
    .filter(({ nodePort }) => nodePort !== 0)
    .map(({ nodePort, path, port, protocol }) => ({
      service,
      number: nodePort,
      at: { object, path: [...path, 'nodePort'] },
      port,
      protocol,
    }))
  const health = numberAt(service.spec, 'healthCheckNodePort') ?? 0
  const isUsed = health !== 0 && textAt(service.spec, 'externalTrafficPolicy') === 'Local'
  const at = { object, path: ['spec', 'healthCheckNodePort'] }
  return isUsed ? [...ports, { service, number: health, at, port: undefined, protocol: 'TCP' }] : ports
}
