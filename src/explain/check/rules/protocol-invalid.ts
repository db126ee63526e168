import type { Check, Place, Problem } from '../check.ts'
import { type CheckContext, objectsOfKind } from '../context.ts'
import { replaceScalar, safeFix } from '../edits.ts'
import { listAt, textAt, type Path } from '../json.ts'
import { nameOf, titleOf } from '../wording.ts'

const PROTOCOLS = ['TCP', 'UDP', 'SCTP']

export const protocolInvalid: Check = {
  code: 'PTL107',
  name: 'protocol-invalid',
  severity: 'error',
  summary: 'A protocol is not TCP, UDP or SCTP in capital letters.',
  why: 'The API server rejects the object. HTTP and the like are not protocols here: they run over TCP and belong into appProtocol.',
  remediation: 'Write TCP, UDP or SCTP, or leave the field out for TCP.',
  examples: [
    {
      title: 'lower case',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: dns }
spec:
  ports:
    - port: 53
      protocol: udp
#               ^^^ error
`,
    },
    {
      title: 'an application protocol',
      yaml: `
apiVersion: v1
kind: Pod
metadata: { name: web }
spec:
  containers:
    - name: web
      ports:
        - containerPort: 80
          protocol: HTTP
#                   ^^^^ error
`,
    },
    {
      title: 'appProtocol is free text',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  ports:
    - port: 80
      protocol: TCP
      appProtocol: http
`,
    },
  ],
  run(context) {
    return [
      ...context.services.flatMap((service) =>
        service.ports.flatMap(({ protocol, path }) =>
          judge(service.object, [...path, 'protocol'], protocol, nameOf(service)),
        ),
      ),
      ...context.workloads.flatMap((workload) =>
        workload.containers.flatMap(({ ports }) =>
          ports.flatMap(({ protocol, path }) =>
            judge(workload.object, [...path, 'protocol'], protocol, nameOf(workload)),
          ),
        ),
      ),
      ...ofPolicies(context),
    ]
  },
}

function judge(object: Place['object'], path: Path, protocol: string, owner: string): readonly Problem[] {
  if (PROTOCOLS.includes(protocol)) return []
  const upper = protocol.toUpperCase()
  const isCase = PROTOCOLS.includes(upper)
  const advice = isCase ? `write ${upper}` : 'it is TCP, UDP or SCTP'
  const fixes = isCase ? safeFix(`write ${upper}`, [replaceScalar({ object, path }, upper)]) : []
  return [{ object, path, message: `${owner} is rejected: "${protocol}" is no protocol; ${advice}`, fixes }]
}

function ofPolicies(context: CheckContext): readonly Problem[] {
  return objectsOfKind(context, 'NetworkPolicy').flatMap((object) =>
    ['ingress', 'egress'].flatMap((direction) =>
      listAt(object.value, 'spec', direction).flatMap((rule, i) =>
        listAt(rule, 'ports').flatMap((port, j) => {
          const path = ['spec', direction, i, 'ports', j, 'protocol']
          return judge(object, path, textAt(port, 'protocol') ?? 'TCP', titleOf(object))
        }),
      ),
    ),
  )
}
