/** Deleting: at once, or in steps where a Pod has to end, a finalizer has to be served or a namespace has to empty. */
import { KINDS, type AnyObject, type Kind, type Kinds } from '../api/kinds.ts'
import { FOREGROUND_DELETION } from '../api/meta.ts'
import { notFoundStatus } from '../api/status.ts'
import { timestamp } from '../lib/clock.ts'
import { get, type Snapshot } from '../model/snapshot.ts'
import type { Store } from '../store/store.ts'
import { refuse, type WriteResult } from './write-result.ts'

export interface DeleteOptions {
  /** How long a running Pod may take to end; 0 removes it now. Its own terminationGracePeriodSeconds where absent. */
  readonly gracePeriodSeconds?: number
  /** The object stays, marked, until what it owns is gone. */
  readonly isForeground?: boolean
}

export interface DeletionContext {
  readonly store: Store
  readonly now: () => number
}

export function deleteObject<K extends Kind>(
  context: DeletionContext,
  kind: K,
  key: string,
  options: DeleteOptions,
): WriteResult<Kinds[K]> {
  const object = get(context.store.snapshot(), kind, key)
  if (object === undefined) return refuse(notFoundStatus(kind, key.slice(key.indexOf('/') + 1)))
  const grace = graceOf(object, options)
  const { deletionTimestamp, deletionGracePeriodSeconds = 0, finalizers: held = [] } = object.metadata
  const isWaiting = options.isForeground === true && !held.includes(FOREGROUND_DELETION)
  const finalizers = isWaiting ? [...held, FOREGROUND_DELETION] : held
  const isBound = finalizers.length > 0 || hasContents(object, context.store.snapshot())
  if (grace === 0 && !isBound) return { code: 200, object: remove(context, kind, key), warnings: [] }
  const sooner = deletionTimestamp === undefined || grace < deletionGracePeriodSeconds || isWaiting
  const marked = sooner ? markDeleted(context, withFinalizers(object, finalizers), grace) : object
  if (marked.kind === 'Namespace') emptyNamespace(context, marked.metadata.name)
  return { code: 200, object: marked, warnings: [] }
}

function withFinalizers<T extends AnyObject>(object: T, finalizers: readonly string[]): T {
  return finalizers.length === 0 ? object : { ...object, metadata: { ...object.metadata, finalizers } }
}

/** An unscheduled or finished Pod has nothing to wait for; other kinds never do. */
function graceOf(object: AnyObject, { gracePeriodSeconds }: DeleteOptions): number {
  if (object.kind !== 'Pod') return 0
  const { nodeName, terminationGracePeriodSeconds = 30 } = object.spec
  const { phase } = object.status ?? {}
  const isOver = nodeName === undefined || phase === 'Succeeded' || phase === 'Failed'
  return isOver ? 0 : (gracePeriodSeconds ?? terminationGracePeriodSeconds)
}

function markDeleted<T extends AnyObject>(context: DeletionContext, object: T, grace: number): T {
  const metadata = {
    ...object.metadata,
    deletionTimestamp: timestamp(context.now() + grace * 1000),
    deletionGracePeriodSeconds: grace,
  }
  const status = object.kind === 'Namespace' ? { status: { ...object.status, phase: 'Terminating' } } : {}
  return context.store.update({ ...object, metadata, ...status })
}

function hasContents(object: AnyObject, snapshot: Snapshot): boolean {
  return object.kind === 'Namespace' && contents(snapshot, object.metadata.name).length > 0
}

function contents(snapshot: Snapshot, namespace: string): readonly (readonly [Kind, string])[] {
  const kinds = Object.entries(KINDS).filter(([, info]) => info.namespaced)
  // Owners come before what they own in KINDS, so that nothing is made anew meanwhile.
  return kinds.flatMap(([kind]) =>
    [...snapshot.objects[kind as Kind].withPrefix(`${namespace}/`)].map(([key]) => [kind as Kind, key] as const),
  )
}

function emptyNamespace(context: DeletionContext, namespace: string): void {
  for (const [kind, key] of contents(context.store.snapshot(), namespace)) {
    if (get(context.store.snapshot(), kind, key) !== undefined) deleteObject(context, kind, key, {})
  }
}

/** Removes the object, and with the last object of a namespace that is being deleted the namespace. */
function remove<K extends Kind>(context: DeletionContext, kind: K, key: string): Kinds[K] {
  const removed = context.store.remove(kind, key)
  const { namespace } = removed.metadata
  if (namespace === undefined) return removed
  const parent = get(context.store.snapshot(), 'Namespace', namespace)
  if (parent?.metadata.deletionTimestamp === undefined) return removed
  const isDone = (parent.metadata.finalizers ?? []).length === 0 && !hasContents(parent, context.store.snapshot())
  if (isDone) context.store.remove('Namespace', namespace)
  return removed
}

/** After an update: an object whose last finalizer went is removed if its deletion was asked for. */
export function finishDeletion<T extends AnyObject>(context: DeletionContext, object: T): T | undefined {
  const { deletionTimestamp, deletionGracePeriodSeconds = 0, finalizers = [] } = object.metadata
  if (deletionTimestamp === undefined || finalizers.length > 0 || deletionGracePeriodSeconds > 0) return undefined
  if (hasContents(object, context.store.snapshot())) return undefined
  const { namespace, name } = object.metadata
  return remove(context, object.kind, namespace === undefined ? name : `${namespace}/${name}`) as T
}
