/** Labels and what selects them. */
import type { Pod, Service } from '../api/core.ts'
import type { LabelSelector, LabelSelectorRequirement } from '../api/meta.ts'
import { incremental, indexBy, type Index } from './incremental.ts'
import { listIn, type Snapshot } from './snapshot.ts'

type Labels = Readonly<Record<string, string>>

/** Whether `labels` have every pair of `selector`. An empty selector matches everything. */
export function matchLabels(selector: Labels, labels: Labels = {}): boolean {
  return Object.entries(selector).every(([key, value]) => labels[key] === value)
}

/** As `metav1.LabelSelectorAsSelector`: absent matches nothing, empty matches everything. */
export function matchLabelSelector(selector: LabelSelector | undefined, labels: Labels = {}): boolean {
  if (selector === undefined) return false
  return (
    matchLabels(selector.matchLabels ?? {}, labels) &&
    (selector.matchExpressions ?? []).every((requirement) => matchRequirement(requirement, labels))
  )
}

function matchRequirement({ key, operator, values = [] }: LabelSelectorRequirement, labels: Labels): boolean {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined
  const isListed = value !== undefined && values.includes(value)
  const answers = { In: isListed, NotIn: !isListed, Exists: value !== undefined, DoesNotExist: value === undefined }
  return answers[operator]
}

/** Whether Kubernetes itself finds the Service's Pods. An empty selector counts as none, and ExternalName has none. */
export function hasSelector(service: Service): boolean {
  return service.spec.type !== 'ExternalName' && Object.keys(service.spec.selector ?? {}).length > 0
}

/** `app=web,tier=front`, in order of keys. */
export function formatLabels(labels: Labels): string {
  return sortedPairs(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',')
}

/** The Pods that the Service's selector matches, in order of name, whatever their state. */
export function selectPods(snapshot: Snapshot, service: Service): readonly Pod[] {
  const { namespace = '' } = service.metadata
  return hasSelector(service) ? podsWithLabels(snapshot, namespace, service.spec.selector ?? {}) : []
}

/** The Pods of a namespace with all of `labels`, in order of name: walks the Pods with the rarest of them. */
export function podsWithLabels(snapshot: Snapshot, namespace: string, labels: Labels): readonly Pod[] {
  const buckets = Object.entries(labels).map(([key, value]) => bucketOf(namespace, key, value))
  const [first, ...others] = buckets
  if (first === undefined) return listIn(snapshot, 'Pod', namespace)
  const size = (bucket: string) => podsByLabel.size(snapshot, bucket)
  const rarest = others.reduce((best, bucket) => (size(bucket) < size(best) ? bucket : best), first)
  return podsByLabel.find(snapshot, rarest).filter((pod) => matchLabels(labels, pod.metadata.labels))
}

/**
 * The Services whose selector matches the Pod, in order of name. Services are kept by the set of keys in their selector:
 * a namespace has few such sets, so this is one look-up for each of them and no walk over the Services.
 */
export function servicesSelecting(snapshot: Snapshot, pod: Pod): readonly Service[] {
  const { namespace = '', labels = {} } = pod.metadata
  const shapes = [...(selectorShapes(snapshot).get(namespace)?.keys() ?? [])].sort()
  return shapes.flatMap((shape) => {
    const keys = shape.split(' ')
    if (!keys.every((key) => Object.hasOwn(labels, key))) return []
    const pairs = keys.map((key): readonly [string, string] => [key, labels[key] ?? ''])
    return servicesBySelector.find(snapshot, selectorBucket(namespace, pairs))
  })
}

const podsByLabel: Index<Pod> = indexBy(['Pod'], ({ metadata: { namespace = '', labels = {} } }) =>
  Object.entries(labels).map(([key, value]) => bucketOf(namespace, key, value)),
)

const servicesBySelector: Index<Service> = indexBy(['Service'], (service) =>
  hasSelector(service)
    ? [selectorBucket(service.metadata.namespace ?? '', sortedPairs(service.spec.selector ?? {}))]
    : [],
)

/** Namespace -> keys of a selector, joined by blanks -> how many Services have such a selector. */
const selectorShapes = incremental(
  ['Service'],
  new Map<string, Map<string, number>>(),
  (all, changes): Map<string, Map<string, number>> => {
    for (const { before, after } of changes) {
      if (before !== undefined) countShape(all, before, -1)
      if (after !== undefined) countShape(all, after, 1)
    }
    return all
  },
)

function countShape(all: Map<string, Map<string, number>>, service: Service, by: 1 | -1): void {
  if (!hasSelector(service)) return
  const { namespace = '' } = service.metadata
  const shape = sortedPairs(service.spec.selector ?? {})
    .map(([key]) => key)
    .join(' ')
  const shapes = all.get(namespace) ?? new Map<string, number>()
  const count = (shapes.get(shape) ?? 0) + by
  if (count === 0) shapes.delete(shape)
  else shapes.set(shape, count)
  all.set(namespace, shapes)
}

function bucketOf(namespace: string, key: string, value: string): string {
  return `${namespace} ${key}=${value}`
}

function selectorBucket(namespace: string, pairs: readonly (readonly [string, string])[]): string {
  return `${namespace} ${pairs.map(([key, value]) => `${key}=${value}`).join(' ')}`
}

function sortedPairs(labels: Labels): readonly (readonly [string, string])[] {
  return Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1))
}
