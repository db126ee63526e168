import type { Check, Problem } from '../check.ts'
import { type CheckContext, selectedBy } from '../context.ts'
import { isImageCertain, type PortFact } from '../evidence.ts'
import { contradiction, type Link, servedText } from '../target.ts'
import type { Service, ServicePort } from '../service.ts'
import { nameOf } from '../wording.ts'
import { declaredPorts, type Workload } from '../workload.ts'

export const targetPortContradictsEvidence: Check = {
  code: 'PTL302',
  name: 'target-port-contradicts-evidence',
  severity: 'warning',
  summary: 'A Service sends to a port that its Pods do not seem to serve.',
  why: 'containerPort is documentation and opens nothing, so that a targetPort that nobody declares may well work. But where the Pod tells its ports (declared, probed, set by a flag or a variable, known of the image) and the target is none of them, clients are probably refused at once. An error where a known image without any setting decides it.',
  remediation:
    'Set targetPort to the port that the program listens on. Without targetPort, packets go to the number of `port`.',
  examples: [
    {
      title: 'another port is declared',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: api }
spec:
  selector: { app: api }
  ports:
    - port: 80
      targetPort: 8080
#                 ^^^^ warning
---
apiVersion: v1
kind: Pod
metadata: { name: api, labels: { app: api } }
spec:
  containers:
    - name: api
      image: example.com/api
      ports:
        - containerPort: 3000
#                        ---- containerPort 3000
`,
    },
    {
      title: 'without targetPort, and a flag names another port',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: api }
spec:
  selector: { app: api }
  ports:
    - port: 80
#           ^^ warning
---
apiVersion: v1
kind: Pod
metadata: { name: api, labels: { app: api } }
spec:
  containers:
    - name: api
      image: example.com/api
      args: [--port=9000]
#            ----------- --port=9000
`,
    },
    {
      title: 'an image that is known, as it is',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  selector: { app: web }
  ports:
    - port: 80
      targetPort: 8080
#                 ^^^^ error
---
apiVersion: v1
kind: Pod
metadata: { name: web, labels: { app: web } }
spec:
  containers: [{ name: web, image: nginx:1.29 }]
#                                  ---------- port 80 of image nginx
`,
    },
    {
      title: 'silence is no contradiction',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: api }
spec:
  selector: { app: api }
  ports: [{ port: 80, targetPort: 8080 }]
---
apiVersion: v1
kind: Pod
metadata: { name: api, labels: { app: api } }
spec:
  containers: [{ name: api, image: example.com/api }]
`,
    },
    {
      title: 'a variable says that the program listens there all the same',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: api }
spec:
  selector: { app: api }
  ports: [{ port: 80, targetPort: 8080 }]
---
apiVersion: v1
kind: Pod
metadata: { name: api, labels: { app: api } }
spec:
  containers:
    - name: api
      image: example.com/api
      env: [{ name: PORT, value: "8080" }]
      ports: [{ name: metrics, containerPort: 9090 }]
`,
    },
  ],
  run(context) {
    return context.services.flatMap((service) => service.ports.flatMap((port) => judge(context, service, port)))
  },
}

function judge(context: CheckContext, service: Service, port: ServicePort): readonly Problem[] {
  const workloads = selectedBy(context, service)
  const [first] = workloads
  if (first === undefined || service.type === 'ExternalName' || isOther(port, workloads)) return []
  const all = workloads.map((workload) => contradiction(context, { service, port, workload }))
  const [facts] = all
  if (facts === undefined || all.includes(undefined)) return []
  const isCertain = isProven({ service, port, workload: first }, facts)
  const omitted = port.targetPort === undefined || port.targetPort === 0
  const target = omitted ? `the Pods' port ${port.port}, since it has no targetPort` : `the Pods' port ${port.target}`
  const [fact] = facts
  return [
    {
      object: service.object,
      path: [...port.path, omitted ? 'port' : 'targetPort'],
      severity: isCertain ? 'error' : 'warning',
      message: `${isCertain ? 'nothing will answer' : 'probably nothing answers'} on port ${port.port} of ${nameOf(service)}: it sends to ${target}, and ${servedText(first, facts)}`,
      related: fact === undefined ? [] : [{ object: first.object, path: fact.path, message: fact.text }],
    },
  ]
}

/** Another protocol is PTL304, port and targetPort in each other's place PTL307. */
function isOther({ target, port, protocol }: ServicePort, workloads: readonly Workload[]): boolean {
  const declared = workloads.flatMap(declaredPorts)
  if (declared.some((one) => one.containerPort === target && one.protocol !== protocol)) return true
  return port !== target && declared.some((one) => one.containerPort === port)
}

function isProven({ workload }: Link, facts: readonly PortFact[]): boolean {
  const [container] = workload.containers
  if (container === undefined || workload.containers.length > 1) return false
  return isImageCertain(container) && facts.every(({ source }) => source === 'image')
}
