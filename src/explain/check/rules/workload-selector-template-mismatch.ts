import type { Check } from '../check.ts'
import { isSet, labelsAt, valueAt } from '../json.ts'
import { type Labels, matchesSelector } from '../labels.ts'
import { nameOf } from '../wording.ts'

const SELECTING = new Set(['Deployment', 'ReplicaSet', 'StatefulSet', 'DaemonSet'])

export const workloadSelectorTemplateMismatch: Check = {
  code: 'PTL206',
  name: 'workload-selector-template-mismatch',
  severity: 'error',
  summary: 'A workload does not select the Pods of its own template.',
  why: 'The API server rejects it: the workload would make Pods without end and find none of them. There are no Pods, and no endpoints.',
  remediation: 'Make spec.selector.matchLabels and spec.template.metadata.labels agree.',
  examples: [
    {
      title: 'two spellings',
      yaml: `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  selector:
    matchLabels:
      app: web
#          ^^^ error
  template:
    metadata:
      labels: { app: website }
#     ------ the labels of its Pods
    spec: { containers: [{ name: web }] }
`,
    },
    {
      title: 'the template may have more',
      yaml: `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web, version: v2 } }
    spec: { containers: [{ name: web }] }
`,
    },
  ],
  run({ workloads }) {
    return workloads.flatMap((workload) => {
      const { object, kind, labels } = workload
      const selector = valueAt(object.value, 'spec', 'selector')
      if (!SELECTING.has(kind) || !isSet(selector) || matchesSelector(selector, labels)) return []
      const wanted = labelsAt(selector, 'matchLabels')
      const key = Object.keys(wanted).find((name) => wanted[name] !== labels[name])
      const path = ['spec', 'selector', ...(key === undefined ? [] : ['matchLabels', key])]
      return {
        object,
        path,
        message: `${nameOf(workload)} is rejected: it selects ${pairText(wanted, key)}, and its template ${key !== undefined && labels[key] !== undefined ? `has ${pairText(labels, key)}` : 'does not have that'}`,
        related: [{ object, path: workload.labelsPath, message: 'the labels of its Pods' }],
      }
    })
  },
}

function pairText(labels: Labels, key: string | undefined): string {
  return key === undefined ? 'other labels' : `${key}=${labels[key]}`
}
