import { suggest } from '../../../manifest/suggest.ts'
import type { Check, Problem } from '../check.ts'
import type { CheckContext } from '../context.ts'
import { findService } from '../context.ts'
import { type EndpointSet, SERVICE_NAME_LABEL } from '../endpoint-set.ts'
import { replaceScalar, safeFix } from '../edits.ts'
import { didYouMean, titleOf } from '../wording.ts'

export const manualEndpointsNameMismatch: Check = {
  code: 'PTL210',
  name: 'manual-endpoints-name-mismatch',
  severity: 'error',
  summary: 'Endpoints written by hand belong to no Service.',
  why: 'An Endpoints object belongs to the Service of the same name, an EndpointSlice to the one in its label kubernetes.io/service-name. With any other name the Service has no endpoints, and clients are refused at once.',
  remediation: 'Name the Service rightly.',
  examples: [
    {
      title: 'the label is missing',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: db }
spec:
  ports: [{ port: 5432 }]
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata:
  name: db-1
#       ^^^^ error
addressType: IPv4
ports: [{ port: 5432 }]
endpoints: [{ addresses: [192.0.2.10] }]
`,
    },
    {
      title: 'a misspelt name',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: database }
spec:
  ports: [{ port: 5432 }]
---
apiVersion: v1
kind: Endpoints
metadata:
  name: databse
#       ^^^^^^^ error
subsets: [{ addresses: [{ ip: 192.0.2.10 }], ports: [{ port: 5432 }] }]
`,
    },
    {
      title: 'the Service itself was not given',
      yaml: `
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: db-1, labels: { kubernetes.io/service-name: db } }
addressType: IPv4
ports: [{ port: 5432 }]
endpoints: [{ addresses: [192.0.2.10] }]
`,
    },
  ],
  run(context) {
    return [...context.endpointSets.values()].flat().flatMap((set) => judge(context, set))
  },
}

function judge(context: CheckContext, set: EndpointSet): readonly Problem[] {
  const { object, namespace, service } = set
  if (service !== '' && findService(context, namespace, service) !== undefined) return []
  const isSlice = object.kind === 'EndpointSlice'
  if (isSlice && service === '') {
    const message = `${titleOf(object)} belongs to no Service: it lacks the label ${SERVICE_NAME_LABEL}`
    return [{ object, path: ['metadata', 'name'], message }]
  }
  const waiting = context.services.filter(
    (one) => one.namespace === namespace && !one.hasSelector && one.type !== 'ExternalName',
  )
  const near = suggest(
    service,
    waiting.map(({ name }) => name),
  )
  if (near === undefined) return []
  const path = isSlice ? ['metadata', 'labels', SERVICE_NAME_LABEL] : ['metadata', 'name']
  return [
    {
      object,
      path,
      message: `${titleOf(object)} belongs to no Service: there is no Service "${service}"${didYouMean(near)}`,
      fixes: safeFix(`name the Service "${near}"`, [replaceScalar({ object, path }, near)]),
    },
  ]
}
