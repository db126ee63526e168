import type { Check, Problem } from '../check.ts'
import { isSet, type Path, valueAt } from '../json.ts'
import { isExternallyReachable, type Service } from '../service.ts'
import { nameOf } from '../wording.ts'

export const fieldNotAllowedForType: Check = {
  code: 'PTL109',
  name: 'field-not-allowed-for-type',
  severity: 'error',
  summary: 'A Service has a field that its type does not allow.',
  why: 'The API server rejects the Service. The field shows what was meant: usually the type is missing or wrong.',
  remediation: 'Set the type that the field belongs to, or remove the field.',
  examples: [
    {
      title: 'a nodePort, but no type',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  ports:
    - port: 80
      nodePort: 30080
#               ^^^^^ error
`,
    },
    {
      title: 'headless and NodePort at once',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  type: NodePort
  clusterIP: None
#            ^^^^ error
  ports:
    - port: 80
`,
    },
    {
      title: 'fields of a load balancer on a ClusterIP Service',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  externalTrafficPolicy: Local
#                        ^^^^^ error
  loadBalancerSourceRanges:
# ^^^^^^^^^^^^^^^^^^^^^^^^ error
    - 10.0.0.0/8
  ports:
    - port: 80
`,
    },
    {
      title: 'the same fields where they belong',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  type: LoadBalancer
  externalTrafficPolicy: Local
  loadBalancerSourceRanges:
    - 10.0.0.0/8
  ports:
    - port: 80
      nodePort: 30080
`,
    },
  ],
  run({ services }) {
    return services.flatMap((service) =>
      misplaced(service).map(
        ({ path, message }): Problem => ({
          object: service.object,
          path,
          message: `${nameOf(service)} is rejected: ${message}`,
        }),
      ),
    )
  },
}

interface Misplaced {
  readonly path: Path
  readonly message: string
}

function misplaced(service: Service): readonly Misplaced[] {
  const { type, spec, headless } = service
  const found: Misplaced[] = []
  const forbid = (field: string, message: string): void => {
    found.push({ path: ['spec', field], message })
  }
  if (type === 'ClusterIP') {
    for (const { nodePort, path } of service.ports) {
      if (nodePort === 0) continue
      const message = `a ClusterIP Service has no nodePort (${nodePort}); add "type: NodePort", or remove it`
      found.push({ path: [...path, 'nodePort'], message })
    }
  }
  if (headless && (type === 'NodePort' || type === 'LoadBalancer')) {
    forbid(
      valueAt(spec, 'clusterIP') === 'None' ? 'clusterIP' : 'clusterIPs',
      `clusterIP None does not go with type ${type}`,
    )
  }
  if (type === 'ExternalName' && isSet(spec, 'clusterIP'))
    forbid('clusterIP', 'an ExternalName Service has no clusterIP')
  if (type !== 'LoadBalancer')
    for (const field of loadBalancerFields(service)) forbid(field, `${field} needs "type: LoadBalancer"`)
  if (isSet(spec, 'externalTrafficPolicy') && !isExternallyReachable(service)) {
    forbid('externalTrafficPolicy', `externalTrafficPolicy needs type NodePort or LoadBalancer, and this is ${type}`)
  }
  return found
}

function loadBalancerFields({ spec }: Service): readonly string[] {
  const isUsed = (field: string): boolean => {
    const value = valueAt(spec, field)
    return isSet(value) && value !== 0 && !(Array.isArray(value) && value.length === 0)
  }
  return [
    'loadBalancerSourceRanges',
    'allocateLoadBalancerNodePorts',
    'loadBalancerClass',
    'healthCheckNodePort',
  ].filter(isUsed)
}
