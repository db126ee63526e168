import { formatLabels } from '../../../model/selectors.ts'
import type { Check } from '../check.ts'
import { selectedBy } from '../context.ts'
import { withOwnLabels } from '../selection.ts'
import { nameOf } from '../wording.ts'

export const selectorMatchesWorkloadLabelsNotPods: Check = {
  code: 'PTL202',
  name: 'selector-matches-workload-labels-not-pods',
  severity: 'error',
  summary: 'The labels that a Service selects are on the workload, not on its Pods.',
  why: 'A Service selects Pods, and Pods get the labels of the template alone. The EndpointSlices stay empty, and clients are refused at once.',
  remediation: 'Copy the label into spec.template.metadata.labels.',
  examples: [
    {
      title: 'the label stands too high',
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
metadata:
  name: web
  labels:
# ------ the labels are here
    app: web
spec:
  selector: { matchLabels: { component: web } }
  template:
    metadata:
      labels: { component: web }
#     ------ the Pods have these
    spec: { containers: [{ name: web }] }
`,
    },
    {
      title: 'in both places',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  selector: { app: web }
  ports: [{ port: 80 }]
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, labels: { app: web } }
spec:
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: web }] }
`,
    },
  ],
  run(context) {
    return context.services.flatMap((service) => {
      if (!service.hasSelector || selectedBy(context, service).length > 0) return []
      const [workload] = withOwnLabels(context, service)
      if (workload === undefined) return []
      const selector = formatLabels(service.selector)
      return {
        object: service.object,
        path: ['spec', 'selector'],
        message: `nothing will answer on ${nameOf(service)}: ${selector} are labels of ${nameOf(workload)} itself, not of its Pods; copy them into its template`,
        related: [
          { object: workload.object, path: ['metadata', 'labels'], message: 'the labels are here' },
          { object: workload.object, path: workload.labelsPath, message: 'the Pods have these' },
        ],
      }
    })
  },
}
