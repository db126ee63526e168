import { formatLabels } from '../../../model/selectors.ts'
import type { Check, Problem } from '../check.ts'
import { type CheckContext, selectedBy } from '../context.ts'
import { includes, type Kustomization, type SelectorLabel } from '../kustomize.ts'
import { hasLabel } from '../labels.ts'
import type { Service } from '../service.ts'
import { nameOf, workloadsText } from '../wording.ts'
import type { Workload } from '../workload.ts'

export const selectorRewrittenByKustomize: Check = {
  code: 'PTL214',
  name: 'selector-rewritten-by-kustomize',
  severity: 'warning',
  summary: 'Kustomize writes a label into the selector of a Service whose Pods do not get it.',
  why: 'commonLabels, and labels with includeSelectors: true, change the selector of every Service that the Kustomization takes in, and create one where there is none. Pods that come from elsewhere do not have the label: they are no endpoints any more, and a client is refused. A Service whose addresses are written by hand loses them to the endpoints controller.',
  remediation:
    'Use labels with includeSelectors: false (and includeTemplates: true where the Pods are to have the label), or take the Pods into the same Kustomization.',
  dependsOn: 'kustomize. Looked at where the Kustomization and its resources are given, not in what it rendered.',
  examples: [
    {
      title: 'a Service without a selector gets one',
      yaml: `
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources: [example.yaml]
commonLabels:
  team: shop
#       ^^^^ warning
---
apiVersion: v1
kind: Service
metadata: { name: db }
spec:
#--- no selector here
  ports: [{ port: 5432 }]
---
apiVersion: v1
kind: Endpoints
metadata: { name: db }
subsets: [{ addresses: [{ ip: 192.0.2.10 }], ports: [{ port: 5432 }] }]
`,
    },
    {
      title: 'selectors are left alone',
      yaml: `
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources: [example.yaml]
labels:
  - pairs: { team: shop }
---
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
    {
      title: 'both sides get the label',
      yaml: `
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources: [example.yaml]
commonLabels: { team: shop }
---
apiVersion: v1
kind: Service
metadata: { name: web }
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
    return context.kustomizations.flatMap((kustomization) =>
      kustomization.selectorLabels.flatMap((label) =>
        context.services
          .filter(({ object, type }) => type !== 'ExternalName' && includes(kustomization, object))
          .flatMap((service) => judge(context, kustomization, label, service) ?? []),
      ),
    )
  },
}

function judge(
  context: CheckContext,
  { object }: Kustomization,
  label: SelectorLabel,
  service: Service,
): Problem | undefined {
  const at = { object, path: label.path }
  const pair = formatLabels({ [label.key]: label.value })
  if (!service.hasSelector) {
    const message = `kustomize gives ${nameOf(service)} the selector ${pair}, though it has none: its endpoints are then the Pods with that label, and not what was written by hand`
    return { ...at, message, related: [{ object: service.object, path: ['spec'], message: 'no selector here' }] }
  }
  const selected = selectedBy(context, service)
  const lost = selected.filter((workload) => !getsLabel(context, label, workload))
  const [first] = lost
  if (first === undefined) return undefined
  const where = `kustomize adds ${pair} to the selector of ${nameOf(service)}, and not to the Pods of ${workloadsText(lost)}, which its Kustomization does not take in`
  const message = `${where}: ${lost.length < selected.length ? 'they get no connection any more' : 'nothing will answer there'}`
  return {
    ...at,
    message,
    related: [
      { object: service.object, path: ['spec', 'selector'], message: `the selector that gets ${pair}` },
      { object: first.object, path: first.labelsPath, message: `the labels that do not get ${pair}` },
    ],
  }
}

function getsLabel(context: CheckContext, { key, value }: SelectorLabel, workload: Workload): boolean {
  return (
    hasLabel(workload, key, value) ||
    context.kustomizations.some(
      (one) =>
        includes(one, workload.object) &&
        one.selectorLabels.some((label) => label.key === key && label.value === value),
    )
  )
}
