import type { Check } from '../check.ts'
import { nameOf } from '../wording.ts'

export const appProtocolConflict: Check = {
  code: 'PTL610',
  name: 'app-protocol-conflict',
  severity: 'warning',
  summary: 'The name of a port says another protocol than its appProtocol.',
  why: 'Meshes and gateways read appProtocol first and the name else; others read the name alone. They disagree on whether to speak TLS or HTTP/2, and clients get a 502.',
  remediation: 'Make both say the same.',
  examples: [
    {
      title: 'https against http',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  ports:
    - name: https
#           ----- the name
      port: 443
      appProtocol: http
#                  ^^^^ warning
`,
    },
    {
      title: 'a finer word for the same',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  ports:
    - name: http
      port: 80
      appProtocol: kubernetes.io/ws
`,
    },
  ],
  run({ services }) {
    return services.flatMap((service) =>
      service.ports.flatMap(({ name, appProtocol = '', path }) => {
        const byName = familyOf(name.split('-')[0] ?? '')
        const byField = familyOf(appProtocol.toLowerCase())
        if (byName === undefined || byField === undefined || byName === byField) return []
        return {
          object: service.object,
          path: [...path, 'appProtocol'],
          message: `${nameOf(service)} contradicts itself: port "${name}" is ${byName} by its name and ${byField} by its appProtocol ${appProtocol}`,
          related: [{ object: service.object, path: [...path, 'name'], message: 'the name' }],
        }
      }),
    )
  },
}

const FAMILIES: Readonly<Record<string, string>> = {
  http: 'plain HTTP',
  ws: 'plain HTTP',
  'kubernetes.io/ws': 'plain HTTP',
  https: 'TLS',
  wss: 'TLS',
  tls: 'TLS',
  'kubernetes.io/wss': 'TLS',
  tcp: 'plain TCP',
  mysql: 'plain TCP',
  redis: 'plain TCP',
  mongo: 'plain TCP',
}

function familyOf(word: string): string | undefined {
  return Object.hasOwn(FAMILIES, word) ? FAMILIES[word] : undefined
}
