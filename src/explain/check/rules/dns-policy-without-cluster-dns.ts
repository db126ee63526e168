import type { Check } from '../check.ts'
import { clientReferences } from '../client-references.ts'
import { isSet, textAt } from '../json.ts'
import { nameOf } from '../wording.ts'

export const dnsPolicyWithoutClusterDns: Check = {
  code: 'PTL706',
  name: 'dns-policy-without-cluster-dns',
  severity: 'warning',
  summary: 'A Pod uses names of Services, and its dnsPolicy leaves cluster DNS out.',
  why: '`Default` means the DNS of the node, `None` the servers in dnsConfig: neither knows Services, and the answer is NXDOMAIN.',
  remediation: 'Set `dnsPolicy: ClusterFirst`, which is what holds without the field.',
  examples: [
    {
      title: 'Default is not the default',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: orders }
spec: { selector: { app: orders }, ports: [{ port: 80 }] }
---
apiVersion: v1
kind: Pod
metadata: { name: cart }
spec:
  dnsPolicy: Default
#            ^^^^^^^ warning
  containers:
    - name: cart
      env: [{ name: ORDERS_URL, value: "http://orders/" }]
#                                      ---------------- the name is used here
`,
    },
    {
      title: 'ClusterFirst',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: orders }
spec: { selector: { app: orders }, ports: [{ port: 80 }] }
---
apiVersion: v1
kind: Pod
metadata: { name: cart }
spec:
  dnsPolicy: ClusterFirst
  containers:
    - name: cart
      env: [{ name: ORDERS_URL, value: "http://orders/" }]
`,
    },
  ],
  run(context) {
    const references = clientReferences(context).filter(({ service }) => service !== undefined)
    return context.workloads.flatMap((workload) => {
      const policy = textAt(workload.podSpec, 'dnsPolicy')
      // Servers of one's own may well be those of the cluster.
      const isWithout =
        policy === 'Default' || (policy === 'None' && !isSet(workload.podSpec, 'dnsConfig', 'nameservers', 0))
      const reference = isWithout ? references.find((one) => one.workload === workload) : undefined
      if (reference === undefined) return []
      const { object } = workload
      return {
        object,
        path: [...workload.podPath, 'dnsPolicy'],
        message: `"${reference.host}" does not resolve in ${nameOf(workload)}: dnsPolicy ${policy} leaves cluster DNS out`,
        related: [{ object: reference.object, path: reference.path, message: 'the name is used here' }],
      }
    })
  },
}
