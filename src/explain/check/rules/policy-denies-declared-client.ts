import type { Check, Problem } from '../check.ts'
import { clientReferences, type ClientReference } from '../client-references.ts'
import { type CheckContext, selectedBy } from '../context.ts'
import { allowsPort, isPeer, policies, policiesFor, type Policy, type PolicyRule } from '../policies.ts'
import { targetNumber, targetOf } from '../target.ts'
import { nameOf } from '../wording.ts'
import type { Workload } from '../workload.ts'

export const policyDeniesDeclaredClient: Check = {
  code: 'PTL802',
  name: 'policy-denies-declared-client',
  severity: 'warning',
  summary: 'A workload calls a Service whose Pods do not let it in.',
  why: 'As soon as a NetworkPolicy selects a Pod, only what some policy allows gets in. The client waits until it times out; the Pod and its Service look fine.',
  remediation: 'Add a rule for the client, or correct its labels.',
  dependsOn: 'The network plugin: some do not enforce policies at all.',
  examples: [
    {
      title: 'only another client is let in',
      yaml: `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: orders }
spec:
  podSelector: { matchLabels: { app: orders } }
  ingress:
# ------- who is let in
    - from: [{ podSelector: { matchLabels: { app: web } } }]
---
apiVersion: v1
kind: Service
metadata: { name: orders }
spec: { selector: { app: orders }, ports: [{ port: 80 }] }
---
apiVersion: v1
kind: Pod
metadata: { name: orders, labels: { app: orders } }
spec: { containers: [{ name: orders, ports: [{ containerPort: 80 }] }] }
---
apiVersion: v1
kind: Pod
metadata: { name: cart, labels: { app: cart } }
spec:
  containers:
    - name: cart
      env:
        - name: ORDERS_URL
          value: http://orders/
#                ^^^^^^^^^^^^^^ warning
`,
    },
    {
      title: 'let in',
      yaml: `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: orders }
spec:
  podSelector: { matchLabels: { app: orders } }
  ingress:
    - from: [{ podSelector: { matchLabels: { app: cart } } }]
---
apiVersion: v1
kind: Service
metadata: { name: orders }
spec: { selector: { app: orders }, ports: [{ port: 80 }] }
---
apiVersion: v1
kind: Pod
metadata: { name: orders, labels: { app: orders } }
spec: { containers: [{ name: orders, ports: [{ containerPort: 80 }] }] }
---
apiVersion: v1
kind: Pod
metadata: { name: cart, labels: { app: cart } }
spec:
  containers:
    - name: cart
      env: [{ name: ORDERS_URL, value: "http://orders/" }]
`,
    },
  ],
  run(context) {
    if (policies(context).length === 0) return []
    return clientReferences(context).flatMap((reference) => judge(context, reference))
  },
}

function judge(context: CheckContext, reference: ClientReference): readonly Problem[] {
  const { workload: client, service, port } = reference
  const servicePort = service?.ports.find((one) => one.port === port)
  if (client === undefined || service === undefined || servicePort === undefined || client.hostNetwork) return []
  return selectedBy(context, service).flatMap((server) => {
    const applying = policiesFor(context, server).filter((policy) => policy.ingress !== undefined)
    const [first] = applying
    const link = { service, port: servicePort, workload: server }
    const target = targetNumber(link)
    if (first === undefined || target === undefined || server === client) return []
    const name = targetOf(link)?.name ?? ''
    const isIn = applying.some((policy) =>
      (policy.ingress ?? []).some(
        (rule) =>
          admits(policy, rule, client) &&
          (rule.ports.length === 0 ||
            rule.ports.some((entry) => allowsPort(entry, target, servicePort.protocol, name) || entry.port === port)),
      ),
    )
    if (isIn) return []
    return {
      object: reference.object,
      path: reference.path,
      message: `the connection of ${nameOf(client)} to ${nameOf(service)} times out: NetworkPolicy ${first.name} does not let it into ${nameOf(server)} on port ${target}`,
      related: [{ object: first.object, path: ['spec', 'ingress'], message: 'who is let in' }],
    }
  })
}

/** An ipBlock could hold the client's address; a namespaceSelector with labels that were not given could mean its namespace. */
function admits(policy: Policy, rule: PolicyRule, client: Workload): boolean {
  if (rule.peers.length === 0) return true
  return rule.peers.some((peer) => {
    const isUnknown = typeof peer === 'object' && peer !== null && ('ipBlock' in peer || 'namespaceSelector' in peer)
    return isUnknown || isPeer(policy, peer, client)
  })
}
