import type { ManifestObject } from '../../../manifest/manifest.ts'
import { suggest } from '../../../manifest/suggest.ts'
import type { JsonValue } from '../../../manifest/node.ts'
import type { Check, Problem } from '../check.ts'
import { type CheckContext, objectsOfKind, selectedBy } from '../context.ts'
import { replaceScalar, unsafeFix } from '../edits.ts'
import { labelsAt, listAt, valueAt } from '../json.ts'
import { matchesSelector } from '../labels.ts'
import type { Service } from '../service.ts'
import { didYouMean, listText, nameOf } from '../wording.ts'
import { declaredPorts } from '../workload.ts'

export const serviceMonitorPortUnknown: Check = {
  code: 'PTL608',
  name: 'service-monitor-port-unknown',
  severity: 'error',
  summary: 'A ServiceMonitor names a port that its Services do not have.',
  why: '`port` of an endpoint is the name of a Service port: not a number, and not the name of a container port. Prometheus drops the target without a word, and the metrics are absent.',
  remediation: 'Write the name of the Service port; a Service port without a name needs one.',
  examples: [
    {
      title: 'the name of the container port',
      yaml: `
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata: { name: web }
spec:
  selector: { matchLabels: { app: web } }
  endpoints:
    - port: http-metrics
#           ^^^^^^^^^^^^ error
---
apiVersion: v1
kind: Service
metadata: { name: web, labels: { app: web } }
spec:
  ports: [{ name: metrics, port: 9090, targetPort: http-metrics }]
# ----- the ports of the Service
`,
    },
    {
      title: 'a number',
      yaml: `
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata: { name: web }
spec:
  selector: { matchLabels: { app: web } }
  endpoints:
    - port: 9090
#           ^^^^ error
---
apiVersion: v1
kind: Service
metadata: { name: web, labels: { app: web } }
spec:
  ports: [{ name: metrics, port: 9090 }]
# ----- the ports of the Service
`,
    },
    {
      title: 'the name of the Service port',
      yaml: `
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata: { name: web }
spec:
  selector: { matchLabels: { app: web } }
  endpoints: [{ port: metrics }]
---
apiVersion: v1
kind: Service
metadata: { name: web, labels: { app: web } }
spec:
  ports: [{ name: metrics, port: 9090 }]
`,
    },
  ],
  run(context) {
    return objectsOfKind(context, 'ServiceMonitor').flatMap((object) => {
      const services = monitored(context, object)
      return listAt(object.value, 'spec', 'endpoints').flatMap((endpoint, i) =>
        judge(context, object, services, endpoint, i),
      )
    })
  },
}

function monitored(context: CheckContext, object: ManifestObject): readonly Service[] {
  const selector = valueAt(object.value, 'spec', 'selector')
  const own = context.namespaceOf(object)
  const names = listAt(object.value, 'spec', 'namespaceSelector', 'matchNames')
  const isAny = valueAt(object.value, 'spec', 'namespaceSelector', 'any') === true
  const isIn = (namespace: string): boolean =>
    isAny || (names.length > 0 ? names.includes(namespace) : namespace === own)
  return context.services.filter(
    (service) =>
      isIn(service.namespace) && matchesSelector(selector, labelsAt(service.object.value, 'metadata', 'labels')),
  )
}

function judge(
  context: CheckContext,
  object: ManifestObject,
  services: readonly Service[],
  endpoint: JsonValue,
  i: number,
): readonly Problem[] {
  const port = valueAt(endpoint, 'port')
  const [first] = services
  if (first === undefined || (typeof port !== 'string' && typeof port !== 'number')) return []
  const names = services.flatMap(({ ports }) => ports.map(({ name }) => name))
  if (names.includes(String(port))) return []
  const all = services.flatMap((service) => service.ports)
  const byTarget = all.find(
    (one) =>
      one.name !== '' &&
      (one.target === port ||
        String(one.port) === String(port) ||
        (typeof one.target === 'number' && isNameOf(context, services, String(port), one.target))),
  )
  const near = byTarget?.name ?? suggest(String(port), names)
  const at = { object, path: ['spec', 'endpoints', i, 'port'] }
  const has = listText(names.map((name) => (name === '' ? 'one without a name' : `"${name}"`)))
  return [
    {
      ...at,
      message: `Prometheus finds no target: no port of ${nameOf(first)} is named "${port}" (it has ${has || 'none'})${didYouMean(near)}`,
      related: [{ object: first.object, path: ['spec', 'ports'], message: 'the ports of the Service' }],
      fixes: near === undefined ? [] : unsafeFix(`use "${near}"`, [replaceScalar(at, near)]),
    },
  ]
}

function isNameOf(context: CheckContext, services: readonly Service[], name: string, target: number): boolean {
  return services.some((service) =>
    selectedBy(context, service).some((workload) =>
      declaredPorts(workload).some((one) => one.name === name && one.containerPort === target),
    ),
  )
}
