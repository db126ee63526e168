import { randomUUID } from 'node:crypto'
import type { Pod, PodStatus } from '../api/core.ts'
import { isKind, KINDS, type AnyObject, type Kind } from '../api/kinds.ts'
import { createRegistry, type Registry, type WriteResult } from '../apiserver/registry.ts'
import type { Change } from '../model/change.ts'
import type { ClusterConfig } from '../model/cluster-config.ts'
import { canonicalJSON } from '../model/hash.ts'
import { get, objectKey, type Snapshot } from '../model/snapshot.ts'
import { createStore, type Store } from '../store/store.ts'

/** The store and those who may write to it: controllers, the kubelet, and manifests. */
export interface Objects {
  readonly store: Store
  snapshot(): Snapshot
  /** An object of the network itself. Throws an Error where it is refused. */
  create(object: AnyObject): void
  /** What a controller wants. Throws an Error where it is refused. */
  applyChange(change: Change): void
  /** Makes the store hold what the manifest holds, and no longer what an earlier manifest held and this one does not. */
  applyManifest(manifest: readonly unknown[]): ApplyReport
  writePodStatus(pod: Pod, status: PodStatus): void
  /** Takes a Pod that has ended out of the store. */
  finalizePod(pod: Pod): void
}

/** Names as `Service default/web`. */
export interface ApplyReport {
  readonly created: readonly string[]
  readonly updated: readonly string[]
  readonly deleted: readonly string[]
  readonly unchanged: number
  readonly warnings: readonly string[]
  readonly refused: readonly string[]
}

type Draft = { -readonly [K in keyof ApplyReport]: ApplyReport[K] extends readonly string[] ? string[] : number }

/** Namespaces that are there from the start, as in every cluster. */
const NAMESPACES = ['default', 'kube-system', 'kube-public', 'kube-node-lease']

export function createObjects(config: ClusterConfig): Objects {
  const store = createStore({ now: () => Date.now(), uid: () => randomUUID() })
  const registry = createRegistry(store, config, { now: () => Date.now() })
  /** What the last manifest said, by kind and key: to see what changed in it, and what is gone. */
  let applied: ReadonlyMap<string, string> = new Map()
  /** Pods whose spec changed: made again when the one of their name has ended. */
  const successors = new Map<string, AnyObject>()
  store.watch(({ type, object }) => {
    if (type !== 'DELETED') return
    const successor = successors.get(identity(object))
    successors.delete(identity(object))
    if (successor !== undefined) registry.create(successor)
  })
  for (const name of NAMESPACES) accepted(registry.create(namespaceObject(name)))

  return {
    store,
    snapshot: store.snapshot,
    create: (object) => void accepted(registry.create(object)),
    applyChange: (change) => applyChange(store, registry, change),
    applyManifest(manifest) {
      const report: Draft = { created: [], updated: [], deleted: [], unchanged: 0, warnings: [], refused: [] }
      const objects = inOrder(manifest.filter(isObject).map(withNamespace))
      const wanted = new Map(objects.map((object) => [identity(object), canonicalJSON(object)]))
      prune(store, registry, applied, wanted, report)
      for (const object of objects) {
        ensureNamespace(store, registry, object, report)
        const same = applied.get(identity(object)) === wanted.get(identity(object))
        applyObject(store, registry, successors, object, same, report)
      }
      applied = wanted
      return report
    },
    writePodStatus(pod, status) {
      const stored = get(store.snapshot(), 'Pod', objectKey(pod))
      if (stored === undefined || stored.metadata.uid !== pod.metadata.uid) return
      store.update({ ...stored, status })
    },
    finalizePod(pod) {
      const stored = get(store.snapshot(), 'Pod', objectKey(pod))
      if (stored === undefined || stored.metadata.uid !== pod.metadata.uid) return
      registry.delete('Pod', objectKey(pod), { gracePeriodSeconds: 0 })
    },
  }
}

function isObject(value: unknown): value is AnyObject {
  return (
    typeof value === 'object' &&
    value !== null &&
    'kind' in value &&
    typeof value.kind === 'string' &&
    isKind(value.kind)
  )
}

function withNamespace(object: AnyObject): AnyObject {
  if (!KINDS[object.kind].namespaced || object.metadata.namespace !== undefined) return object
  return { ...object, metadata: { ...object.metadata, namespace: 'default' } }
}

function identity(object: AnyObject): string {
  return `${object.kind} ${objectKey(object)}`
}

/** What others need comes first; of Services those that ask for an address or a port, so that nobody else gets it. */
function inOrder(objects: readonly AnyObject[]): readonly AnyObject[] {
  const kinds = Object.keys(KINDS)
  const rank = (object: AnyObject): number => kinds.indexOf(object.kind) * 2 + (asksForNothing(object) ? 1 : 0)
  return objects.toSorted((a, b) => rank(a) - rank(b))
}

function asksForNothing(object: AnyObject): boolean {
  if (object.kind !== 'Service') return false
  const { clusterIP = '', loadBalancerIP, ports = [] } = object.spec
  return clusterIP === '' && loadBalancerIP === undefined && ports.every(({ nodePort }) => nodePort === undefined)
}

function namespaceObject(name: string): AnyObject {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name }, status: { phase: 'Active' } }
}

/** A manifest that leaves out its Namespace object still says which one it wants. */
function ensureNamespace(store: Store, registry: Registry, object: AnyObject, report: Draft): void {
  const { namespace } = object.metadata
  if (namespace === undefined || get(store.snapshot(), 'Namespace', namespace) !== undefined) return
  registry.create(namespaceObject(namespace))
  report.created.push(`Namespace ${namespace}`)
}

function accepted<T>(result: WriteResult<T>): T {
  if ('failure' in result) throw new Error(result.failure.message)
  return result.object
}

function applyChange(store: Store, registry: Registry, change: Change): void {
  if (change.verb === 'create') accepted(registry.create(change.object))
  else if (change.verb === 'delete') accepted(registry.delete(change.kind, change.key))
  else store.update(change.object)
}

function applyObject(
  store: Store,
  registry: Registry,
  successors: Map<string, AnyObject>,
  object: AnyObject,
  same: boolean,
  report: Draft,
): void {
  const stored = get<Kind>(store.snapshot(), object.kind, objectKey(object))
  if (stored !== undefined && same) {
    report.unchanged++
    return
  }
  if (stored?.kind === 'Pod') {
    successors.set(identity(object), object)
    registry.delete('Pod', objectKey(object))
    report.updated.push(identity(object))
    return
  }
  const result = stored === undefined ? registry.create(object) : registry.update(object)
  if ('failure' in result) {
    report.refused.push(`${identity(object)}: ${result.failure.message}`)
    return
  }
  report[stored === undefined ? 'created' : 'updated'].push(identity(object))
  report.warnings.push(...result.warnings.map((warning) => `${identity(object)}: ${warning}`))
}

function prune(
  store: Store,
  registry: Registry,
  applied: ReadonlyMap<string, string>,
  wanted: ReadonlyMap<string, string>,
  report: Draft,
): void {
  for (const name of applied.keys()) {
    if (wanted.has(name)) continue
    const [kind = '', key = ''] = name.split(' ', 2)
    if (!isKind(kind) || get<Kind>(store.snapshot(), kind, key) === undefined) continue
    registry.delete(kind, key)
    report.deleted.push(name)
  }
}
