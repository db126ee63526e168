import type { Check, Problem } from '../check.ts'
import { type CheckContext, objectsOfKind } from '../context.ts'
import { isSet, valueAt } from '../json.ts'
import { append } from '../labels.ts'
import { nameOf } from '../wording.ts'
import { type DeclaredPort, declaredPorts, isJob, type Workload } from '../workload.ts'

export const hostPortConflict: Check = {
  code: 'PTL407',
  name: 'host-port-conflict',
  severity: 'error',
  summary: 'A port of the node is wanted twice.',
  why: 'A hostPort, and every port of a Pod with hostNetwork, is taken on the node. The scheduler finds no node with the port free: the Pod stays Pending ("node(s) didn\'t have free ports"). Workloads that are bound to certain nodes are left alone.',
  remediation: 'Use a Service instead of hostPort, or another port.',
  examples: [
    {
      title: 'two workloads',
      yaml: `
apiVersion: apps/v1
kind: DaemonSet
metadata: { name: agent }
spec:
  selector: { matchLabels: { app: agent } }
  template:
    metadata: { labels: { app: agent } }
    spec:
      containers:
        - name: agent
          ports:
            - containerPort: 8080
              hostPort: 9100
#                       ---- the other one
---
apiVersion: apps/v1
kind: DaemonSet
metadata: { name: exporter }
spec:
  selector: { matchLabels: { app: exporter } }
  template:
    metadata: { labels: { app: exporter } }
    spec:
      hostNetwork: true
      containers:
        - name: exporter
          ports:
            - containerPort: 9100
#                            ^^^^ error
`,
    },
    {
      title: 'on different nodes',
      yaml: `
apiVersion: apps/v1
kind: DaemonSet
metadata: { name: agent }
spec:
  selector: { matchLabels: { app: agent } }
  template:
    metadata: { labels: { app: agent } }
    spec:
      nodeSelector: { pool: a }
      containers: [{ name: agent, ports: [{ containerPort: 8080, hostPort: 9100 }] }]
---
apiVersion: apps/v1
kind: DaemonSet
metadata: { name: exporter }
spec:
  selector: { matchLabels: { app: exporter } }
  template:
    metadata: { labels: { app: exporter } }
    spec:
      nodeSelector: { pool: b }
      containers: [{ name: exporter, ports: [{ containerPort: 9100, hostPort: 9100 }] }]
`,
    },
  ],
  run(context) {
    const taken = new Map<string, Taken[]>()
    return context.workloads
      .filter((workload) => !isJob(workload) && workload.replicas !== 0)
      .flatMap((workload) => [
        ...declaredPorts(workload).flatMap((port) => take(taken, workload, port)),
        ...tooManyReplicas(context, workload),
      ])
  },
}

interface Taken {
  readonly workload: Workload
  readonly port: DeclaredPort
  readonly address: string
}

function hostPortOf(workload: Workload, port: DeclaredPort): number | undefined {
  return workload.hostNetwork ? port.containerPort : port.hostPort === 0 ? undefined : port.hostPort
}

function fieldOf(workload: Workload, { hostPort }: DeclaredPort): string {
  return workload.hostNetwork && hostPort === 0 ? 'containerPort' : 'hostPort'
}

const isAny = (address: string): boolean => address === '' || address === '0.0.0.0' || address === '::'

function take(all: Map<string, Taken[]>, workload: Workload, port: DeclaredPort): readonly Problem[] {
  const number = hostPortOf(workload, port)
  if (number === undefined) return []
  const key = `${number}/${port.protocol}`
  const mine = { workload, port, address: port.hostIP }
  const other = all
    .get(key)
    ?.find(
      (one) =>
        (one.address === mine.address || isAny(one.address) || isAny(mine.address)) &&
        (one.workload === workload ? one.port.container !== port.container : maySharesNode(one.workload, workload)),
    )
  append(all, key, mine)
  if (other === undefined) return []
  const path = [...port.path, fieldOf(workload, port)]
  const who = other.workload === workload ? `container ${other.port.container.name}` : nameOf(other.workload)
  return [
    {
      object: workload.object,
      path,
      message: `${nameOf(workload)} stays Pending on a node where ${who} runs: both want port ${key} of the node`,
      related: [
        {
          object: other.workload.object,
          path: [...other.port.path, fieldOf(other.workload, other.port)],
          message: 'the other one',
        },
      ],
    },
  ]
}

/** Whether nothing keeps the two apart. */
function maySharesNode(left: Workload, right: Workload): boolean {
  const isBound = ({ podSpec }: Workload): boolean =>
    isSet(podSpec, 'affinity') ||
    isSet(podSpec, 'nodeName') ||
    Object.keys(valueAt(podSpec, 'nodeSelector') ?? {}).some((key) => key !== 'kubernetes.io/os')
  return !isBound(left) && !isBound(right)
}

/** Only where the nodes themselves were given. */
function tooManyReplicas(context: CheckContext, workload: Workload): readonly Problem[] {
  const nodes = objectsOfKind(context, 'Node').length
  const { replicas = 0 } = workload
  const port = declaredPorts(workload).find((one) => hostPortOf(workload, one) !== undefined)
  if (nodes === 0 || replicas <= nodes || port === undefined || context.config.openWorld) return []
  const message = `${replicas - nodes} of ${replicas} Pods of ${nameOf(workload)} stay Pending: each takes port ${hostPortOf(workload, port)} of a node, and there are ${nodes}`
  return [{ object: workload.object, path: [...port.path, fieldOf(workload, port)], message }]
}
