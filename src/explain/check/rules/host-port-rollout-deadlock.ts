import type { Check } from '../check.ts'
import { objectsOfKind } from '../context.ts'
import { isSet, textAt, valueAt } from '../json.ts'
import { nameOf } from '../wording.ts'
import { declaredPorts } from '../workload.ts'

export const hostPortRolloutDeadlock: Check = {
  code: 'PTL408',
  name: 'host-port-rollout-deadlock',
  severity: 'warning',
  summary: 'A Deployment with a hostPort adds a Pod before it removes one.',
  why: 'In a rollout the new Pod needs the port of a node while the old one still holds it. With as many replicas as nodes the new Pod stays Pending for ever, and the rollout is stuck.',
  remediation: 'Set `strategy: { type: Recreate }`, or maxSurge 0 and maxUnavailable 1.',
  examples: [
    {
      title: 'one replica, and a surge that is rounded up to one',
      yaml: `
apiVersion: apps/v1
kind: Deployment
metadata: { name: ingress }
spec:
  selector: { matchLabels: { app: ingress } }
  template:
    metadata: { labels: { app: ingress } }
    spec:
      containers:
        - name: ingress
          ports:
            - containerPort: 80
              hostPort: 80
#                       ^^ warning
`,
    },
    {
      title: 'the old one goes first',
      yaml: `
apiVersion: apps/v1
kind: Deployment
metadata: { name: ingress }
spec:
  strategy: { type: Recreate }
  selector: { matchLabels: { app: ingress } }
  template:
    metadata: { labels: { app: ingress } }
    spec: { containers: [{ name: ingress, ports: [{ containerPort: 80, hostPort: 80 }] }] }
`,
    },
  ],
  run(context) {
    const nodes = objectsOfKind(context, 'Node').length
    return context.workloads.flatMap((workload) => {
      const { object, replicas = 0 } = workload
      const port = declaredPorts(workload).find(({ hostPort }) => hostPort !== 0)
      if (workload.kind !== 'Deployment' || port === undefined || replicas === 0) return []
      const surge = valueAt(object.value, 'spec', 'strategy', 'rollingUpdate', 'maxSurge')
      const isSafe = textAt(object.value, 'spec', 'strategy', 'type') === 'Recreate' || surge === 0 || surge === '0%'
      const isUnavailableAllowed = isSet(object.value, 'spec', 'strategy', 'rollingUpdate', 'maxUnavailable')
      // 25% of fewer than four is rounded down: no old Pod may go before the new one is ready.
      if (isSafe || isUnavailableAllowed || replicas > 3 || nodes > replicas) return []
      return {
        object,
        path: [...port.path, 'hostPort'],
        message: `a rollout of ${nameOf(workload)} gets stuck where ${replicas === 1 ? 'one node is' : `${replicas} nodes are`} all there is: the new Pod waits for port ${port.hostPort} of a node, and the old one for the new one`,
      }
    })
  },
}
