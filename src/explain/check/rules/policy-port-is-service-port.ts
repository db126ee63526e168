import type { Check, Problem } from '../check.ts'
import { type CheckContext, servicesSelecting } from '../context.ts'
import { replaceScalar, safeFix } from '../edits.ts'
import {
  allowsPort,
  peerWorkloads,
  policies,
  type Policy,
  type PolicyPort,
  type PolicyRule,
  selectedByPolicy,
} from '../policies.ts'
import type { Service, ServicePort } from '../service.ts'
import { targetNumber, targetOf } from '../target.ts'
import { nameOf } from '../wording.ts'
import { declaredPorts, type Workload } from '../workload.ts'

export const policyPortIsServicePort: Check = {
  code: 'PTL801',
  name: 'policy-port-is-service-port',
  severity: 'error',
  summary: 'A NetworkPolicy allows the port of a Service, where packets arrive on the port of the Pod.',
  why: 'The address of a Service is translated before policies are evaluated: they see the port of the Pod. A rule for the port or nodePort of the Service matches nothing, and the client waits until it times out.',
  remediation: 'Write the port of the Pod, by number or by name.',
  examples: [
    {
      title: 'port 80 of the Service is port 8080 of the Pods',
      yaml: `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: web }
spec:
  podSelector: { matchLabels: { app: web } }
  ingress:
    - ports:
        - port: 80
#               ^^ error
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  selector: { app: web }
  ports: [{ port: 80, targetPort: 8080 }]
#                 -- Service web translates 80 to 8080
---
apiVersion: v1
kind: Pod
metadata: { name: web, labels: { app: web } }
spec: { containers: [{ name: web, ports: [{ containerPort: 8080 }] }] }
`,
    },
    {
      title: 'on the side of the client',
      yaml: `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: cart }
spec:
  podSelector: { matchLabels: { app: cart } }
  policyTypes: [Egress]
  egress:
    - to: [{ podSelector: { matchLabels: { app: web } } }]
      ports:
        - port: 80
#               ^^ error
    - ports: [{ port: 53, protocol: UDP }, { port: 53 }]
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  selector: { app: web }
  ports: [{ port: 80, targetPort: 8080 }]
#                 -- Service web translates 80 to 8080
---
apiVersion: v1
kind: Pod
metadata: { name: web, labels: { app: web } }
spec: { containers: [{ name: web, ports: [{ containerPort: 8080 }] }] }
`,
    },
    {
      title: 'the port of the Pod',
      yaml: `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: web }
spec:
  podSelector: { matchLabels: { app: web } }
  ingress:
    - ports: [{ port: 8080 }]
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  selector: { app: web }
  ports: [{ port: 80, targetPort: 8080 }]
---
apiVersion: v1
kind: Pod
metadata: { name: web, labels: { app: web } }
spec: { containers: [{ name: web, ports: [{ containerPort: 8080 }] }] }
`,
    },
  ],
  run(context) {
    return policies(context).flatMap((policy) => [
      ...(policy.ingress ?? []).flatMap((rule) =>
        judge(context, policy, rule, policy.ingress ?? [], selectedByPolicy(context, policy)),
      ),
      ...(policy.egress ?? []).flatMap((rule) =>
        judge(context, policy, rule, policy.egress ?? [], receivers(context, policy, rule)),
      ),
    ])
  },
}

/** The workloads that the rule lets Pods connect to. A rule for everybody is about no Service. */
function receivers(context: CheckContext, policy: Policy, rule: PolicyRule): readonly Workload[] {
  return [...new Set(rule.peers.flatMap((peer) => peerWorkloads(context, policy, peer)))]
}

function judge(
  context: CheckContext,
  policy: Policy,
  rule: PolicyRule,
  all: readonly PolicyRule[],
  workloads: readonly Workload[],
): readonly Problem[] {
  return rule.ports.flatMap((entry) => {
    const { port, endPort } = entry
    if (typeof port !== 'number' || endPort !== undefined) return []
    const found = wrongPort(context, entry, port, workloads)
    if (found === undefined) return []
    const { service, servicePort, workload, target } = found
    const name = targetOf({ service, port: servicePort, workload })?.name ?? ''
    // The right port stands beside it.
    if (
      all.some(({ ports }) => ports.length === 0 || ports.some((one) => allowsPort(one, target, entry.protocol, name)))
    )
      return []
    const at = { object: policy.object, path: [...entry.path, 'port'] }
    const what = servicePort.nodePort === port ? 'the nodePort' : 'the port'
    return {
      ...at,
      message: `clients of ${nameOf(service)} time out: NetworkPolicy ${policy.name} allows ${port}, ${what} of the Service, and packets arrive at ${nameOf(workload)} on ${target}`,
      related: [
        {
          object: service.object,
          path: [...servicePort.path, 'port'],
          message: `${nameOf(service)} translates ${port} to ${target}`,
        },
      ],
      fixes: safeFix(`allow ${target}`, [replaceScalar(at, target)]),
    }
  })
}

interface WrongPort {
  readonly service: Service
  readonly servicePort: ServicePort
  readonly workload: Workload
  readonly target: number
}

/** The Service that gives the number another meaning; undefined where any of the Pods serves the number itself. */
function wrongPort(
  context: CheckContext,
  entry: PolicyPort,
  port: number,
  workloads: readonly Workload[],
): WrongPort | undefined {
  let found: WrongPort | undefined
  for (const workload of workloads) {
    if (
      declaredPorts(workload).some(
        ({ containerPort, protocol }) => containerPort === port && protocol === entry.protocol,
      )
    )
      return undefined
    for (const service of servicesSelecting(context, workload)) {
      for (const servicePort of service.ports) {
        const target = targetNumber({ service, port: servicePort, workload })
        if (servicePort.protocol !== entry.protocol || target === undefined) continue
        if (target === port) return undefined
        if (servicePort.port === port || servicePort.nodePort === port)
          found ??= { service, servicePort, workload, target }
      }
    }
  }
  return found
}
