import { suggest } from '../../../manifest/suggest.ts'
import type { ManifestObject } from '../../../manifest/manifest.ts'
import type { JsonValue } from '../../../manifest/node.ts'
import type { Check, Problem } from '../check.ts'
import { type CheckContext, objectsOfKind } from '../context.ts'
import { listAt, numberAt, type Path, textAt } from '../json.ts'
import { ROUTE_KINDS } from '../route-backends.ts'
import { didYouMean, titleOf } from '../wording.ts'

export const routeParentMismatch: Check = {
  code: 'PTL607',
  name: 'route-parent-mismatch',
  severity: 'warning',
  summary: 'A route asks for a part of a Gateway that does not take it.',
  why: 'The Gateway does not accept the route: requests for it get a 404. It has to name a listener that exists, with a hostname in common, and one that takes routes of its namespace.',
  remediation: 'Correct sectionName, port or hostnames of the route, or allowedRoutes of the listener.',
  examples: [
    {
      title: 'no such listener',
      yaml: `
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: edge }
spec:
  gatewayClassName: any
  listeners: [{ name: http, port: 80, protocol: HTTP }]
# --------- the listeners
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: web }
spec:
  parentRefs:
    - name: edge
      sectionName: https
#                  ^^^^^ warning
`,
    },
    {
      title: 'a namespace that the listener does not take',
      yaml: `
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: edge }
spec:
  gatewayClassName: any
  listeners: [{ name: http, port: 80, protocol: HTTP }]
# --------- the listeners
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: web, namespace: shop }
spec:
  parentRefs:
    - name: edge
#           ^^^^ warning
      namespace: default
`,
    },
    {
      title: 'accepted',
      yaml: `
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: edge }
spec:
  gatewayClassName: any
  listeners:
    - { name: http, port: 80, protocol: HTTP, hostname: "*.example.com", allowedRoutes: { namespaces: { from: All } } }
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: web, namespace: shop }
spec:
  parentRefs: [{ name: edge, namespace: default, sectionName: http }]
  hostnames: [shop.example.com]
`,
    },
  ],
  run(context) {
    return ROUTE_KINDS.flatMap((kind) => objectsOfKind(context, kind)).flatMap((route) =>
      listAt(route.value, 'spec', 'parentRefs').flatMap((parent, i) =>
        judge(context, route, parent, ['spec', 'parentRefs', i]),
      ),
    )
  },
}

function judge(context: CheckContext, route: ManifestObject, parent: JsonValue, path: Path): readonly Problem[] {
  const namespace = textAt(parent, 'namespace') ?? context.namespaceOf(route)
  const gateway = objectsOfKind(context, 'Gateway').find(
    (one) => one.name !== undefined && one.name === textAt(parent, 'name') && context.namespaceOf(one) === namespace,
  )
  if (gateway === undefined || (textAt(parent, 'kind') ?? 'Gateway') !== 'Gateway') return []
  const listeners = listAt(gateway.value, 'spec', 'listeners')
  const problem = (field: string, why: string): Problem[] => [
    {
      object: route,
      path: [...path, field],
      message: `${titleOf(gateway)} does not accept ${titleOf(route)}: ${why}`,
      related: [{ object: gateway, path: ['spec', 'listeners'], message: 'the listeners' }],
    },
  ]
  const section = textAt(parent, 'sectionName')
  const named = listeners.filter((one) => section === undefined || textAt(one, 'name') === section)
  if (named.length === 0) {
    const near = suggest(
      section ?? '',
      listeners.map((one) => textAt(one, 'name') ?? ''),
    )
    return problem('sectionName', `it has no listener "${section}"${didYouMean(near)}`)
  }
  const port = numberAt(parent, 'port')
  const onPort = named.filter((one) => port === undefined || numberAt(one, 'port') === port)
  if (onPort.length === 0) return problem('port', `it has no listener on port ${port}`)
  const open = onPort.filter((one) => takesNamespace(context, one, namespace, route))
  if (open.length === 0)
    return problem('name', `its listeners take no routes of namespace ${context.namespaceOf(route)}`)
  if (open.some((one) => sharesHost(one, route))) return []
  return problem('name', 'no listener has a hostname in common with it')
}

function takesNamespace(context: CheckContext, listener: JsonValue, namespace: string, route: ManifestObject): boolean {
  const from = textAt(listener, 'allowedRoutes', 'namespaces', 'from') ?? 'Same'
  return from !== 'Same' || context.namespaceOf(route) === namespace
}

function sharesHost(listener: JsonValue, route: ManifestObject): boolean {
  const own = textAt(listener, 'hostname') ?? ''
  const hosts = listAt(route.value, 'spec', 'hostnames').map(String)
  return own === '' || hosts.length === 0 || hosts.some((host) => matchesHost(own, host) || matchesHost(host, own))
}

function matchesHost(pattern: string, host: string): boolean {
  return pattern === host || (pattern.startsWith('*.') && host.endsWith(pattern.slice(1)))
}
