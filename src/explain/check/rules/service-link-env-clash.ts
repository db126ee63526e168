import type { Check, Problem } from '../check.ts'
import type { CheckContext } from '../context.ts'
import { insertField, safeFix } from '../edits.ts'
import { imageName } from '../known-images.ts'
import type { Service } from '../service.ts'
import { nameOf } from '../wording.ts'
import type { Container, Workload } from '../workload.ts'

/** Programs that read `<PREFIX>_PORT` as a number, by image. */
const READERS: Readonly<Record<string, string>> = {
  'actualbudget/actual-server': 'ACTUAL',
  'ghcr.io/actualbudget/actual': 'ACTUAL',
  'gpustack/gpustack': 'GPUSTACK',
  'n8nio/n8n': 'N8N',
  'docker.n8n.io/n8nio/n8n': 'N8N',
}
/** Settings that stand beside a `<PREFIX>_PORT` in the same program. */
const SIBLINGS = ['HOST', 'ADDRESS', 'ADDR', 'BIND', 'LISTEN', 'LISTEN_ADDRESS', 'PROTOCOL', 'BASE_URL', 'LISTEN_HOST']

export const serviceLinkEnvClash: Check = {
  code: 'PTL411',
  name: 'service-link-env-clash',
  severity: 'warning',
  summary: 'A variable that Kubernetes sets for a Service collides with a setting of the program.',
  why: 'For each Service of the namespace Kubernetes sets `<NAME>_PORT=tcp://10.0.0.1:80` in every Pod. A program that reads this variable as its own port ends with "invalid port", again and again.',
  remediation: 'Set `enableServiceLinks: false` in the Pod, or set the variable itself.',
  examples: [
    {
      title: 'the program has settings with the prefix',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: portal }
#                 ------ makes the variables PORTAL_PORT...
spec:
  selector: { app: portal }
  ports: [{ port: 80, targetPort: 3000 }]
---
apiVersion: v1
kind: Pod
metadata: { name: portal, labels: { app: portal } }
spec:
  containers:
    - name: portal
#           ^^^^^^ warning
      env:
        - name: PORTAL_HOST
          value: 0.0.0.0
      ports: [{ containerPort: 3000 }]
`,
    },
    {
      title: 'service links are off',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: portal }
spec:
  selector: { app: portal }
  ports: [{ port: 80, targetPort: 3000 }]
---
apiVersion: v1
kind: Pod
metadata: { name: portal, labels: { app: portal } }
spec:
  enableServiceLinks: false
  containers:
    - name: portal
      env: [{ name: PORTAL_HOST, value: 0.0.0.0 }]
      ports: [{ containerPort: 3000 }]
`,
    },
  ],
  run(context) {
    return context.workloads
      .filter(({ podSpec }) => podSpec['enableServiceLinks'] !== false)
      .flatMap((workload) => workload.containers.flatMap((container) => judge(context, workload, container)))
  },
}

function judge(context: CheckContext, workload: Workload, container: Container): readonly Problem[] {
  const prefixes = prefixesOf(container)
  const isSetHere = (name: string): boolean => container.env.some((one) => one.name === name)
  const clashing = [...prefixes].filter((prefix) => !isSetHere(`${prefix}_PORT`))
  return clashing.flatMap((prefix) => {
    const service = linkedService(context, workload, prefix)
    if (service === undefined) return []
    const { object, podPath } = workload
    return {
      object,
      path: [...container.path, 'name'],
      message: `container ${container.name} of ${nameOf(workload)} gets ${prefix}_PORT=tcp://... because of ${nameOf(service)}, and seems to read it as its own setting; set enableServiceLinks: false`,
      related: [
        { object: service.object, path: ['metadata', 'name'], message: `makes the variables ${prefix}_PORT...` },
      ],
      fixes: safeFix(
        'set enableServiceLinks to false',
        insertField({ object, path: [...podPath, 'containers'] }, 'enableServiceLinks', false),
      ),
    }
  })
}

function prefixesOf(container: Container): ReadonlySet<string> {
  const own = container.env.flatMap(({ name }) => {
    const sibling = SIBLINGS.find((one) => name.endsWith(`_${one}`))
    return sibling === undefined ? [] : [name.slice(0, -sibling.length - 1)]
  })
  const known = READERS[imageName(container.image)]
  return new Set(known === undefined ? own : [...own, known])
}

/** The Service of that prefix, with an address, that stands for this very workload. */
function linkedService(context: CheckContext, workload: Workload, prefix: string): Service | undefined {
  const name = prefix.toLowerCase().replaceAll('_', '-')
  return context.servicesByName
    .get(name)
    ?.find(
      (service) =>
        service.namespace === workload.namespace &&
        !service.headless &&
        service.type !== 'ExternalName' &&
        context.selected.get(service)?.includes(workload) === true,
    )
}
