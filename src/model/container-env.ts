import type { Container, EnvVar, EnvVarSource, Pod } from '../api/core.ts'
import { expandVariables } from './expand.ts'
import { parseQuantity } from './quantity.ts'
import { secretText } from './secret-data.ts'
import { serviceEnv } from './service-env.ts'
import { get, type Snapshot } from './snapshot.ts'

export interface EnvProblem {
  readonly reason: 'CreateContainerConfigError'
  readonly message: string
}

export interface ContainerEnv {
  /** Put together when it is asked for: with a thousand Services it has seven thousand entries. */
  readonly env: Readonly<Record<string, string>>
  /** `command` and `args` with `$(NAME)` expanded. */
  readonly command: readonly string[]
  readonly args: readonly string[]
  /** The container cannot be created while there are any. */
  readonly problems: readonly EnvProblem[]
}

/** What an env entry resolves to: a value, nothing (an absent optional key), or why it cannot be. */
type Resolved = { readonly value: string } | { readonly problem: string } | undefined

interface Context {
  readonly pod: Pod
  readonly container: Container
  readonly snapshot: Snapshot
  readonly addresses: PodAddresses
}

export interface PodAddresses {
  readonly podIP: string
  /** All addresses, podIP first; absent where there is one. Of the node likewise. */
  readonly podIPs?: readonly string[]
  readonly hostIP: string
  readonly hostIPs?: readonly string[]
}

/** The host name of a Pod: `spec.hostname`, the node's name with host networking, else its own name; at most 63 characters. */
export function podHostname(pod: Pod): string {
  if (pod.spec.hostNetwork === true && pod.spec.nodeName !== undefined) return pod.spec.nodeName
  const name = pod.spec.hostname ?? pod.metadata.name
  return name.slice(0, 63).replace(/[-.]+$/, '')
}

/** The data of a ConfigMap or Secret in the Pod's namespace; undefined where there is none of that name. */
function dataOf({ pod, snapshot }: Context, kind: 'ConfigMap' | 'Secret', name: string) {
  const key = `${pod.metadata.namespace ?? 'default'}/${name}`
  if (kind === 'ConfigMap') {
    const configMap = get(snapshot, 'ConfigMap', key)
    return configMap && (configMap.data ?? {})
  }
  const secret = get(snapshot, 'Secret', key)
  return secret && secretText(secret)
}

function fromKey(context: Context, kind: 'ConfigMap' | 'Secret', source: EnvVarSource): Resolved {
  const selector = kind === 'ConfigMap' ? source.configMapKeyRef : source.secretKeyRef
  if (selector === undefined) return undefined
  const data = dataOf(context, kind, selector.name)
  const value = data?.[selector.key]
  if (value !== undefined) return { value }
  if (selector.optional === true) return undefined
  if (data === undefined) return { problem: `${kind.toLowerCase()} "${selector.name}" not found` }
  const namespace = context.pod.metadata.namespace ?? 'default'
  return { problem: `couldn't find key ${selector.key} in ${kind} ${namespace}/${selector.name}` }
}

function fieldValue({ pod, addresses }: Context, path: string): string | undefined {
  const [, map, key = ''] = /^metadata\.(labels|annotations)\['(.*)'\]$/.exec(path) ?? []
  if (map !== undefined) return pod.metadata[map === 'labels' ? 'labels' : 'annotations']?.[key] ?? ''
  switch (path) {
    case 'metadata.name':
      return pod.metadata.name
    case 'metadata.namespace':
      return pod.metadata.namespace ?? 'default'
    case 'metadata.uid':
      return pod.metadata.uid ?? ''
    case 'spec.nodeName':
      return pod.spec.nodeName ?? ''
    case 'spec.serviceAccountName':
      return pod.spec.serviceAccountName ?? 'default'
    case 'status.hostIP':
      return addresses.hostIP
    case 'status.hostIPs':
      return (addresses.hostIPs ?? [addresses.hostIP]).join(',')
    case 'status.podIP':
      return addresses.podIP
    case 'status.podIPs':
      return (addresses.podIPs ?? [addresses.podIP]).join(',')
    default:
      return undefined
  }
}

interface Resources {
  readonly limits?: Readonly<Record<string, string | number>>
  readonly requests?: Readonly<Record<string, string | number>>
}

/** `limits.cpu` and the like in units of the divisor, rounded up; what is not set counts as the node's share, else 0. */
function resourceValue({ pod, container, snapshot }: Context, source: EnvVarSource): Resolved {
  const reference: { containerName?: string; resource: string; divisor?: string | number } | undefined =
    source.resourceFieldRef
  if (reference === undefined) return undefined
  const containers: readonly (Container & { readonly resources?: Resources })[] = [
    ...pod.spec.containers,
    ...(pod.spec.initContainers ?? []),
  ]
  const named: (typeof containers)[number] | undefined =
    reference.containerName === undefined ? container : containers.find(({ name }) => name === reference.containerName)
  if (named === undefined) return { problem: `container ${reference.containerName} not found` }
  const [, list, resource = ''] = /^(limits|requests)\.(.+)$/.exec(reference.resource) ?? []
  if (list === undefined) return { problem: `unsupported container resource: ${reference.resource}` }
  const node = get(snapshot, 'Node', pod.spec.nodeName ?? '')
  const status: { readonly addresses?: unknown; readonly allocatable?: Readonly<Record<string, string>> } | undefined =
    node?.status
  const limit = named.resources?.limits?.[resource]
  const set = list === 'limits' ? (limit ?? status?.allocatable?.[resource]) : named.resources?.requests?.[resource]
  const amount = parseQuantity(String(set ?? 0)) ?? 0
  const divisor = parseQuantity(String(reference.divisor ?? 1)) || 1
  return { value: String(Math.ceil(Number((amount / divisor).toPrecision(12)))) }
}

function fromSource(context: Context, source: EnvVarSource): Resolved {
  if (source.configMapKeyRef !== undefined) return fromKey(context, 'ConfigMap', source)
  if (source.secretKeyRef !== undefined) return fromKey(context, 'Secret', source)
  if (source.resourceFieldRef !== undefined) return resourceValue(context, source)
  if (source.fieldRef === undefined) return undefined
  const value = fieldValue(context, source.fieldRef.fieldPath)
  return value === undefined ? { problem: `unsupported fieldPath: ${source.fieldRef.fieldPath}` } : { value }
}

function addEnvFrom(context: Context, env: Record<string, string>): readonly string[] {
  const problems: string[] = []
  for (const { prefix = '', configMapRef, secretRef } of context.container.envFrom ?? []) {
    const [kind, reference] = configMapRef ? (['ConfigMap', configMapRef] as const) : (['Secret', secretRef] as const)
    if (reference === undefined) continue
    const data = dataOf(context, kind, reference.name)
    if (data === undefined && reference.optional !== true) {
      problems.push(`${kind.toLowerCase()} "${reference.name}" not found`)
    }
    for (const [key, value] of Object.entries(data ?? {})) env[prefix + key] = value
  }
  return problems
}

/** An empty value with a source means the source: so the API has it. */
function resolve(context: Context, entry: EnvVar, lookup: (name: string) => string | undefined): Resolved {
  const { value = '', valueFrom } = entry
  if (value === '' && valueFrom !== undefined) return fromSource(context, valueFrom)
  return { value: expandVariables(value, lookup) }
}

/**
 * The environment of a container as the kubelet builds it: `envFrom`, then `env` in order, where each may use the
 * earlier ones; Service variables where nothing else has the name; HOSTNAME, as container runtimes set it.
 */
export function containerEnv(
  pod: Pod,
  container: Container,
  snapshot: Snapshot,
  addresses: PodAddresses,
): ContainerEnv {
  const context: Context = { pod, container, snapshot, addresses }
  let links: Readonly<Record<string, string>> | undefined
  const services = (): Readonly<Record<string, string>> => {
    links ??= serviceEnv(snapshot, pod.metadata.namespace ?? 'default', pod.spec.enableServiceLinks !== false)
    return links
  }
  const own: Record<string, string> = {}
  const lookup = (name: string): string | undefined =>
    Object.hasOwn(own, name) ? own[name] : Object.hasOwn(services(), name) ? services()[name] : undefined
  const problems = [...addEnvFrom(context, own)]
  for (const entry of container.env ?? []) {
    const resolved = resolve(context, entry, lookup)
    if (resolved === undefined) continue
    if ('problem' in resolved) problems.push(resolved.problem)
    else own[entry.name] = resolved.value
  }
  return {
    get env() {
      return { HOSTNAME: podHostname(pod), ...services(), ...own }
    },
    command: (container.command ?? []).map((word) => expandVariables(word, lookup)),
    args: (container.args ?? []).map((word) => expandVariables(word, lookup)),
    problems: problems.map((message) => ({ reason: 'CreateContainerConfigError', message })),
  }
}

/** What a downwardAPI item says of the Pod, for a volume: text, or why there is none. */
export function downwardValue(
  pod: Pod,
  container: Container,
  snapshot: Snapshot,
  addresses: PodAddresses,
  source: EnvVarSource,
): { readonly value: string } | { readonly problem: string } {
  const value = fromSource({ pod, container, snapshot, addresses }, source)
  return value ?? { problem: 'a downwardAPI item names no field' }
}
