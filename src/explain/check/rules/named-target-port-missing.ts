import { suggest } from '../../../manifest/suggest.ts'
import type { Check, Problem } from '../check.ts'
import { type CheckContext, selectedBy } from '../context.ts'
import { replaceScalar } from '../edits.ts'
import { isDigits } from '../port-syntax.ts'
import type { Service, ServicePort } from '../service.ts'
import { didYouMean, listText, nameOf, workloadsText } from '../wording.ts'
import { declaredPorts, findNamedPort } from '../workload.ts'

export const namedTargetPortMissing: Check = {
  code: 'PTL301',
  name: 'named-target-port-missing',
  severity: 'error',
  summary: 'A targetPort is a name that no selected Pod declares.',
  why: 'A named targetPort is looked up in each Pod. Where no container port has the name, the EndpointSlice has addresses without a port, and clients are refused at once, though the Pods run and are ready.',
  remediation: 'Give the container port that name, or correct targetPort.',
  examples: [
    {
      title: 'another name',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  selector: { app: web }
  ports:
    - port: 80
      targetPort: http
#                 ^^^^ error
---
apiVersion: v1
kind: Pod
metadata: { name: web, labels: { app: web } }
spec:
  containers:
    - name: web
      ports:
        - name: https
#               ----- the port that is there
          containerPort: 8080
`,
    },
    {
      title: 'the name is in a sidecar that is an init container',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  selector: { app: web }
  ports: [{ port: 80, targetPort: proxy }]
---
apiVersion: v1
kind: Pod
metadata: { name: web, labels: { app: web } }
spec:
  initContainers: [{ name: proxy, restartPolicy: Always, ports: [{ name: proxy, containerPort: 8080 }] }]
  containers: [{ name: web }]
`,
    },
  ],
  run(context) {
    return context.services.flatMap((service) => service.ports.flatMap((port) => judge(context, service, port)))
  },
}

/** Ports of proxies that are injected when the Pod is created. */
const INJECTED = /^(?:http-envoy|istio|linkerd|envoy)/

function judge(context: CheckContext, service: Service, port: ServicePort): readonly Problem[] {
  const { target, protocol } = port
  const workloads = selectedBy(context, service)
  if (typeof target !== 'string' || isDigits(target) || INJECTED.test(target) || workloads.length === 0) return []
  const declared = workloads.flatMap(declaredPorts)
  // Found with another protocol: PTL304.
  if (workloads.some((one) => findNamedPort(one, target, protocol)) || declared.some(({ name }) => name === target))
    return []
  const names = [...new Set(declared.map(({ name }) => name).filter((name) => name !== ''))]
  const byNumber = declared.find(({ containerPort, name }) => containerPort === port.port && name !== '')
  const near = suggest(target, names) ?? byNumber?.name ?? (names.length === 1 ? names[0] : undefined)
  const has = names.length === 0 ? 'names no port' : `names ${listText(names.map((name) => `"${name}"`))}`
  const place = declared.find(({ name }) => name === near) ?? declared[0]
  const first = workloads[0]
  const at = { object: service.object, path: [...port.path, 'targetPort'] }
  return [
    {
      ...at,
      message: `nothing will answer on port ${port.port} of ${nameOf(service)}: no container of ${workloadsText(workloads)} has a port named "${target}"; it ${has}${didYouMean(near)}`,
      related:
        first === undefined
          ? []
          : [
              {
                object: ownerOf(workloads, place)?.object ?? first.object,
                path:
                  place === undefined
                    ? [...first.podPath, 'containers']
                    : [...place.path, place.name === '' ? 'containerPort' : 'name'],
                message: place === undefined ? 'these containers declare no port' : 'the port that is there',
              },
            ],
      fixes:
        near === undefined
          ? []
          : [{ title: `set targetPort to "${near}"`, safe: false, edits: [replaceScalar(at, near)] }],
    },
  ]
}

function ownerOf(
  workloads: ReturnType<typeof selectedBy>,
  place: ReturnType<typeof declaredPorts>[number] | undefined,
): (typeof workloads)[number] | undefined {
  return place === undefined ? undefined : workloads.find(({ containers }) => containers.includes(place.container))
}
