/** Where workloads name hosts that they connect to: variables, arguments and ConfigMaps. */
import type { ManifestObject } from '../../manifest/manifest.ts'
import { type CheckContext, findService, objectsOfKind } from './context.ts'
import { objectAt, type Path } from './json.ts'
import type { Service } from './service.ts'
import type { Workload } from './workload.ts'

export interface ClientReference {
  readonly object: ManifestObject
  readonly path: Path
  /** Undefined for a ConfigMap. */
  readonly workload: Workload | undefined
  readonly namespace: string
  /** As written. */
  readonly host: string
  /** Given, or that of the scheme. */
  readonly port: number | undefined
  readonly scheme: string
  /** Name and namespace of the Service that the host means by its form; undefined for other hosts. */
  readonly target: { readonly name: string; readonly namespace: string } | undefined
  readonly service: Service | undefined
  /** Whether the form leaves no doubt: `name.namespace.svc`. */
  readonly certain: boolean
}

interface Source {
  readonly object: ManifestObject
  readonly namespace: string
  readonly workload: Workload | undefined
  readonly path: Path
  readonly text: string
}

const SCHEME_PORTS: Readonly<Record<string, number>> = {
  http: 80,
  https: 443,
  ws: 80,
  wss: 443,
  redis: 6379,
  amqp: 5672,
  postgres: 5432,
  postgresql: 5432,
  mysql: 3306,
  mongodb: 27017,
  nats: 4222,
}
const REFERENCE =
  /(?:\b([a-z][a-z0-9+.-]*):\/\/(?:[^\s@/"']*@)?|(?<=^|[\s"'=,@([]))([a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*)(?::(\d{2,5}))?(?![\w.:@-])/g
/** Longer texts are data, not settings. */
const LONGEST = 20_000
/** Variables that hold the name of an image or a version. */
const NO_ADDRESS = /IMAGE|TAG|VERSION|DIGEST/

function targetOf(context: CheckContext, host: string, namespace: string): ClientReference['target'] {
  const { clusterDomain } = context.config
  const plain = host.endsWith(`.svc.${clusterDomain}`) ? host.slice(0, -clusterDomain.length - 1) : host
  const labels = plain.split('.')
  const [name = '', second, third] = labels
  if (labels.length === 1) return { name, namespace }
  if (labels.length === 3 && third === 'svc' && second !== undefined) return { name, namespace: second }
  // `name.namespace` could be any host: only where the Service is there.
  const isKnown = labels.length === 2 && second !== undefined && findService(context, second, name) !== undefined
  return isKnown ? { name, namespace: second } : undefined
}

function referencesIn(context: CheckContext, source: Source): readonly ClientReference[] {
  const { object, path, workload, namespace, text } = source
  if (text.length > LONGEST || !/[:.]/.test(text)) return []
  return [...text.matchAll(REFERENCE)].flatMap(([, scheme = '', host = '', digits]) => {
    const port = digits === undefined ? SCHEME_PORTS[scheme] : Number(digits)
    const certain = /^[^.]+\.[^.]+\.svc(?:\.|$)/.test(host)
    // `redis:7` is an image.
    if (port === undefined || (scheme === '' && !certain && (digits === undefined || port < 80))) return []
    const target = targetOf(context, host, namespace)
    if (target === undefined) return []
    const service = findService(context, target.namespace, target.name)
    return { object, path, workload, namespace, host, port, scheme, target, service, certain }
  })
}

function sourcesOf(workload: Workload): readonly Source[] {
  const { object, namespace } = workload
  return [...workload.containers, ...workload.initContainers].flatMap((container) => [
    ...container.env
      .filter(({ name }) => !NO_ADDRESS.test(name))
      .map(({ value = '', path }) => ({ object, namespace, workload, path: [...path, 'value'], text: value })),
    ...container.words.map(({ text, path }) => ({ object, namespace, workload, path, text })),
  ])
}

/** `REDIS_HOST` beside `REDIS_PORT`. */
function pairsOf(context: CheckContext, workload: Workload): readonly ClientReference[] {
  const { object, namespace } = workload
  return workload.containers.flatMap(({ env }) =>
    env.flatMap(({ name, value: host }) => {
      const [, prefix] = /^(\w+)_HOST(?:NAME)?$/.exec(name) ?? []
      const port = prefix === undefined ? undefined : env.find((one) => one.name === `${prefix}_PORT`)
      if (host === undefined || port?.value === undefined || !/^\d+$/.test(port.value)) return []
      const target = targetOf(context, host, namespace)
      const service = target === undefined ? undefined : findService(context, target.namespace, target.name)
      if (service === undefined) return []
      const path = [...port.path, 'value']
      const certain = host.includes('.svc')
      return { object, path, workload, namespace, host, port: Number(port.value), scheme: '', target, service, certain }
    }),
  )
}

const referencesOf = new WeakMap<CheckContext, readonly ClientReference[]>()

/** All of them, in the order of the input; found once. */
export function clientReferences(context: CheckContext): readonly ClientReference[] {
  const known = referencesOf.get(context)
  if (known !== undefined) return known
  const configMaps = objectsOfKind(context, 'ConfigMap').flatMap((object) =>
    Object.entries(objectAt(object.value, 'data')).flatMap(([key, text]) =>
      typeof text === 'string' && !/\.(?:lua|py|js|sh|html|css)$/.test(key)
        ? { object, namespace: context.namespaceOf(object), workload: undefined, path: ['data', key], text }
        : [],
    ),
  )
  const found = [
    ...context.workloads.flatMap((workload) => [
      ...sourcesOf(workload).flatMap((source) => referencesIn(context, source)),
      ...pairsOf(context, workload),
    ]),
    ...configMaps.flatMap((source) => referencesIn(context, source)),
  ]
  referencesOf.set(context, found)
  return found
}
