import type { Check } from '../check.ts'
import { insertField, replaceScalar, safeFix } from '../edits.ts'
import { clientReferences } from '../client-references.ts'
import { textAt } from '../json.ts'
import { nameOf } from '../wording.ts'

export const hostNetworkDnsPolicy: Check = {
  code: 'PTL409',
  name: 'host-network-dns-policy',
  severity: 'warning',
  summary: 'A Pod on the network of the node uses names of Services without cluster DNS.',
  why: 'With hostNetwork the policy ClusterFirst, which is the default, falls back to the DNS of the node, and that does not know Services: NXDOMAIN.',
  remediation: 'Set `dnsPolicy: ClusterFirstWithHostNet`.',
  examples: [
    {
      title: 'it calls a Service',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: collector }
spec:
  ports: [{ port: 4317 }]
---
apiVersion: v1
kind: Pod
metadata: { name: agent }
spec:
  hostNetwork: true
#              ^^^^ warning
  containers:
    - name: agent
      env: [{ name: COLLECTOR_URL, value: "http://collector:4317" }]
#                                         ----------------------- the name is used here
`,
    },
    {
      title: 'it calls none',
      yaml: `
apiVersion: v1
kind: Pod
metadata: { name: agent }
spec:
  hostNetwork: true
  containers: [{ name: agent }]
`,
    },
  ],
  run(context) {
    const references = clientReferences(context)
    return context.workloads.flatMap((workload) => {
      const policy = textAt(workload.podSpec, 'dnsPolicy')
      if (!workload.hostNetwork || (policy !== undefined && policy !== 'ClusterFirst')) return []
      const reference = references.find((one) => one.workload === workload && one.service !== undefined)
      if (reference === undefined) return []
      const { object, podPath } = workload
      const at = { object, path: [...podPath, 'hostNetwork'] }
      const wanted = 'ClusterFirstWithHostNet'
      const edits =
        policy === undefined
          ? insertField(at, 'dnsPolicy', wanted)
          : [replaceScalar({ object, path: [...podPath, 'dnsPolicy'] }, wanted)]
      return {
        ...at,
        message: `"${reference.host}" does not resolve in ${nameOf(workload)}: with hostNetwork it asks the DNS of the node, unless dnsPolicy is ${wanted}`,
        related: [{ object: reference.object, path: reference.path, message: 'the name is used here' }],
        fixes: safeFix(`set dnsPolicy to ${wanted}`, edits),
      }
    })
  },
}
