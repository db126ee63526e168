import type { Check } from '../check.ts'
import { type CheckContext } from '../context.ts'
import { valueAt } from '../json.ts'
import { policies, policiesFor, type Policy, type PolicyPort, type PolicyRule, selectedByPolicy } from '../policies.ts'
import { nameOf } from '../wording.ts'
import type { Workload } from '../workload.ts'

export const policyEgressWithoutDns: Check = {
  code: 'PTL803',
  name: 'policy-egress-without-dns',
  severity: 'warning',
  summary: 'A NetworkPolicy lets Pods connect to something, but not to DNS.',
  why: 'The allowed connections begin with a name, and the query for it is dropped: every lookup times out after some seconds. Policies add up: any policy for the same Pods may allow DNS.',
  remediation: 'Allow port 53, UDP and TCP, to the cluster DNS.',
  examples: [
    {
      title: 'only the database',
      yaml: `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: api }
spec:
  podSelector: { matchLabels: { app: api } }
  policyTypes: [Egress]
  egress:
# ^^^^^^ warning
    - to: [{ podSelector: { matchLabels: { app: db } } }]
      ports: [{ port: 5432 }]
`,
    },
    {
      title: 'another policy allows it for all Pods',
      yaml: `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: api }
spec:
  podSelector: { matchLabels: { app: api } }
  policyTypes: [Egress]
  egress:
    - to: [{ podSelector: { matchLabels: { app: db } } }]
      ports: [{ port: 5432 }]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: dns }
spec:
  podSelector: {}
  policyTypes: [Egress]
  egress:
    - to: [{ namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: kube-system } } }]
      ports: [{ port: 53, protocol: UDP }, { port: 53, protocol: TCP }]
`,
    },
    {
      title: 'nothing at all is meant',
      yaml: `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: deny-all }
spec:
  podSelector: {}
  policyTypes: [Ingress, Egress]
`,
    },
  ],
  run(context) {
    const all = policies(context).filter(({ egress }) => egress !== undefined)
    const allowing = new Set(all.filter(allowsDns).map(whom))
    return all
      .filter(({ egress = [] }) => egress.length > 0)
      .flatMap((policy) => {
        const lacking = without(context, policy, allowing)
        if (lacking === undefined) return []
        const who = lacking === 'all' ? 'the Pods that it selects' : nameOf(lacking)
        return {
          object: policy.object,
          path: ['spec', 'egress'],
          message: `every name times out in ${who}: NetworkPolicy ${policy.name} restricts what they may connect to, and no policy allows DNS (port 53, UDP and TCP)`,
        }
      })
  },
}

/** Who has no DNS, if anybody; `all` where no workload was given to look at. */
function without(context: CheckContext, policy: Policy, allowing: ReadonlySet<string>): Workload | 'all' | undefined {
  const workloads = selectedByPolicy(context, policy)
  if (workloads.length > 0) {
    return workloads.find((workload) => !policiesFor(context, workload).some(allowsDns))
  }
  const isAllowed = allowing.has(whom(policy)) || allowing.has(whom({ namespace: policy.namespace, selector: {} }))
  return isAllowed ? undefined : 'all'
}

/** The same for policies that are written to select the same Pods. */
function whom({ namespace, selector }: Pick<Policy, 'namespace' | 'selector'>): string {
  return `${namespace} ${JSON.stringify(selector)}`
}

function allowsDns({ egress = [] }: Policy): boolean {
  return egress.some((rule) => (rule.ports.length === 0 || rule.ports.some(isDnsPort)) && mayBeDns(rule))
}

/** 53, and what cluster DNS listens on in its Pods in some distributions. */
function isDnsPort({ port, endPort, protocol }: PolicyPort): boolean {
  if (protocol !== 'UDP') return false
  if (port === undefined) return true
  if (typeof port === 'string') return port.startsWith('dns')
  return [53, 1053, 5353, 8053].some((dns) => port === dns || (endPort !== undefined && port <= dns && dns <= endPort))
}

/** Cluster DNS is in another namespace, or behind an address. */
function mayBeDns({ peers, ports }: PolicyRule): boolean {
  if (peers.length === 0) return true
  // A rule for port 53 was written for DNS, whoever it names.
  return (
    ports.length > 0 ||
    peers.some((peer) => valueAt(peer, 'namespaceSelector') !== undefined || valueAt(peer, 'ipBlock') !== undefined)
  )
}
