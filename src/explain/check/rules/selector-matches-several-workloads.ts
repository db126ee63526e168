import { formatLabels } from '../../../model/selectors.ts'
import type { Check } from '../check.ts'
import { selectedBy } from '../context.ts'
import { imageName } from '../known-images.ts'
import type { Service } from '../service.ts'
import { nameOf, workloadsText } from '../wording.ts'
import { type Container, isJob, type Workload } from '../workload.ts'

export const selectorMatchesSeveralWorkloads: Check = {
  code: 'PTL204',
  name: 'selector-matches-several-workloads',
  severity: 'warning',
  summary: 'A Service selects the Pods of workloads that run different programs.',
  why: 'Every Pod with the labels gets its share of the connections, so that some reach the wrong program: refused or answered by another one, now and then. Workloads whose containers have the same names and images (canary and stable, primary and replica) are left alone.',
  remediation: 'Select by a label that only one of them has, such as app.kubernetes.io/component.',
  examples: [
    {
      title: 'the label of the whole application',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  selector:
# ^^^^^^^^ warning
    app: shop
  ports: [{ port: 8080 }]
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  selector: { matchLabels: { app: shop, component: web } }
  template:
    metadata: { labels: { app: shop, component: web } }
#               ------ the Pods of Deployment web
    spec: { containers: [{ name: web, image: example.com/web, ports: [{ containerPort: 8080 }] }] }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: worker }
spec:
  selector: { matchLabels: { app: shop, component: worker } }
  template:
    metadata: { labels: { app: shop, component: worker } }
#               ------ the Pods of Deployment worker
    spec: { containers: [{ name: worker, image: example.com/worker, ports: [{ containerPort: 8080 }] }] }
`,
    },
    {
      title: 'a canary runs the same program',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  selector: { app: shop }
  ports: [{ port: 8080 }]
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  selector: { matchLabels: { app: shop, track: stable } }
  template:
    metadata: { labels: { app: shop, track: stable } }
    spec: { containers: [{ name: web, image: example.com/web:1, ports: [{ containerPort: 8080 }] }] }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: web-canary }
spec:
  selector: { matchLabels: { app: shop, track: canary } }
  template:
    metadata: { labels: { app: shop, track: canary } }
    spec: { containers: [{ name: web, image: example.com/web:2, ports: [{ containerPort: 8080 }] }] }
`,
    },
  ],
  run(context) {
    return context.services.flatMap((service) => {
      // Jobs are PTL205.
      const workloads = selectedBy(context, service).filter((workload) => !isJob(workload))
      const [first] = workloads
      const other = workloads.find(
        (workload) => first !== undefined && workload !== first && !isAlike(service, first, workload),
      )
      if (first === undefined || other === undefined) return []
      const ordered = [first, other, ...workloads.filter((workload) => workload !== first && workload !== other)]
      return {
        object: service.object,
        path: ['spec', 'selector'],
        message: `connections to ${nameOf(service)} are spread over different programs: ${formatLabels(service.selector)} selects the Pods of ${workloadsText(ordered)}`,
        related: [first, other].map((workload) => ({
          object: workload.object,
          path: workload.labelsPath,
          message: `the Pods of ${nameOf(workload)}`,
        })),
      }
    })
  },
}

/** The same program in the same role; behind a headless Service, for which clients ask by name, the same program is enough. */
function isAlike(service: Service, left: Workload, right: Workload): boolean {
  const key = ({ name, image }: Container): string => `${imageName(image)} ${service.headless ? '' : name}`
  const programs = new Set(left.containers.map(key))
  return right.containers.some((container) => programs.has(key(container)))
}
