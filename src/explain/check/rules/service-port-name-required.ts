import type { Check } from '../check.ts'
import { insertField, safeFix } from '../edits.ts'
import type { Service, ServicePort } from '../service.ts'
import { nameOf } from '../wording.ts'

export const servicePortNameRequired: Check = {
  code: 'PTL101',
  name: 'service-port-name-required',
  severity: 'error',
  summary: 'A Service has several ports, and one of them has no name.',
  why: 'The API server rejects the Service, so no packet ever has a place to go: names tell the ports of one Service apart in EndpointSlices.',
  remediation: 'Give every port of the Service a name of its own.',
  examples: [
    {
      title: 'the second port has no name',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  ports:
    - name: http
      port: 80
    - port: 443
#           ^^^ error
`,
    },
    {
      title: 'a single port needs none',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  ports:
    - port: 80
`,
    },
  ],
  run({ services }) {
    return services.flatMap((service) =>
      service.ports
        .filter(({ name }) => service.ports.length > 1 && name === '')
        .map((port) => {
          const name = freeName(service, port)
          const at = { object: service.object, path: [...port.path, 'port'] }
          return {
            ...at,
            message: `${nameOf(service)} is rejected: with ${service.ports.length} ports each needs a name, and port ${port.port} has none`,
            fixes: safeFix(`name the port "${name}"`, insertField(at, 'name', name)),
          }
        }),
    )
  },
}

const WELL_KNOWN: Readonly<Record<number, string>> = {
  53: 'dns',
  80: 'http',
  443: 'https',
  8080: 'http',
  8443: 'https',
}

function freeName(service: Service, port: ServicePort): string {
  const taken = new Set(service.ports.map(({ name }) => name))
  const protocol = port.protocol.toLowerCase()
  const names = [WELL_KNOWN[port.port] ?? `${protocol}-${port.port}`, `${protocol}-${port.port}`]
  // Two nameless ports may not get the same one.
  const twins = service.ports.filter((other) => other.name === '' && WELL_KNOWN[other.port] === names[0])
  return names.find((name, i) => !taken.has(name) && (i > 0 || twins.length < 2)) ?? `${protocol}-${port.port}`
}
