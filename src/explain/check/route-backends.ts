/** Every place of a Gateway API route that points at a Service. */
import type { ManifestObject } from '../../manifest/manifest.ts'
import type { JsonValue } from '../../manifest/node.ts'
import { type CheckContext, objectsOfKind } from './context.ts'
import { isSet, listAt, numberAt, type Path, textAt, valueAt } from './json.ts'

export const ROUTE_KINDS: readonly string[] = ['HTTPRoute', 'GRPCRoute', 'TLSRoute', 'TCPRoute', 'UDPRoute']

export interface RouteBackend {
  readonly object: ManifestObject
  /** Of the route. */
  readonly routeNamespace: string
  /** Of the Service. */
  readonly namespace: string
  readonly name: string
  readonly port: number | undefined
  readonly path: Path
}

function readReference(
  object: ManifestObject,
  routeNamespace: string,
  value: JsonValue | undefined,
  path: Path,
): readonly RouteBackend[] {
  const name = textAt(value, 'name')
  const isService = (textAt(value, 'kind') ?? 'Service') === 'Service' && !isSet(value, 'group')
  if (name === undefined || !isService) return []
  const namespace = textAt(value, 'namespace') ?? routeNamespace
  return [{ object, routeNamespace, namespace, name, port: numberAt(value, 'port'), path }]
}

function backendsOf(object: ManifestObject, namespace: string): readonly RouteBackend[] {
  return listAt(object.value, 'spec', 'rules').flatMap((rule, i) => {
    const path = ['spec', 'rules', i]
    return [
      ...listAt(rule, 'backendRefs').flatMap((value, j) =>
        readReference(object, namespace, value, [...path, 'backendRefs', j]),
      ),
      ...listAt(rule, 'filters').flatMap((value, j) =>
        readReference(object, namespace, valueAt(value, 'requestMirror', 'backendRef'), [
          ...path,
          'filters',
          j,
          'requestMirror',
          'backendRef',
        ]),
      ),
    ]
  })
}

export function routeBackends(context: CheckContext): readonly RouteBackend[] {
  return ROUTE_KINDS.flatMap((kind) => objectsOfKind(context, kind))
    .filter(({ apiVersion }) => apiVersion.startsWith('gateway.networking.k8s.io/'))
    .flatMap((object) => backendsOf(object, context.namespaceOf(object)))
}
