import { suggest } from '../../../manifest/suggest.ts'
import type { Check, Problem } from '../check.ts'
import { type CheckContext, findService } from '../context.ts'
import { textAt } from '../json.ts'
import { isSelected } from '../labels.ts'
import { didYouMean, nameOf, NOT_GIVEN } from '../wording.ts'
import type { Workload } from '../workload.ts'

export const statefulsetServiceMissingOrNotHeadless: Check = {
  code: 'PTL213',
  name: 'statefulset-service-missing-or-not-headless',
  severity: 'error',
  summary: 'The serviceName of a StatefulSet is no headless Service that selects its Pods.',
  why: 'A Pod of a StatefulSet has a name in DNS (`db-0.db`) only through a headless Service of that name that selects it: otherwise the answer is NXDOMAIN. A warning where the Service may exist outside of what was given.',
  remediation: 'Add the headless Service (`clusterIP: None`), or correct serviceName.',
  examples: [
    {
      title: 'no such Service',
      yaml: `
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: db }
spec:
  serviceName: db-headles
#              ^^^^^^^^^^ error
  selector: { matchLabels: { app: db } }
  template:
    metadata: { labels: { app: db } }
    spec: { containers: [{ name: db }] }
---
apiVersion: v1
kind: Service
metadata: { name: db-headless }
spec: { clusterIP: None, selector: { app: db }, ports: [{ port: 5432 }] }
`,
    },
    {
      title: 'a Service with a cluster IP',
      yaml: `
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: db }
spec:
  serviceName: db
#              ^^ error
  selector: { matchLabels: { app: db } }
  template:
    metadata: { labels: { app: db } }
    spec: { containers: [{ name: db }] }
---
apiVersion: v1
kind: Service
metadata:
  name: db
#       -- the Service "db"
spec:
  selector: { app: db }
  ports: [{ port: 5432 }]
`,
    },
    {
      title: 'headless, and it selects the Pods',
      yaml: `
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: db }
spec:
  serviceName: db
  selector: { matchLabels: { app: db } }
  template:
    metadata: { labels: { app: db } }
    spec: { containers: [{ name: db }] }
---
apiVersion: v1
kind: Service
metadata: { name: db }
spec: { clusterIP: None, selector: { app: db }, ports: [{ port: 5432 }] }
`,
    },
  ],
  run(context) {
    return context.workloads.flatMap((workload) => {
      const name = workload.kind === 'StatefulSet' ? (textAt(workload.object.value, 'spec', 'serviceName') ?? '') : ''
      return name === '' ? [] : judge(context, workload, name)
    })
  },
}

function judge(context: CheckContext, workload: Workload, name: string): readonly Problem[] {
  const at = { object: workload.object, path: ['spec', 'serviceName'] }
  const lost = `${workload.name}-0.${name} does not resolve`
  const service = findService(context, workload.namespace, name)
  if (service === undefined) {
    const isOpen = !context.closed || context.services.length === 0
    const near = suggest(
      name,
      context.serviceIndex.find(workload.namespace, {}).map((one) => one.name),
    )
    const open = isOpen ? ` (${NOT_GIVEN})` : ''
    return [
      {
        ...at,
        severity: isOpen ? 'warning' : 'error',
        message: `${lost}: there is no Service "${name}" in namespace ${workload.namespace}${open}${didYouMean(near)}`,
      },
    ]
  }
  const related = (path: readonly string[]): NonNullable<Problem['related']> => [
    { object: service.object, path, message: `the Service "${name}"` },
  ]
  if (!service.headless) {
    const message = `${lost}: ${nameOf(service)} has a cluster IP, and only a headless Service (clusterIP: None) gives each Pod a name`
    return [{ ...at, message, related: related(['metadata', 'name']) }]
  }
  if (!service.hasSelector || isSelected(service.selector, workload)) return []
  const message = `${lost}: ${nameOf(service)} does not select the Pods of ${nameOf(workload)}`
  return [{ ...at, message, related: related(['spec', 'selector']) }]
}
