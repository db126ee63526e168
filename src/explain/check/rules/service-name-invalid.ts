import { dnsLabel } from '../../../api/syntax.ts'
import type { Check } from '../check.ts'
import { normalizedName } from '../port-syntax.ts'

export const serviceNameInvalid: Check = {
  code: 'PTL108',
  name: 'service-name-invalid',
  severity: 'error',
  summary: 'The name of a Service is no DNS label.',
  why: 'The API server rejects the Service, and no client could resolve the name.',
  remediation: 'Use a-z, 0-9 and hyphens, at most 63 characters, and a letter or digit at both ends.',
  dependsOn: 'Before Kubernetes 1.34 the name of a Service had to begin with a letter.',
  examples: [
    {
      title: 'an underscore',
      yaml: `
apiVersion: v1
kind: Service
metadata:
  name: web_api
#       ^^^^^^^ error
spec:
  ports: [{ port: 80 }]
`,
    },
    {
      title: 'a hyphen',
      yaml: `
apiVersion: v1
kind: Service
metadata:
  name: web-api
spec:
  ports: [{ port: 80 }]
`,
    },
  ],
  run({ services }) {
    return services
      .filter(({ object }) => object.name !== undefined && dnsLabel(object.name).length > 0)
      .map(({ object, name }) => ({
        object,
        path: ['metadata', 'name'],
        message: `Service "${name}" is rejected: its name is no DNS label; write for example "${normalizedName(name, 63) || 'web'}"`,
      }))
  },
}
