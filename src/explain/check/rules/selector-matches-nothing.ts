import type { Check, Problem } from '../check.ts'
import { type CheckContext, selectedBy } from '../context.ts'
import { isLabelledAtRunTime, type Nearest, nearestWorkload, podMaker } from '../explain-selection.ts'
import { formatLabels } from '../../../model/selectors.ts'
import { elsewhere, withOwnLabels } from '../selection.ts'
import type { Service } from '../service.ts'
import { nameOf, NOT_GIVEN } from '../wording.ts'

export const selectorMatchesNothing: Check = {
  code: 'PTL201',
  name: 'selector-matches-nothing',
  severity: 'error',
  summary: 'No Pod has the labels that a Service selects.',
  why: 'The EndpointSlices stay empty. A client is refused at once (kube-proxy rejects a Service without endpoints); an Ingress answers 503. A warning where the Pods may exist outside of what was given.',
  remediation:
    'Make the selector of the Service and the labels of the Pod template equal. Leave version labels out of selectors.',
  examples: [
    {
      title: 'a letter is missing',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  selector:
    app: fronted
#        ^^^^^^^ error
  ports: [{ port: 80 }]
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  selector: { matchLabels: { app: frontend } }
  template:
    metadata:
      labels:
        app: frontend
#            -------- the labels of the Pods of Deployment web
    spec: { containers: [{ name: web }] }
`,
    },
    {
      title: 'nothing that makes Pods was given',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  selector: { app: web }
# ^^^^^^^^ warning
  ports: [{ port: 80 }]
`,
    },
    {
      title: 'equal labels; more of them do not matter',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  selector: { app: web }
  ports: [{ port: 80 }]
---
apiVersion: v1
kind: Pod
metadata:
  name: web
  labels: { app: web, tier: front }
spec: { containers: [{ name: web }] }
`,
    },
  ],
  run(context) {
    return context.services.flatMap((service) => {
      if (!service.hasSelector || selectedBy(context, service).length > 0) return []
      // PTL202 and PTL203 explain it better.
      const isExplained = withOwnLabels(context, service).length > 0 || elsewhere(context, service).length > 0
      return isExplained ? [] : [judge(context, service)]
    })
  },
}

function judge(context: CheckContext, service: Service): Problem {
  const nearest = nearestWorkload(context, service)
  const selector = formatLabels(service.selector)
  const at = { object: service.object, path: ['spec', 'selector', ...(nearest === undefined ? [] : [nearest.key])] }
  const refused = `nothing will answer on ${nameOf(service)}`
  if (nearest !== undefined && isLabelledAtRunTime(nearest, service.selector)) {
    const message = `${refused} until a Pod of ${nameOf(nearest.workload)} gets the label ${nearest.key}=${nearest.wanted} while it runs: its template does not have it`
    return { ...at, severity: 'info', message, related: relatedTo(nearest) }
  }
  const maker = podMaker(context, service.namespace)
  if (maker !== undefined) {
    const message = `the Pods of ${nameOf(service)} (${selector}) were not given; ${maker} may stand for them`
    return { ...at, severity: 'info', message }
  }
  if (context.workloads.length === 0) {
    const message = `nothing that makes Pods was given, so that the selector ${selector} of ${nameOf(service)} cannot be judged`
    return { ...at, severity: 'warning', message }
  }
  const open = context.closed ? '' : ` (${NOT_GIVEN})`
  return {
    ...at,
    severity: context.closed ? 'error' : 'warning',
    message: `${refused}: no Pod has the labels ${selector}${open}${hint(nearest)}`,
    related: nearest === undefined ? [] : relatedTo(nearest),
  }
}

function hint(nearest: Nearest | undefined): string {
  if (nearest === undefined) return ''
  const { workload, key, wanted, found } = nearest
  const has = found === undefined ? `has no label ${key}` : `has ${key}=${found}, not ${key}=${wanted}`
  return `; the nearest, ${nameOf(workload)}, ${has}`
}

function relatedTo({ workload, key, found }: Nearest): NonNullable<Problem['related']> {
  const path = [...workload.labelsPath, ...(found === undefined ? [] : [key])]
  return [{ object: workload.object, path, message: `the labels of the Pods of ${nameOf(workload)}` }]
}
