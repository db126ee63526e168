import type { Check, Problem } from '../check.ts'
import { type CheckContext, selectedBy } from '../context.ts'
import { replaceScalar, safeFix } from '../edits.ts'
import { isInRange } from '../port-syntax.ts'
import type { Service, ServicePort } from '../service.ts'
import { nameOf } from '../wording.ts'
import { type DeclaredPort, findNamedPort } from '../workload.ts'

export const headlessPortRemap: Check = {
  code: 'PTL115',
  name: 'headless-port-remap',
  severity: 'error',
  summary: 'A headless Service has a port that differs from the port of its Pods.',
  why: 'DNS gives clients the addresses of the Pods, and no rule translates ports on the way: a client that dials `port` meets a Pod where nothing listens there, and is refused at once. The API accepts it.',
  remediation: 'Make `port` equal to the port of the Pods, or remove `clusterIP: None`.',
  examples: [
    {
      title: 'port 80 leads to 8080 only with a cluster IP',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  clusterIP: None
  selector: { app: web }
  ports:
    - port: 80
#           ^^ error
      targetPort: 8080
#                 ---- the Pods are meant to serve 8080
---
apiVersion: v1
kind: Pod
metadata: { name: web, labels: { app: web } }
spec:
  containers: [{ name: web, ports: [{ containerPort: 8080 }] }]
`,
    },
    {
      title: 'a named port of another number',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  clusterIP: None
  selector: { app: web }
  ports:
    - port: 80
#           ^^ error
      targetPort: http
#                 ---- the Pods are meant to serve http
---
apiVersion: v1
kind: Pod
metadata: { name: web, labels: { app: web } }
spec:
  containers:
    - name: web
      ports:
        - name: http
          containerPort: 8080
`,
    },
    {
      title: 'equal numbers',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  clusterIP: None
  selector: { app: web }
  ports:
    - port: 8080
      targetPort: http
---
apiVersion: v1
kind: Pod
metadata: { name: web, labels: { app: web } }
spec:
  containers: [{ name: web, ports: [{ name: http, containerPort: 8080 }] }]
`,
    },
  ],
  run(context) {
    return context.services
      .filter(({ headless, type }) => headless && type === 'ClusterIP')
      .flatMap((service) => service.ports.flatMap((port) => judge(context, service, port)))
  },
}

function judge(context: CheckContext, service: Service, port: ServicePort): readonly Problem[] {
  const { target, protocol } = port
  const named: DeclaredPort[] = []
  for (const workload of typeof target === 'string' ? selectedBy(context, service) : []) {
    const found = findNamedPort(workload, String(target), protocol)
    if (found !== undefined) named.push(found)
  }
  const numbers = typeof target === 'number' ? [target] : [...new Set(named.map(({ containerPort }) => containerPort))]
  const [number] = numbers
  if (number === undefined || numbers.includes(port.port)) return []
  const { object } = service
  const at = { object, path: [...port.path, 'port'] }
  const isOnly = numbers.length === 1 && isInRange(number) && service.ports.every((other) => other.port !== number)
  const where = { object, path: [...port.path, 'targetPort'], message: `the Pods are meant to serve ${String(target)}` }
  return [
    {
      ...at,
      message: `a client of ${nameOf(service)} that dials port ${port.port} is refused: it is headless, clients connect to the Pods themselves, and those serve ${number}`,
      related: port.targetPort === undefined ? [] : [where],
      fixes: isOnly ? safeFix(`set port to ${number}`, [replaceScalar(at, number)]) : [],
    },
  ]
}
