import type { Check } from '../check.ts'
import { type CheckContext, objectsOfKind, selectedBy } from '../context.ts'
import { textAt } from '../json.ts'
import { nameOf } from '../wording.ts'
import type { Workload } from '../workload.ts'

export const backingWorkloadScaledToZero: Check = {
  code: 'PTL207',
  name: 'backing-workload-scaled-to-zero',
  severity: 'warning',
  summary: 'The only workload behind a Service has no replicas.',
  why: 'There are no Pods and no endpoints: a client is refused at once.',
  remediation: 'Set replicas to 1 or more, or remove the Service.',
  examples: [
    {
      title: 'replicas 0',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  selector: { app: web }
# -------- Service web selects its Pods
  ports: [{ port: 80 }]
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 0
#           ^ warning
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: web }] }
`,
    },
    {
      title: 'something else scales it',
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
metadata: { name: web }
spec:
  replicas: 0
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: web }] }
---
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata: { name: web }
spec:
  scaleTargetRef: { name: web }
`,
    },
  ],
  run(context) {
    return context.services.flatMap((service) => {
      const workloads = selectedBy(context, service)
      const [first] = workloads
      if (first === undefined || !workloads.every((one) => one.replicas === 0 && !isScaled(context, one))) return []
      return {
        object: first.object,
        path: ['spec', 'replicas'],
        message: `nothing will answer on ${nameOf(service)}: ${nameOf(first)}, which makes its Pods, has 0 replicas`,
        related: [
          { object: service.object, path: ['spec', 'selector'], message: `${nameOf(service)} selects its Pods` },
        ],
      }
    })
  },
}

/** A HorizontalPodAutoscaler leaves 0 alone; KEDA scales from 0. */
function isScaled(context: CheckContext, workload: Workload): boolean {
  return ['ScaledObject', 'HTTPScaledObject'].some((kind) =>
    objectsOfKind(context, kind).some(
      (object) =>
        context.namespaceOf(object) === workload.namespace &&
        textAt(object.value, 'spec', 'scaleTargetRef', 'name') === workload.name,
    ),
  )
}
