import type { Check, Place, Problem } from '../check.ts'
import { replaceScalar, safeFix } from '../edits.ts'
import { isDigits, normalizedName, portNameFault, servicePortNameFault } from '../port-syntax.ts'
import type { Service } from '../service.ts'
import { nameOf } from '../wording.ts'
import type { Workload } from '../workload.ts'

export const portNameInvalid: Check = {
  code: 'PTL105',
  name: 'port-name-invalid',
  severity: 'error',
  summary: 'The name of a port has characters or a length that Kubernetes does not allow.',
  why: 'The API server rejects the object. The name of a Service port is a DNS label of up to 63 characters; the name of a container port, and a targetPort that names one, has up to 15 characters of a-z, 0-9 and hyphens, with at least one letter (RFC 6335).',
  remediation: 'Rename the port, and everything that refers to it by name.',
  examples: [
    {
      title: 'an underscore, and a capital letter',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  ports:
    - name: http_web
#           ^^^^^^^^ error
      port: 80
      targetPort: Http
#                 ^^^^ error
`,
    },
    {
      title: 'a container port name of more than 15 characters',
      yaml: `
apiVersion: v1
kind: Pod
metadata: { name: web }
spec:
  containers:
    - name: web
      ports:
        - name: prometheus-metrics
#               ^^^^^^^^^^^^^^^^^^ error
          containerPort: 9090
`,
    },
    {
      title: 'a Service port may have 63',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  ports:
    - name: prometheus-metrics
      port: 9090
      targetPort: metrics
`,
    },
  ],
  run({ services, workloads }) {
    return [...services.flatMap(ofService), ...workloads.flatMap(ofWorkload)]
  },
}

function problem(at: Place, owner: string, what: string, name: string, fault: string, maximum: number): Problem {
  const better = normalizedName(name, maximum)
  const isLegal = better !== '' && portNameFault(better) === undefined && name.length <= maximum
  return {
    ...at,
    message: `${owner} is rejected: "${name}" is no legal ${what} (${fault})`,
    fixes: isLegal ? safeFix(`rename to "${better}"`, [replaceScalar(at, better)]) : [],
  }
}

function ofService(service: Service): readonly Problem[] {
  const { object } = service
  return service.ports.flatMap(({ name, targetPort, path }) => {
    const problems: Problem[] = []
    const fault = name === '' ? undefined : servicePortNameFault(name)
    const at = { object, path: [...path, 'name'] }
    if (fault !== undefined) problems.push(problem(at, nameOf(service), 'port name', name, fault, 63))
    // Digits in quotes are PTL106.
    if (typeof targetPort !== 'string' || targetPort === '' || isDigits(targetPort)) return problems
    const target = { object, path: [...path, 'targetPort'] }
    const targetFault = portNameFault(targetPort)
    if (targetFault !== undefined) {
      problems.push(problem(target, nameOf(service), 'targetPort', targetPort, targetFault, 15))
    }
    return problems
  })
}

function ofWorkload(workload: Workload): readonly Problem[] {
  return workload.containers.flatMap(({ ports }) =>
    ports.flatMap(({ name, path }) => {
      const fault = name === '' ? undefined : portNameFault(name)
      const at = { object: workload.object, path: [...path, 'name'] }
      return fault === undefined ? [] : problem(at, nameOf(workload), 'container port name', name, fault, 15)
    }),
  )
}
