import { suggest } from '../../../manifest/suggest.ts'
import type { Check, Problem } from '../check.ts'
import { type CheckContext, objectsOfKind } from '../context.ts'
import { textAt } from '../json.ts'
import { didYouMean, nameOf, NOT_GIVEN } from '../wording.ts'
import type { ManifestObject } from '../../../manifest/manifest.ts'

export const autoscalerTargetMissing: Check = {
  code: 'PTL215',
  name: 'autoscaler-target-missing',
  severity: 'warning',
  summary: 'A HorizontalPodAutoscaler scales a workload that does not exist.',
  why: 'The autoscaler reports FailedGetScale and changes nothing: the Pods behind a Service stay as many as they are, however many clients come. Judged only where workloads of that namespace were given.',
  remediation: 'Name the workload as it is called, with its kind, in the namespace of the autoscaler.',
  examples: [
    {
      title: 'a misspelt name',
      yaml: `
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: { name: web }
spec:
  maxReplicas: 5
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: wbe
#         ^^^ warning
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: web }] }
`,
    },
    {
      title: 'another kind has the name',
      yaml: `
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: { name: db }
spec:
  maxReplicas: 5
  scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: db }
#                                              ^^^^^^^^^^ warning
---
apiVersion: apps/v1
kind: StatefulSet
#     ----------- StatefulSet db
metadata: { name: db }
spec:
  selector: { matchLabels: { app: db } }
  template:
    metadata: { labels: { app: db } }
    spec: { containers: [{ name: db }] }
`,
    },
    {
      title: 'it is there',
      yaml: `
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: { name: web }
spec:
  maxReplicas: 5
  scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: web }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: web }] }
`,
    },
    {
      title: 'nothing of the namespace was given',
      yaml: `
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: { name: web }
spec:
  maxReplicas: 5
  scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: web }
`,
    },
  ],
  run(context) {
    return objectsOfKind(context, 'HorizontalPodAutoscaler').flatMap((object) => judge(context, object) ?? [])
  },
}

/** What a HorizontalPodAutoscaler can scale without a custom resource. */
const SCALABLE = ['Deployment', 'StatefulSet', 'ReplicaSet', 'ReplicationController']

function judge(context: CheckContext, object: ManifestObject): Problem | undefined {
  const kind = textAt(object.value, 'spec', 'scaleTargetRef', 'kind') ?? ''
  const name = textAt(object.value, 'spec', 'scaleTargetRef', 'name') ?? ''
  const namespace = context.namespaceOf(object)
  const here = context.workloadIndex.find(namespace, {}).filter((workload) => SCALABLE.includes(workload.kind))
  if (!SCALABLE.includes(kind) || name === '' || here.length === 0) return undefined
  const sameKind = here.filter((workload) => workload.kind === kind)
  if (sameKind.some((workload) => workload.name === name)) return undefined
  const otherKind = here.find((workload) => workload.name === name)
  const elsewhere = context.workloads.find(
    (workload) => workload.kind === kind && workload.name === name && workload.namespace !== namespace,
  )
  const hint =
    otherKind !== undefined
      ? `, but there is ${nameOf(otherKind)}`
      : elsewhere !== undefined
        ? `; there is one in ${elsewhere.namespace}`
        : didYouMean(
            suggest(
              name,
              sameKind.map((workload) => workload.name),
            ),
          )
  const open = context.closed ? '' : ` (${NOT_GIVEN})`
  return {
    object,
    path: ['spec', 'scaleTargetRef', otherKind === undefined ? 'name' : 'kind'],
    message: `this autoscaler scales nothing: there is no ${nameOf({ kind, namespace, name })}${open}${hint}`,
    related: otherKind === undefined ? [] : [{ object: otherKind.object, path: ['kind'], message: nameOf(otherKind) }],
  }
}
