import type { Check } from '../check.ts'
import { isSet, valueAt } from '../json.ts'
import type { Service } from '../service.ts'
import { nameOf } from '../wording.ts'

export const fieldIgnoredForType: Check = {
  code: 'PTL110',
  name: 'field-ignored-for-type',
  severity: 'warning',
  summary: 'A Service has a field that has no effect with its type.',
  why: 'The API server takes it and nothing reads it: a headless Service has no address on which affinity or external IPs could act, and externalName means nothing unless the type is ExternalName.',
  remediation: 'Remove the field, or set the type it belongs to.',
  examples: [
    {
      title: 'externalName without its type',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: db }
spec:
  externalName: db.example.com
#               ^^^^^^^^^^^^^^ warning
  ports:
    - port: 5432
`,
    },
    {
      title: 'affinity on a headless Service',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: db }
spec:
  clusterIP: None
  sessionAffinity: ClientIP
#                  ^^^^^^^^ warning
  ports:
    - port: 5432
`,
    },
    {
      title: 'sessionAffinity None says what holds anyway',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: db }
spec:
  clusterIP: None
  sessionAffinity: None
  ports:
    - port: 5432
`,
    },
  ],
  run({ services }) {
    return services.flatMap((service) =>
      ignored(service).map(([field, why]) => ({
        object: service.object,
        path: ['spec', field],
        message: `${field} of ${nameOf(service)} has no effect: ${why}`,
      })),
    )
  },
}

function ignored({ type, spec, headless }: Service): readonly [string, string][] {
  const found: [string, string][] = []
  const isExternalName = type === 'ExternalName'
  if (!isExternalName && isSet(spec, 'externalName'))
    found.push(['externalName', `the type is ${type}, not ExternalName`])
  if (isExternalName && isSet(spec, 'selector') && Object.keys(valueAt(spec, 'selector') ?? {}).length > 0) {
    found.push(['selector', 'an ExternalName Service is an alias in DNS and selects no Pods'])
  }
  if ((headless || isExternalName) && spec['sessionAffinity'] === 'ClientIP') {
    const why = headless ? 'clients of a headless Service connect to Pods directly' : 'it has no address of its own'
    found.push(['sessionAffinity', why])
  }
  if (headless && isSet(spec, 'externalIPs', 0))
    found.push(['externalIPs', 'a headless Service has no address to send from'])
  if (type !== 'LoadBalancer' && isSet(spec, 'loadBalancerIP')) {
    found.push(['loadBalancerIP', `the type is ${type}, not LoadBalancer`])
  }
  return found
}
