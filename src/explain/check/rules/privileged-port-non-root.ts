import type { Check } from '../check.ts'
import { isImageCertain } from '../evidence.ts'
import { listAt, numberAt, valueAt } from '../json.ts'
import { nameOf } from '../wording.ts'
import type { Container, Workload } from '../workload.ts'

export const privilegedPortNonRoot: Check = {
  code: 'PTL410',
  name: 'privileged-port-non-root',
  severity: 'warning',
  summary: 'A program that is not root is to open a port below 1024, and drops the capability for it.',
  why: 'Opening a port below 1024 needs NET_BIND_SERVICE. Container runtimes usually lift this with a sysctl (net.ipv4.ip_unprivileged_port_start=0); where they do not, the program ends with "bind: permission denied".',
  remediation:
    'Let the program listen above 1023 and keep the port of the Service, or add the capability NET_BIND_SERVICE.',
  dependsOn:
    'containerd 1.6 with its default settings, CRI-O and Docker 20.10 lift the limit only where it is configured.',
  examples: [
    {
      title: 'nginx as another user',
      yaml: `
apiVersion: v1
kind: Pod
metadata: { name: web }
spec:
  containers:
    - name: web
      image: nginx:1.29
      securityContext: { runAsUser: 101, capabilities: { drop: [ALL] } }
      ports:
        - containerPort: 80
#                        ^^ warning
`,
    },
    {
      title: 'with the capability',
      yaml: `
apiVersion: v1
kind: Pod
metadata: { name: web }
spec:
  containers:
    - name: web
      image: nginx:1.29
      securityContext: { runAsUser: 101, capabilities: { drop: [ALL], add: [NET_BIND_SERVICE] } }
      ports: [{ containerPort: 80 }]
`,
    },
  ],
  run({ workloads }) {
    return workloads.flatMap((workload) =>
      workload.containers.flatMap((container) => {
        const user = userOf(workload, container)
        const port = container.ports.find(({ containerPort }) => containerPort < 1024)
        if (port === undefined || user === undefined || user === 0 || !isDropped(container) || isLifted(workload))
          return []
        // Any other image may well be made for its user.
        if (!isImageCertain(container)) return []
        return {
          object: workload.object,
          path: [...port.path, 'containerPort'],
          message: `container ${container.name} of ${nameOf(workload)} may not be allowed to open port ${port.containerPort}: it runs as user ${user} and drops NET_BIND_SERVICE`,
        }
      }),
    )
  },
}

function userOf({ podSpec }: Workload, { value }: Container): number | undefined {
  return numberAt(value, 'securityContext', 'runAsUser') ?? numberAt(podSpec, 'securityContext', 'runAsUser')
}

function isDropped({ value }: Container): boolean {
  const has = (list: string, name: string): boolean =>
    listAt(value, 'securityContext', 'capabilities', list).includes(name)
  return (has('drop', 'ALL') || has('drop', 'NET_BIND_SERVICE')) && !has('add', 'NET_BIND_SERVICE')
}

function isLifted({ podSpec }: Workload): boolean {
  return listAt(podSpec, 'securityContext', 'sysctls').some(
    (entry) => valueAt(entry, 'name') === 'net.ipv4.ip_unprivileged_port_start',
  )
}
