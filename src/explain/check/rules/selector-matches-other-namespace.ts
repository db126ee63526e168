import { formatLabels } from '../../../model/selectors.ts'
import type { Check } from '../check.ts'
import { selectedBy } from '../context.ts'
import { elsewhere, withOwnLabels } from '../selection.ts'
import { nameOf, NOT_GIVEN } from '../wording.ts'

export const selectorMatchesOtherNamespace: Check = {
  code: 'PTL203',
  name: 'selector-matches-other-namespace',
  severity: 'error',
  summary: 'The Pods that a Service selects are in another namespace.',
  why: 'A selector looks at the namespace of its Service alone. The EndpointSlices stay empty, and clients are refused at once. A warning where Pods may exist outside of what was given.',
  remediation: 'Put both into one namespace; clients elsewhere call `service.namespace`.',
  examples: [
    {
      title: 'the Service was forgotten',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  selector:
# ^^^^^^^^ error
    app: web
  ports: [{ port: 80 }]
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: shop }
#                                 ---- Deployment shop/web makes these Pods
spec:
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: web }] }
`,
    },
    {
      title: 'both in the same namespace, one of them by default',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: web, namespace: default }
spec:
  selector: { app: web }
  ports: [{ port: 80 }]
---
apiVersion: v1
kind: Pod
metadata: { name: web, labels: { app: web } }
spec: { containers: [{ name: web }] }
`,
    },
  ],
  run(context) {
    return context.services.flatMap((service) => {
      if (!service.hasSelector || selectedBy(context, service).length > 0) return []
      const [workload] = withOwnLabels(context, service).length > 0 ? [] : elsewhere(context, service)
      if (workload === undefined) return []
      const selector = formatLabels(service.selector)
      const open = context.closed ? '' : ` (${NOT_GIVEN})`
      return {
        object: service.object,
        path: ['spec', 'selector'],
        severity: context.closed ? 'error' : 'warning',
        message: `nothing will answer on ${nameOf(service)}: it is in namespace ${service.namespace}, and the Pods with ${selector} are in ${workload.namespace}${open}`,
        related: [
          {
            object: workload.object,
            path: ['metadata', workload.object.namespace === undefined ? 'name' : 'namespace'],
            message: `${nameOf(workload)} makes these Pods`,
          },
        ],
      }
    })
  },
}
