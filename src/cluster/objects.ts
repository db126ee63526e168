import { randomUUID } from 'node:crypto'
import type { Pod, PodStatus } from '../api/core.ts'
import { isKind, KINDS, type AnyObject, type Kind } from '../api/kinds.ts'
import { createRegistry, type Registry, type WriteResult } from '../apiserver/registry.ts'
import { missingNamespaces, validateObjects, type ObjectProblem } from '../apiserver/validate-objects.ts'
import { adoptNode, isNode, renewNode } from './own-objects.ts'
import { isHeld } from './held.ts'
import { reapplied } from './reapplied.ts'
import type { Change } from '../model/change.ts'
import type { ClusterConfig } from '../model/cluster-config.ts'
import { canonicalJSON } from '../model/hash.ts'
import { get, objectKey, type Snapshot } from '../model/snapshot.ts'
import { createStore, type Store } from '../store/store.ts'
import { NO_STATE, withState, type ObjectState } from './state/object-state.ts'

/** The store and those who may write to it: controllers, the kubelet, and manifests. */
export interface Objects {
  readonly store: Store
  /** What clients of the API write through. */
  readonly registry: Registry
  snapshot(): Snapshot
  /** An object of the network itself, made or brought up to date. Throws an Error where it is refused. */
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
  /** Where there is one, nothing was done. */
  readonly problems: readonly ObjectProblem[]
}

type Draft = Pick<ApplyReport, 'problems'> & {
  -readonly [K in Exclude<keyof ApplyReport, 'problems'>]: ApplyReport[K] extends readonly string[] ? string[] : number
}

/** Namespaces that are there from the start, as in every cluster. */
const NAMESPACES = ['default', 'kube-system', 'kube-public', 'kube-node-lease']

export function createObjects(config: ClusterConfig, state: ObjectState = NO_STATE): Objects {
  const { restored } = state
  const snapshot = restored === undefined ? {} : { restored: restored.snapshot }
  const { now, inOneMoment } = createClock()
  const store = createStore({ now, uid: () => randomUUID(), ...snapshot })
  const registry = createRegistry(store, config, { now })
  /** What the last manifest said, by kind and key: to see what changed in it, and what is gone. */
  let applied: ReadonlyMap<string, string> = restored?.applied ?? new Map()
  /** Pods whose spec changed, claims and volumes that are going: made again when the one of their name has ended. */
  const successors = new Map<string, AnyObject>(restored?.successors)
  store.watch((event) => {
    state.record(event)
    if (event.type === 'DELETED' && succeed(registry, successors, event.object)) state.remember(applied, successors)
  })
  for (const name of NAMESPACES) provide(store, registry, namespaceObject(name))

  return {
    store,
    registry: withState(registry, state),
    snapshot: store.snapshot,
    create: (object) => provide(store, registry, object),
    applyChange: (change) => applyChange(store, registry, change),
    applyManifest(manifest) {
      const plan = planManifest(manifest, store.snapshot(), applied, config)
      const report = emptyReport(plan.problems)
      if (plan.problems.length > 0) return report
      inOneMoment(() => {
        for (const name of plan.gone) remove(store, registry, successors, name, report)
        for (const name of plan.namespaces) {
          accepted(registry.create(namespaceObject(name)))
          report.created.push(`Namespace ${name}`)
        }
        for (const object of plan.objects) {
          if (plan.unchanged.has(identity(object))) report.unchanged++
          else write(store, registry, successors, object, report)
        }
      })
      report.warnings.push(...plan.warnings)
      applied = plan.wanted
      state.remember(applied, successors)
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

interface ManifestClock {
  readonly now: () => number
  /** A manifest is applied in one moment: a second that passes meanwhile would make one of its Services the older one. */
  readonly inOneMoment: (work: () => void) => void
}

function createClock(): ManifestClock {
  let moment: number | undefined
  return {
    now: () => moment ?? Date.now(),
    inOneMoment(work) {
      moment = Date.now()
      try {
        work()
      } finally {
        moment = undefined
      }
    },
  }
}

function emptyReport(problems: Draft['problems']): Draft {
  return { created: [], updated: [], deleted: [], unchanged: 0, warnings: [], problems }
}

/** Whether somebody waited for its end. */
function succeed(registry: Registry, successors: Map<string, AnyObject>, gone: AnyObject): boolean {
  const successor = successors.get(identity(gone))
  successors.delete(identity(gone))
  if (successor === undefined) return false
  const result = registry.create(successor)
  if ('failure' in result) console.error(`${identity(successor)}: ${result.failure.message}`)
  return true
}

/** What the network was stopped with stays, as far as it is not the network's own. */
function provide(store: Store, registry: Registry, object: AnyObject): void {
  const stored = find(store.snapshot(), identity(object))
  if (stored === undefined) return void accepted(registry.create(object))
  if (stored.kind === 'Node' && object.kind === 'Node') store.update(renewNode(stored, object))
  else if (object.kind !== 'Namespace' && object.kind !== 'ServiceCIDR') accepted(registry.update(object))
}

interface ManifestPlan {
  /** Complete, in the order in which they are to be written. */
  readonly objects: readonly AnyObject[]
  readonly namespaces: readonly string[]
  /** By identity: what the manifest says, as text. */
  readonly wanted: ReadonlyMap<string, string>
  readonly unchanged: ReadonlySet<string>
  /** What the last manifest held and this one does not. */
  readonly gone: readonly string[]
  readonly problems: readonly ObjectProblem[]
  readonly warnings: readonly string[]
}

/** What a manifest would change. Nothing is written, so that one problem leaves everything as it was. */
function planManifest(
  manifest: readonly unknown[],
  snapshot: Snapshot,
  applied: ReadonlyMap<string, string>,
  config: ClusterConfig,
): ManifestPlan {
  const written = manifest.filter(isObject).map(withNamespace)
  const wanted = new Map(written.map((object) => [identity(object), canonicalJSON(object)]))
  const isStored = (name: string): boolean => find(snapshot, name) !== undefined
  const gone = [...applied.keys()].filter((name) => !wanted.has(name) && isStored(name))
  const same = written.filter((object) => applied.get(identity(object)) === wanted.get(identity(object)))
  // No Pod is updated: one that changed is replaced, and the others stay as they are.
  const pods = [...wanted.keys()].filter((name) => name.startsWith('Pod ') && isStored(name))
  const rest = [...gone, ...pods].reduce(without, snapshot)
  const adopted = manifest.map((value) => (isNode(value) ? adoptNode(value, snapshot) : value))
  const { valid, problems, warnings } = validateObjects(adopted, rest, config)
  const objects = valid.map(({ object }) => object)
  const namespaces = missingNamespaces(objects, rest)
  const complete = new Map(objects.map((object) => [identity(object), object]))
  const kept = same.filter((object) => {
    const [wish, stored] = [complete.get(identity(object)), find(snapshot, identity(object))]
    return stored !== undefined && (wish === undefined || isHeld(object, wish, stored))
  })
  const unchanged = new Set(kept.map(identity))
  return { objects, namespaces, wanted, unchanged, gone, problems, warnings: warnings.map(({ message }) => message) }
}

/** `Kind namespace/name`. */
function find(snapshot: Snapshot, name: string): AnyObject | undefined {
  const [kind = '', key = ''] = name.split(' ', 2)
  return isKind(kind) ? get<Kind>(snapshot, kind, key) : undefined
}

function without(snapshot: Snapshot, name: string): Snapshot {
  const [kind = '', key = ''] = name.split(' ', 2)
  if (!isKind(kind)) return snapshot
  return { ...snapshot, objects: { ...snapshot.objects, [kind]: snapshot.objects[kind].delete(key) } }
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

function namespaceObject(name: string): AnyObject {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name }, status: { phase: 'Active' } }
}

function accepted<T>(result: WriteResult<T>): T {
  if ('failure' in result) throw new Error(result.failure.message)
  return result.object
}

function applyChange(store: Store, registry: Registry, change: Change): void {
  if (change.verb === 'create') accepted(registry.create(change.object))
  else if (change.verb === 'delete')
    accepted(registry.delete(change.kind, change.key, { isForeground: change.isForeground === true }))
  else registry.finishDeletion(store.update(change.object))
}

/** A Pod cannot become another, nor what is going stay: the new one begins when the name is free. */
function write(
  store: Store,
  registry: Registry,
  successors: Map<string, AnyObject>,
  object: AnyObject,
  report: Draft,
): void {
  const name = identity(object)
  const stored = find(store.snapshot(), name)
  if (stored === undefined) {
    accepted(registry.create(object))
    report.created.push(name)
    return
  }
  report.updated.push(name)
  if (stored.kind !== 'Pod' && !isProtected(stored)) {
    accepted(registry.update(reapplied(object, stored)))
    return
  }
  successors.set(name, object)
  if (stored.kind === 'Pod') registry.delete('Pod', objectKey(object))
}

/** A claim or volume that ends as soon as nobody uses it. */
function isProtected({ kind, metadata }: AnyObject): boolean {
  return kind.startsWith('PersistentVolume') && metadata.deletionTimestamp !== undefined
}

/** What went with its Namespace a moment ago counts as well. */
function remove(
  store: Store,
  registry: Registry,
  successors: Map<string, AnyObject>,
  name: string,
  report: Draft,
): void {
  const [kind = '', key = ''] = name.split(' ', 2)
  if (!isKind(kind)) return
  successors.delete(name)
  if (find(store.snapshot(), name) !== undefined) accepted(registry.delete(kind, key))
  report.deleted.push(name)
}
