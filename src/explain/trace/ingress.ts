/** Hosts and paths that Ingress and HTTPRoute objects send to Services. */
import type { ManifestObject } from '../../manifest/manifest.ts'
import type { JsonValue } from '../../manifest/node.ts'
import { objectsOfKind } from '../check/context.ts'
import { listAt, numberAt, textAt, valueAt, type Path } from '../check/json.ts'
import type { World } from './world.ts'

export interface RoutedBackend {
  readonly object: ManifestObject
  readonly path: Path
  /** Empty: every host. `*.example.com` stands for one label more. */
  readonly host: string
  readonly prefix: string
  readonly exact: boolean
  readonly namespace: string
  readonly service: string
  readonly port: number | string | undefined
}

/** The rule that takes the request, or undefined where none does. The longest path wins. */
export function findRoute(world: World, host: string, path: string): RoutedBackend | undefined {
  const [plain = ''] = path.split(/[?#]/)
  const fitting = routes(world)
    .filter((route) => matchesHost(route.host, host) && matchesPath(route, plain))
    .toSorted((a, b) => Number(b.exact) - Number(a.exact) || b.prefix.length - a.prefix.length)
  return fitting[0]
}

/** Whether any rule names the host, whatever its paths. */
export function isRoutedHost(world: World, host: string): boolean {
  return routes(world).some((route) => route.host !== '' && matchesHost(route.host, host))
}

function matchesHost(pattern: string, host: string): boolean {
  if (pattern === '' || pattern === host) return true
  return pattern.startsWith('*.') && host.slice(host.indexOf('.') + 1) === pattern.slice(2)
}

function matchesPath({ prefix, exact }: RoutedBackend, path: string): boolean {
  if (exact) return path === prefix
  const start = prefix.endsWith('/') ? prefix : `${prefix}/`
  return path === prefix || path.startsWith(start)
}

function routes(world: World): readonly RoutedBackend[] {
  return [
    ...objectsOfKind(world.context, 'Ingress').flatMap((object) => ingressRoutes(world, object)),
    ...objectsOfKind(world.context, 'HTTPRoute').flatMap((object) => httpRoutes(world, object)),
  ]
}

function ingressRoutes(world: World, object: ManifestObject): readonly RoutedBackend[] {
  const backend = (value: JsonValue | undefined, host: string, prefix: string, exact: boolean, path: Path) => ({
    object,
    path: [...path, 'service'],
    host,
    prefix,
    exact,
    namespace: world.context.namespaceOf(object),
    service: textAt(value, 'service', 'name') ?? '',
    port: numberAt(value, 'service', 'port', 'number') ?? textAt(value, 'service', 'port', 'name'),
  })
  const fallback = valueAt(object.value, 'spec', 'defaultBackend')
  const rules = listAt(object.value, 'spec', 'rules').flatMap((rule, i) =>
    listAt(rule, 'http', 'paths').map((entry, j) =>
      backend(
        valueAt(entry, 'backend'),
        textAt(rule, 'host') ?? '',
        textAt(entry, 'path') ?? '/',
        textAt(entry, 'pathType') === 'Exact',
        ['spec', 'rules', i, 'http', 'paths', j, 'backend'],
      ),
    ),
  )
  return fallback === undefined ? rules : [...rules, backend(fallback, '', '/', false, ['spec', 'defaultBackend'])]
}

function httpRoutes(world: World, object: ManifestObject): readonly RoutedBackend[] {
  const hosts = listAt(object.value, 'spec', 'hostnames').map(String)
  return listAt(object.value, 'spec', 'rules').flatMap((rule, i) =>
    listAt(rule, 'backendRefs').flatMap((reference, k) => {
      const matches = listAt(rule, 'matches')
      return (matches.length === 0 ? [null] : matches).flatMap((match) =>
        (hosts.length === 0 ? [''] : hosts).map((host) => ({
          object,
          path: ['spec', 'rules', i, 'backendRefs', k],
          host,
          prefix: textAt(match ?? undefined, 'path', 'value') ?? '/',
          exact: textAt(match ?? undefined, 'path', 'type') === 'Exact',
          namespace: textAt(reference, 'namespace') ?? world.context.namespaceOf(object),
          service: textAt(reference, 'name') ?? '',
          port: numberAt(reference, 'port'),
        })),
      )
    }),
  )
}
