import type { Check } from '../check.ts'
import { textAt } from '../json.ts'
import { nameOf } from '../wording.ts'

export const externalNameHttpHost: Check = {
  code: 'PTL114',
  name: 'external-name-http-host',
  severity: 'info',
  summary: 'HTTP or HTTPS goes through an ExternalName Service.',
  why: 'The client sends the name of the Service as the Host header and expects it in the certificate; the other side knows neither. The answer is a 404 or a TLS error, though the connection stands.',
  remediation: 'Call the real host name, or rewrite the Host header in a proxy.',
  examples: [
    {
      title: 'port 443',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: api }
spec:
  type: ExternalName
  externalName: api.example.com
  ports:
    - port: 443
#           ^^^ info
`,
    },
    {
      title: 'a database does not look at names',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: db }
spec:
  type: ExternalName
  externalName: db.example.com
  ports:
    - port: 5432
`,
    },
    {
      title: 'an alias inside the cluster',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: api }
spec:
  type: ExternalName
  externalName: api.other.svc.cluster.local
  ports:
    - port: 80
`,
    },
  ],
  run({ services, config }) {
    return services.flatMap((service) => {
      const host = (textAt(service.spec, 'externalName') ?? '').replace(/\.$/, '')
      if (service.type !== 'ExternalName' || host.endsWith(`.${config.clusterDomain}`)) return []
      return service.ports
        .filter(({ port, name }) => port === 80 || port === 443 || /^https?(?:-|$)/.test(name))
        .map(({ path }) => ({
          object: service.object,
          path: [...path, 'port'],
          message: `${host} gets requests for the host "${service.name}" through ${nameOf(service)}, and its certificate does not hold that name`,
        }))
    })
  },
}
