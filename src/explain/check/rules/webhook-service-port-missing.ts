import type { ManifestObject } from '../../../manifest/manifest.ts'
import type { JsonValue } from '../../../manifest/node.ts'
import type { Check, Problem } from '../check.ts'
import { type CheckContext, findService, objectsOfKind } from '../context.ts'
import { missingService } from '../missing-service.ts'
import { listAt, numberAt, type Path, textAt, valueAt } from '../json.ts'
import { explainNumber } from '../service-numbers.ts'
import { portsText } from '../service.ts'
import { nameOf, titleOf } from '../wording.ts'

export const webhookServicePortMissing: Check = {
  code: 'PTL609',
  name: 'webhook-service-port-missing',
  severity: 'error',
  summary: 'A webhook or an aggregated API calls a Service, or a port of it, that does not exist.',
  why: 'The API server calls the Service for every matching request: with the policy Fail, which is the default, each apply is refused. A warning where the Service may exist outside of what was given.',
  remediation: 'Correct name, namespace or port (443 unless said otherwise).',
  examples: [
    {
      title: 'the port of the Pods is not the port of the Service',
      yaml: `
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: { name: guard }
webhooks:
  - name: guard.example.com
    clientConfig:
      service:
        name: guard
        namespace: default
        port: 9443
#             ^^^^ error
---
apiVersion: v1
kind: Service
metadata: { name: guard }
spec: { selector: { app: guard }, ports: [{ port: 443, targetPort: 9443 }] }
#                                 ----- the ports of the Service
`,
    },
    {
      title: 'port 443 by default',
      yaml: `
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingWebhookConfiguration
metadata: { name: guard }
webhooks:
  - name: guard.example.com
    clientConfig: { service: { name: guard, namespace: default } }
---
apiVersion: v1
kind: Service
metadata: { name: guard }
spec: { selector: { app: guard }, ports: [{ port: 443, targetPort: 9443 }] }
`,
    },
  ],
  run(context) {
    const webhooks = ['ValidatingWebhookConfiguration', 'MutatingWebhookConfiguration'].flatMap((kind) =>
      objectsOfKind(context, kind).flatMap((object) =>
        listAt(object.value, 'webhooks').flatMap((webhook, i) =>
          judge(context, object, valueAt(webhook, 'clientConfig', 'service'), [
            'webhooks',
            i,
            'clientConfig',
            'service',
          ]),
        ),
      ),
    )
    const others = [
      ['CustomResourceDefinition', ['spec', 'conversion', 'webhook', 'clientConfig', 'service']],
      ['APIService', ['spec', 'service']],
    ] as const
    return [
      ...webhooks,
      ...others.flatMap(([kind, path]) =>
        objectsOfKind(context, kind).flatMap((object) => judge(context, object, valueAt(object.value, ...path), path)),
      ),
    ]
  },
}

function judge(
  context: CheckContext,
  object: ManifestObject,
  value: JsonValue | undefined,
  path: Path,
): readonly Problem[] {
  const name = textAt(value, 'name')
  const namespace = textAt(value, 'namespace') ?? 'default'
  if (name === undefined) return []
  const service = findService(context, namespace, name)
  const caller = `the API server cannot call ${titleOf(object)}`
  if (service === undefined) {
    const { severity, text } = missingService(context, namespace, name)
    return [{ object, path: [...path, 'name'], severity, message: `${caller}: ${text}` }]
  }
  const given = numberAt(value, 'port')
  const port = given ?? 443
  if (service.ports.some((one) => one.port === port)) return []
  return [
    {
      object,
      path: [...path, given === undefined ? 'name' : 'port'],
      message: `${caller}: ${nameOf(service)} has no port ${port}${given === undefined ? ', which is used where none is given' : ''} (it has ${portsText(service)})${explainNumber(context, service, port)}`,
      related: [{ object: service.object, path: ['spec', 'ports'], message: 'the ports of the Service' }],
    },
  ]
}
