/** Every place of an Ingress that points at a Service. */
import type { ManifestObject } from '../../manifest/manifest.ts'
import { isJsonObject, type JsonValue } from '../../manifest/node.ts'
import { type CheckContext, objectsOfKind } from './context.ts'
import { isSet, listAt, numberAt, type Path, textAt, valueAt } from './json.ts'

export interface IngressBackend {
  readonly object: ManifestObject
  readonly namespace: string
  readonly service: string
  readonly servicePath: Path
  readonly portName: string | undefined
  readonly portNumber: number | undefined
  /** What `port` leads to: its name or number, or `port` itself. */
  readonly portPath: Path
}

/** `networking.k8s.io/v1`: service.name, service.port.name or service.port.number. */
function readBackend(
  object: ManifestObject,
  namespace: string,
  backend: JsonValue,
  path: Path,
): IngressBackend | undefined {
  const service = textAt(backend, 'service', 'name')
  if (service === undefined) return readOldBackend(object, namespace, backend, path)
  const portName = textAt(backend, 'service', 'port', 'name')
  const portNumber = numberAt(backend, 'service', 'port', 'number')
  const field = isSet(portName) ? ['name'] : portNumber === undefined ? [] : ['number']
  return {
    object,
    namespace,
    service,
    servicePath: [...path, 'service', 'name'],
    portName: isSet(portName) ? portName : undefined,
    portNumber: portNumber === 0 ? undefined : portNumber,
    portPath: [
      ...path,
      'service',
      ...(isJsonObject(valueAt(backend, 'service', 'port')) ? ['port', ...field] : ['name']),
    ],
  }
}

/** `extensions/v1beta1`: serviceName, servicePort. */
function readOldBackend(
  object: ManifestObject,
  namespace: string,
  backend: JsonValue,
  path: Path,
): IngressBackend | undefined {
  const service = textAt(backend, 'serviceName')
  if (service === undefined) return undefined
  const port = valueAt(backend, 'servicePort')
  return {
    object,
    namespace,
    service,
    servicePath: [...path, 'serviceName'],
    portName: typeof port === 'string' ? port : undefined,
    portNumber: typeof port === 'number' ? port : undefined,
    portPath: [...path, 'servicePort'],
  }
}

function backendsOf(object: ManifestObject, namespace: string): readonly IngressBackend[] {
  const found: [JsonValue | undefined, Path][] = ['defaultBackend', 'backend'].map((field) => [
    valueAt(object.value, 'spec', field),
    ['spec', field],
  ])
  for (const [i, rule] of listAt(object.value, 'spec', 'rules').entries()) {
    for (const [j, entry] of listAt(rule, 'http', 'paths').entries()) {
      found.push([valueAt(entry, 'backend'), ['spec', 'rules', i, 'http', 'paths', j, 'backend']])
    }
  }
  return found.flatMap(([backend, path]) =>
    backend === undefined ? [] : (readBackend(object, namespace, backend, path) ?? []),
  )
}

const backendsByContext = new WeakMap<CheckContext, readonly IngressBackend[]>()

/** Those of all Ingresses. The AWS load balancer's actions, which look like Services, are left out. */
export function ingressBackends(context: CheckContext): readonly IngressBackend[] {
  const known = backendsByContext.get(context)
  if (known !== undefined) return known
  const backends = objectsOfKind(context, 'Ingress')
    .filter(({ apiVersion }) => /^(?:networking\.k8s\.io|extensions)\//.test(apiVersion))
    .flatMap((object) => backendsOf(object, context.namespaceOf(object)))
    .filter(({ portName }) => portName !== 'use-annotation')
  backendsByContext.set(context, backends)
  return backends
}
