import type { Check } from '../check.ts'
import { portFacts } from '../evidence.ts'
import { listText } from '../wording.ts'
import { nameOf } from '../wording.ts'
import { targetNumber } from '../target.ts'
import { selectedBy } from '../context.ts'

const LOCAL =
  /\b(?:https?|wss?|redis|postgres(?:ql)?|mysql|amqp|mongodb):\/\/(?:[^\s@/]*@)?(?:localhost|127\.0\.0\.1):(\d{2,5})\b/
/** Settings that are about the program itself. */
const OWN = /LISTEN|BIND|PUBLIC|ORIGIN|CALLBACK|REDIRECT|ADVERTISE|SELF|HEALTH|ADMIN|DAPR|SIDECAR|PROXY/

export const clientUrlLocalhost: Check = {
  code: 'PTL704',
  name: 'client-url-localhost',
  severity: 'warning',
  summary: 'A client calls localhost for something that runs in another Pod.',
  why: 'localhost is the Pod of the client itself. No container there serves the port, and the connection is refused at once. A Service of the namespace has it.',
  remediation: 'Call the Service by its name.',
  examples: [
    {
      title: 'a database elsewhere',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: db }
#                 -- Service db has port 5432
spec: { selector: { app: db }, ports: [{ port: 5432 }] }
---
apiVersion: v1
kind: Pod
metadata: { name: db, labels: { app: db } }
spec: { containers: [{ name: db, ports: [{ containerPort: 5432 }] }] }
---
apiVersion: v1
kind: Pod
metadata: { name: api }
spec:
  containers:
    - name: api
      env:
        - name: DATABASE_URL
          value: postgres://app@localhost:5432/app
#                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ warning
`,
    },
    {
      title: 'a container of the same Pod',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: db }
spec: { selector: { app: api }, ports: [{ port: 5432 }] }
---
apiVersion: v1
kind: Pod
metadata: { name: api, labels: { app: api } }
spec:
  containers:
    - name: api
      env: [{ name: DATABASE_URL, value: "postgres://app@localhost:5432/app" }]
    - name: db
      ports: [{ containerPort: 5432 }]
`,
    },
  ],
  run(context) {
    return context.workloads.flatMap((workload) => {
      if (workload.hostNetwork) return []
      const own = new Set(workload.containers.flatMap((container) => portFacts(container)).map(({ port }) => port))
      return workload.containers.flatMap(({ env }) =>
        env.flatMap(({ name, value = '', path }) => {
          const [, digits] = OWN.test(name) ? [] : (LOCAL.exec(value) ?? [])
          const port = Number(digits)
          if (digits === undefined || own.has(port)) return []
          const services = context.serviceIndex
            .find(workload.namespace, {})
            .filter((service) => !selectedBy(context, service).includes(workload))
            .filter((service) =>
              service.ports.some(
                (one) =>
                  one.port === port &&
                  selectedBy(context, service).some(
                    (other) => targetNumber({ service, port: one, workload: other }) === port,
                  ),
              ),
            )
          const [service] = services
          if (service === undefined) return []
          return {
            object: workload.object,
            path: [...path, 'value'],
            message: `the connection to localhost:${port} in ${nameOf(workload)} is refused: none of its containers serves ${port}; meant is probably ${listText(services.map(nameOf))}`,
            related: [
              { object: service.object, path: ['metadata', 'name'], message: `${nameOf(service)} has port ${port}` },
            ],
          }
        }),
      )
    })
  },
}
