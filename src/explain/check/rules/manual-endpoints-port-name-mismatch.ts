import type { Check, Problem } from '../check.ts'
import type { CheckContext } from '../context.ts'
import { insertField, replaceScalar, safeFix } from '../edits.ts'
import type { EndpointSet, EndpointSetPort } from '../endpoint-set.ts'
import type { Fix } from '../finding.ts'
import type { Service } from '../service.ts'
import { listText, nameOf } from '../wording.ts'

export const manualEndpointsPortNameMismatch: Check = {
  code: 'PTL211',
  name: 'manual-endpoints-port-name-mismatch',
  severity: 'error',
  summary: 'A port of endpoints written by hand is not named as the port of their Service.',
  why: 'Ports of a Service and of its endpoints are matched by name, not by number; no name is a name too. Where they differ, the Service has addresses without a port and a client is refused, though `kubectl describe` lists an endpoint.',
  remediation: 'Give both the same name, or none.',
  examples: [
    {
      title: 'a name on one side only',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: db }
spec:
  ports:
    - name: postgres
#           -------- the port of the Service
      port: 5432
---
apiVersion: v1
kind: Endpoints
metadata: { name: db }
subsets:
  - addresses: [{ ip: 192.0.2.10 }]
    ports:
      - port: 5432
#             ^^^^ error
`,
    },
    {
      title: 'the same name',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: db }
spec:
  ports: [{ name: postgres, port: 5432 }]
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: db-1, labels: { kubernetes.io/service-name: db } }
addressType: IPv4
ports: [{ name: postgres, port: 5432 }]
endpoints: [{ addresses: [192.0.2.10] }]
`,
    },
  ],
  run(context) {
    return context.services
      .filter(({ hasSelector, type }) => !hasSelector && type !== 'ExternalName')
      .flatMap((service) => judge(context, service))
  },
}

function judge(context: CheckContext, service: Service): readonly Problem[] {
  const sets = (context.endpointSets.get(`${service.namespace}/${service.name}`) ?? []).filter(
    ({ ports }) => ports.length > 0,
  )
  const names = new Set(service.ports.map(({ name }) => name))
  return sets.flatMap((set) =>
    set.ports
      .filter(({ name }) => !names.has(name))
      .map((port) => {
        const wanted = service.ports.filter(
          ({ name }) => !sets.some(({ ports }) => ports.some((one) => one.name === name)),
        )
        const target = wanted.length === 1 ? wanted[0] : wanted.find((one) => one.port === port.port)
        const known = listText([...names].map((name) => (name === '' ? 'no name' : `"${name}"`)))
        return {
          object: set.object,
          path: [...port.path, port.name === '' ? 'port' : 'name'],
          message: `nothing arrives at these endpoints: their port has ${port.name === '' ? 'no name' : `the name "${port.name}"`}, and that of ${nameOf(service)} has ${known}`,
          related: [
            {
              object: service.object,
              path: target === undefined ? ['spec', 'ports'] : [...target.path, target.name === '' ? 'port' : 'name'],
              message: 'the port of the Service',
            },
          ],
          fixes: target === undefined ? [] : renaming(set, port, target.name),
        }
      }),
  )
}

function renaming({ object }: EndpointSet, port: EndpointSetPort, name: string): readonly Fix[] {
  if (name === '') return []
  const edits =
    port.name === ''
      ? insertField({ object, path: [...port.path, 'port'] }, 'name', name)
      : [replaceScalar({ object, path: [...port.path, 'name'] }, name)]
  return safeFix(`name the port "${name}"`, edits)
}
