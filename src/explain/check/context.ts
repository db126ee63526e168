/** All that was given, with one index for each relation, built once. */
import { isKind, KINDS } from '../../api/kinds.ts'
import type { ManifestObject } from '../../manifest/manifest.ts'
import type { CheckConfig } from './config.ts'
import { type EndpointSet, readEndpoints } from './endpoint-set.ts'
import { labelsAt, textAt, valueAt } from './json.ts'
import { isKustomization, type Kustomization, readKustomizations } from './kustomize.ts'
import { append, hasLabel, isAutomatic, isSelected, type LabelIndex, labelIndex } from './labels.ts'
import { readService, type Service } from './service.ts'
import { readWorkload, type Workload } from './workload.ts'

export interface CheckContext {
  readonly config: CheckConfig
  /** False where what was not given may exist all the same. */
  readonly closed: boolean
  readonly objects: readonly ManifestObject[]
  /** Not among `objects`. */
  readonly kustomizations: readonly Kustomization[]
  readonly byKind: ReadonlyMap<string, readonly ManifestObject[]>
  /** Later objects of the same kind, namespace and name, with the first one. Not among `objects`. */
  readonly duplicates: readonly { readonly first: ManifestObject; readonly second: ManifestObject }[]
  readonly services: readonly Service[]
  readonly servicesByName: ReadonlyMap<string, readonly Service[]>
  readonly serviceIndex: LabelIndex<Service>
  readonly workloads: readonly Workload[]
  readonly workloadIndex: LabelIndex<Workload>
  readonly workloadsByOwnLabels: LabelIndex<Workload>
  /** The same lists for Services with the same selector. */
  readonly selected: ReadonlyMap<Service, readonly Workload[]>
  /** By `namespace/name` of the Service. */
  readonly endpointSets: ReadonlyMap<string, readonly EndpointSet[]>
  readonly namespaceOf: (object: ManifestObject) => string
}

const CLUSTER_SCOPED = new Set([
  'ClusterRole',
  'ClusterRoleBinding',
  'CustomResourceDefinition',
  'PersistentVolume',
  'StorageClass',
  'IngressClass',
  'GatewayClass',
  'PriorityClass',
  'RuntimeClass',
  'CSIDriver',
  'CSINode',
  'APIService',
  'ValidatingWebhookConfiguration',
  'MutatingWebhookConfiguration',
  'ValidatingAdmissionPolicy',
  'ValidatingAdmissionPolicyBinding',
  'PodSecurityPolicy',
  'ClusterIssuer',
])

function isClusterScoped(kind: string): boolean {
  return CLUSTER_SCOPED.has(kind) || (isKind(kind) && !KINDS[kind].namespaced)
}

function groupOf({ apiVersion }: ManifestObject): string {
  const slash = apiVersion.indexOf('/')
  return slash < 0 ? '' : apiVersion.slice(0, slash)
}

/** Whether its owner is among the objects, so that it was made from it. */
function isMade(object: ManifestObject, namespace: string, names: ReadonlySet<string>): boolean {
  const owner = valueAt(object.value, 'metadata', 'ownerReferences', 0)
  return owner !== undefined && names.has(`${textAt(owner, 'kind')}/${namespace}/${textAt(owner, 'name')}`)
}

interface Separated {
  readonly objects: readonly ManifestObject[]
  readonly duplicates: CheckContext['duplicates']
}

function separateDuplicates(all: readonly ManifestObject[], namespaceOf: CheckContext['namespaceOf']): Separated {
  const firsts = new Map<string, ManifestObject>()
  const objects: ManifestObject[] = []
  const duplicates: { first: ManifestObject; second: ManifestObject }[] = []
  for (const object of all) {
    const identity = `${groupOf(object)}/${object.kind}/${namespaceOf(object)}/${object.name}`
    const first = object.name === undefined ? undefined : firsts.get(identity)
    if (first !== undefined) duplicates.push({ first, second: object })
    else {
      firsts.set(identity, object)
      objects.push(object)
    }
  }
  return { objects, duplicates }
}

/** What each Service selects; Services with one selector share the list. */
function selectAll(services: readonly Service[], index: LabelIndex<Workload>): Map<Service, readonly Workload[]> {
  const lists = new Map<string, readonly Workload[]>()
  const selected = new Map<Service, readonly Workload[]>()
  for (const service of services) {
    if (!service.hasSelector) continue
    const pairs = Object.entries(service.selector).sort(([a], [b]) => (a < b ? -1 : 1))
    const key = `${service.namespace} ${JSON.stringify(pairs)}`
    const fixed = Object.fromEntries(pairs.filter(([name]) => !isAutomatic(name)))
    const automatic = pairs.filter(([name]) => isAutomatic(name))
    const found =
      lists.get(key) ??
      [...index.find(service.namespace, fixed), ...writtenOut(index, service, automatic)]
        .filter((workload) => automatic.every(([name, value]) => hasLabel(workload, name, value)))
        .filter((workload, i, all) => all.indexOf(workload) === i || all.length > 1000)
    lists.set(key, found)
    selected.set(service, found)
  }
  return selected
}

/** Templates that write an automatic label themselves. */
function writtenOut(index: LabelIndex<Workload>, service: Service, automatic: readonly unknown[]): readonly Workload[] {
  if (automatic.length === 0) return []
  return index.find(service.namespace, {}).filter((workload) => isSelected(service.selector, workload))
}

function group<Thing>(things: readonly Thing[], keyOf: (thing: Thing) => string): Map<string, Thing[]> {
  const lists = new Map<string, Thing[]>()
  for (const thing of things) append(lists, keyOf(thing), thing)
  return lists
}

/** `unread`: whether part of the input could not be read, which opens the world. */
export function createContext(all: readonly ManifestObject[], config: CheckConfig, unread: boolean): CheckContext {
  const namespaceOf = (object: ManifestObject): string =>
    isClusterScoped(object.kind) ? '' : (object.namespace ?? config.namespace)
  const given = all.filter((object) => !isKustomization(object))
  const { objects, duplicates } = separateDuplicates(given, namespaceOf)
  const names = new Set(objects.map((object) => `${object.kind}/${namespaceOf(object)}/${object.name}`))
  const services = objects
    .filter(({ kind, apiVersion }) => kind === 'Service' && apiVersion === 'v1')
    .map((object) => readService(object, namespaceOf(object)))
  const workloads = objects.flatMap((object) => {
    const namespace = namespaceOf(object)
    return isMade(object, namespace, names) ? [] : (readWorkload(object, namespace) ?? [])
  })
  const workloadIndex = labelIndex(workloads, ({ labels }) => labels)
  return {
    config,
    closed: !config.openWorld && !unread,
    objects,
    duplicates,
    kustomizations: readKustomizations(all),
    byKind: group(objects, ({ kind }) => kind),
    services,
    servicesByName: group(services, ({ name }) => name),
    serviceIndex: labelIndex(services, ({ object }) => labelsAt(object.value, 'metadata', 'labels')),
    workloads,
    workloadIndex,
    workloadsByOwnLabels: labelIndex(workloads, ({ ownLabels }) => ownLabels),
    selected: selectAll(services, workloadIndex),
    endpointSets: group(
      objects.flatMap((object) => readEndpoints(object, namespaceOf(object)) ?? []),
      ({ namespace, service }) => `${namespace}/${service}`,
    ),
    namespaceOf,
  }
}

export function findService(context: CheckContext, namespace: string, name: string): Service | undefined {
  return context.servicesByName.get(name)?.find((service) => service.namespace === namespace)
}

export function selectedBy(context: CheckContext, service: Service): readonly Workload[] {
  return context.selected.get(service) ?? []
}

export function objectsOfKind(context: CheckContext, kind: string): readonly ManifestObject[] {
  return context.byKind.get(kind) ?? []
}

const selectingOf = new WeakMap<CheckContext, ReadonlyMap<Workload, readonly Service[]>>()

/** The Services that take Pods of the workload. */
export function servicesSelecting(context: CheckContext, workload: Workload): readonly Service[] {
  let all = selectingOf.get(context)
  if (all === undefined) {
    const lists = new Map<Workload, Service[]>()
    for (const [service, workloads] of context.selected) {
      for (const one of workloads) append(lists, one, service)
    }
    all = lists
    selectingOf.set(context, all)
  }
  return all.get(workload) ?? []
}
