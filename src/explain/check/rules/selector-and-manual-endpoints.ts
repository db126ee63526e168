import type { Check } from '../check.ts'
import { textAt } from '../json.ts'
import { nameOf } from '../wording.ts'

export const selectorAndManualEndpoints: Check = {
  code: 'PTL209',
  name: 'selector-and-manual-endpoints',
  severity: 'warning',
  summary: 'A Service has a selector, and its endpoints are written by hand too.',
  why: 'For a Service with a selector the endpoints controller overwrites the Endpoints object with the Pods that it finds: the addresses written by hand vanish.',
  remediation: 'Remove the selector, or the Endpoints object.',
  examples: [
    {
      title: 'both',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: db }
spec:
  selector: { app: db }
# -------- the selector
  ports: [{ port: 5432 }]
---
apiVersion: v1
kind: Endpoints
metadata:
  name: db
#       ^^ warning
subsets: [{ addresses: [{ ip: 192.0.2.10 }], ports: [{ port: 5432 }] }]
---
apiVersion: v1
kind: Pod
metadata: { name: db, labels: { app: db } }
spec: { containers: [{ name: db }] }
`,
    },
    {
      title: 'without a selector',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: db }
spec:
  ports: [{ port: 5432 }]
---
apiVersion: v1
kind: Endpoints
metadata: { name: db }
subsets: [{ addresses: [{ ip: 192.0.2.10 }], ports: [{ port: 5432 }] }]
`,
    },
  ],
  run(context) {
    return context.services
      .filter(({ hasSelector }) => hasSelector)
      .flatMap((service) => {
        // A dump of a cluster holds what the controller wrote.
        const byHand = (context.endpointSets.get(`${service.namespace}/${service.name}`) ?? []).find(
          ({ object }) =>
            object.kind === 'Endpoints' && textAt(object.value, 'metadata', 'resourceVersion') === undefined,
        )
        if (byHand === undefined) return []
        return {
          object: byHand.object,
          path: ['metadata', 'name'],
          message: `the addresses in this Endpoints object are overwritten: ${nameOf(service)} has a selector, so that a controller fills them in`,
          related: [{ object: service.object, path: ['spec', 'selector'], message: 'the selector' }],
        }
      })
  },
}
