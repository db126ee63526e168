import type { Check } from '../check.ts'
import { ingressBackends } from '../ingress-backends.ts'
import { routeBackends } from '../route-backends.ts'
import { nameOf, titleOf } from '../wording.ts'

export const sessionAffinityBypassed: Check = {
  code: 'PTL505',
  name: 'session-affinity-bypassed',
  severity: 'warning',
  summary: 'A Service with session affinity stands behind an Ingress or a route.',
  why: 'A proxy usually connects to the Pods directly, past the affinity of the Service; where it does not, all clients have the address of the proxy and go to one Pod.',
  remediation: 'Set the affinity at the proxy (a cookie), and remove it from the Service.',
  examples: [
    {
      title: 'behind an Ingress',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  sessionAffinity: ClientIP
#                  ^^^^^^^^ warning
  selector: { app: web }
  ports: [{ port: 80 }]
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: web }
spec: { defaultBackend: { service: { name: web, port: { number: 80 } } } }
#                                          --- the Service is used here
`,
    },
    {
      title: 'clients inside the cluster',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  sessionAffinity: ClientIP
  selector: { app: web }
  ports: [{ port: 80 }]
`,
    },
  ],
  run(context) {
    const used = new Map(
      [
        ...ingressBackends(context).map((one) => ({ ...one, name: one.service, path: one.servicePath })),
        ...routeBackends(context).map((one) => ({ ...one, path: [...one.path, 'name'] })),
      ].map((one) => [`${one.namespace}/${one.name}`, one]),
    )
    return context.services.flatMap((service) => {
      const by = used.get(`${service.namespace}/${service.name}`)
      if (by === undefined || service.spec['sessionAffinity'] !== 'ClientIP' || service.headless) return []
      return {
        object: service.object,
        path: ['spec', 'sessionAffinity'],
        message: `clients of ${titleOf(by.object)} are not kept at one Pod: a proxy goes past the affinity of ${nameOf(service)}`,
        related: [{ object: by.object, path: by.path, message: 'the Service is used here' }],
      }
    })
  },
}
