import type { Check, Problem } from '../check.ts'
import { isJsonObject } from '../../../manifest/node.ts'
import { isSet, listAt } from '../json.ts'
import { isInRange } from '../port-syntax.ts'
import type { Service } from '../service.ts'
import { nameOf } from '../wording.ts'
import type { Workload } from '../workload.ts'

export const portOutOfRange: Check = {
  code: 'PTL104',
  name: 'port-out-of-range',
  severity: 'error',
  summary: 'A port is not a whole number between 1 and 65535.',
  why: 'The API server rejects the object: TCP, UDP and SCTP have 16 bits for a port. A targetPort of 0 is allowed and means the same as `port`.',
  remediation: 'Write a number between 1 and 65535.',
  examples: [
    {
      title: 'one digit too many',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  ports:
    - port: 80800
#           ^^^^^ error
      targetPort: 8080
`,
    },
    {
      title: 'container port 0',
      yaml: `
apiVersion: v1
kind: Pod
metadata: { name: web }
spec:
  containers:
    - name: web
      ports:
        - containerPort: 0
#                        ^ error
`,
    },
    {
      title: 'targetPort 0 means port',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  ports:
    - port: 80
      targetPort: 0
`,
    },
  ],
  run({ services, workloads }) {
    return [...services.flatMap(ofService), ...workloads.flatMap(ofWorkload)]
  },
}

function ofService(service: Service): readonly Problem[] {
  const { object } = service
  const missing = listAt(service.spec, 'ports').flatMap((port, i) =>
    isJsonObject(port) && !isSet(port, 'port')
      ? { object, path: ['spec', 'ports', i], message: `${nameOf(service)} is rejected: one of its ports has no port` }
      : [],
  )
  const wrong = service.ports.flatMap((port) => {
    const fields: [string, unknown][] = [['port', port.port]]
    if (port.targetPort !== 0 && typeof port.targetPort === 'number') fields.push(['targetPort', port.targetPort])
    return fields
      .filter(([, value]) => value !== undefined && !isInRange(value))
      .map(([field, value]) => ({
        object,
        path: [...port.path, field],
        message: `${nameOf(service)} is rejected: ${field} ${String(value)} is not between 1 and 65535`,
      }))
  })
  return [...missing, ...wrong]
}

function ofWorkload(workload: Workload): readonly Problem[] {
  const { object } = workload
  return [...workload.containers, ...workload.initContainers.filter(({ ports }) => ports.length > 0)]
    .filter((container, i, all) => all.findIndex(({ path }) => path.join() === container.path.join()) === i)
    .flatMap((container) =>
      container.ports.flatMap(({ containerPort, hostPort, path }) => {
        const fields: [string, number | undefined][] = [['containerPort', containerPort]]
        if (hostPort !== 0) fields.push(['hostPort', hostPort])
        return fields
          .filter(([, value]) => value !== undefined && !isInRange(value))
          .map(([field, value]) => ({
            object,
            path: [...path, field],
            message: `${nameOf(workload)} is rejected: ${field} ${value} is not between 1 and 65535`,
          }))
      }),
    )
}
