/** Every write of a client goes through here: one critical section from decoding to the store. */
import type { Service } from '../api/core.ts'
import { KINDS, type AnyObject, type Kind, type Kinds } from '../api/kinds.ts'
import type { ServiceCIDR } from '../api/networking.ts'
import { equalJSON, mergePatch } from '../api/merge-patch.ts'
import {
  alreadyExistsStatus,
  badRequestStatus,
  conflictStatus,
  forbiddenStatus,
  internalErrorStatus,
  invalidStatus,
  namespaceTerminatingStatus,
  notFoundStatus,
  unnamedErrorStatus,
  type Status,
} from '../api/status.ts'
import { fieldErrorMessage, type FieldError } from '../api/field-error.ts'
import type { ObjectMeta } from '../api/meta.ts'
import { validateAnnotations, validateLabels } from '../api/meta-validation.ts'
import { OrderedMap } from '../lib/ordered-map.ts'
import type { ClusterConfig } from '../model/cluster-config.ts'
import { allocatableRanges } from '../model/service-ranges.ts'
import { get, objectKey, type Snapshot } from '../model/snapshot.ts'
import { withDefaultClass } from '../model/storage-classes.ts'
import { ConflictError, type Store } from '../store/store.ts'
import {
  admitCreate,
  admitUpdate,
  DEFAULT_NAMESPACE,
  kindOf,
  readObject,
  withGeneratedName,
  type Admitted,
} from './admission.ts'
import type { AllocationFailure } from './allocated.ts'
import { createAllocations, followServices, withRanges, type Allocations } from './allocations.ts'
import { deleteObject, finishDeletion, type DeleteOptions } from './deletion.ts'
import { admitIngressClass } from './ingress-class-admission.ts'
import { admitPriority } from './priority-admission.ts'
import { admitServiceAccount } from './service-account-admission.ts'
import { RESOURCES } from './resources/index.ts'
import { refuse, type WriteResult } from './write-result.ts'

export type { Refused, WriteResult, Written } from './write-result.ts'

export interface WriteOptions {
  /** The namespace of the request; where the object names another one, it is refused. */
  readonly namespace?: string
  /** Everything but the write: the object as it would be, and nothing is reserved. */
  readonly dryRun?: boolean
}

export interface Registry {
  create<T extends AnyObject>(object: T, options?: WriteOptions): WriteResult<T>
  /** Replaces the object but its status. Without a resourceVersion whatever is stored; Services and Endpoints are created where missing. */
  update<T extends AnyObject>(object: T, options?: WriteOptions): WriteResult<T>
  /** Takes metadata labels and annotations and the status from `object`, everything else from the store. */
  updateStatus<T extends AnyObject>(object: T, options?: WriteOptions): WriteResult<T>
  /** RFC 7386; `key` is `namespace/name`, or the name of a kind without namespace. */
  mergePatch<K extends Kind>(kind: K, key: string, patch: unknown, options?: WriteOptions): WriteResult<Kinds[K]>
  /** The object as it was; one that is still to end (a running Pod, finalizers) as it is now. */
  delete<K extends Kind>(kind: K, key: string, options?: DeleteOptions): WriteResult<Kinds[K]>
  /** After a write past the registry: an object whose last finalizer went is removed if its deletion was asked for. */
  finishDeletion(object: AnyObject): void
}

export interface RegistryOptions {
  /** Milliseconds since 1970, for deletionTimestamp. */
  readonly now: () => number
}

export function createRegistry(store: Store, config: ClusterConfig, options: RegistryOptions): Registry {
  let followed = OrderedMap.empty<Service>()
  let ranges = OrderedMap.empty<ServiceCIDR>()
  let allocations = createAllocations(config)

  /** What the stored Services hold now, whoever wrote them, and the ranges that there are. */
  const current = (): Allocations => {
    const { Service: services, ServiceCIDR: wanted } = store.snapshot().objects
    if (wanted !== ranges) {
      allocations = withRanges(allocations, [...config.serviceCIDRs, ...allocatableRanges(wanted, config)])
      ranges = wanted
    }
    allocations = followServices(allocations, followed, services)
    followed = services
    return allocations
  }
  const context: Context = { store, allocations: current, now: options.now }
  return {
    create: (object, given = {}) => withReadObject(object, given, (kind, read) => create(context, kind, read, given)),
    update: (object, given = {}) => withReadObject(object, given, (kind, read) => update(context, kind, read, given)),
    updateStatus: (object, given = {}) =>
      withReadObject(object, given, (kind, read) => updateStatus(context, kind, read, given)),
    mergePatch: (kind, key, patch, given = {}) => patchObject(context, kind, key, patch, given),
    delete: (kind, key, given = {}) => deleteObject(context, kind, key, given),
    finishDeletion: (object) => void finishDeletion(context, object),
  }
}

interface Context {
  readonly store: Store
  readonly allocations: () => Allocations
  readonly now: () => number
}

function withReadObject<T extends AnyObject>(
  value: T,
  options: WriteOptions,
  handle: (kind: Kind, object: AnyObject) => WriteResult<AnyObject>,
): WriteResult<T> {
  const kind = kindOf(value)
  if (typeof kind !== 'string') return refuse(badRequestStatus(kind.problem))
  const read = readObject(kind, value, options.namespace ?? DEFAULT_NAMESPACE)
  if ('errors' in read) return refuse(undecodable(kind, read.errors))
  const { namespace } = read.object.metadata
  if (KINDS[kind].namespaced && options.namespace !== undefined && namespace !== options.namespace) {
    const text = `the namespace of the provided object does not match the namespace sent on the request`
    return refuse(badRequestStatus(text))
  }
  // The handler answers with an object of the kind that it was given.
  return handle(kind, read.object) as WriteResult<T>
}

function undecodable(kind: Kind, errors: readonly FieldError[]): Status {
  const why = errors.map(fieldErrorMessage).join(', ')
  return badRequestStatus(
    `${kind} in version ${JSON.stringify(KINDS[kind].apiVersion)} cannot be handled as a ${kind}: ${why}`,
  )
}

function create<K extends Kind>(
  context: Context,
  kind: K,
  given: Kinds[K],
  options: WriteOptions,
): WriteResult<Kinds[K]> {
  const { store } = context
  const { objects, resourceVersion } = store.snapshot()
  const named = withGeneratedName(given, resourceVersion, (key) => objects[kind].has(key))
  const passed = plugins(named, store.snapshot())
  if ('refused' in passed) return refuse(forbiddenStatus(kind, named.metadata.name, passed.refused))
  const { object } = passed
  const admitted = admitCreate(kind, object, context.allocations())
  const { name } = admitted.object.metadata
  const failure =
    refusal(kind, admitted) ??
    refusedByNamespace(kind, admitted.object, store.snapshot()) ??
    (get(store.snapshot(), kind, objectKey(admitted.object)) === undefined
      ? undefined
      : alreadyExistsStatus(kind, name))
  if (failure !== undefined) return refuse(failure)
  const stored = options.dryRun === true ? admitted.object : store.create(admitted.object, RESOURCES[kind].identify)
  return { code: 201, object: stored, warnings: admitted.warnings }
}

/** What Kubernetes' admission plugins make of a new object. */
function plugins<T extends AnyObject>(
  object: T,
  snapshot: Snapshot,
): { readonly object: T } | { readonly refused: string } {
  if (object.kind === 'Ingress') return { object: admitIngressClass(object, snapshot) as T }
  if (object.kind === 'PersistentVolumeClaim') return { object: withDefaultClass(object, snapshot) as T }
  if (object.kind !== 'Pod') return { object }
  const admitted = admitPriority(object, snapshot.objects.PriorityClass)
  return 'refused' in admitted ? admitted : { object: admitServiceAccount(admitted.pod, snapshot) as T }
}

function update<K extends Kind>(
  context: Context,
  kind: K,
  given: Kinds[K],
  options: WriteOptions,
): WriteResult<Kinds[K]> {
  const { store } = context
  const { name, uid, resourceVersion } = given.metadata
  const old = get(store.snapshot(), kind, objectKey(given))
  if (old === undefined) {
    const creates = RESOURCES[kind].createsOnUpdate && uid === undefined && resourceVersion === undefined
    return creates ? create(context, kind, given, options) : refuse(notFoundStatus(kind, name))
  }
  if (resourceVersion !== undefined && resourceVersion !== old.metadata.resourceVersion) {
    const why = 'the object has been modified; please apply your changes to the latest version and try again'
    return refuse(conflictStatus(kind, name, why))
  }
  if (uid !== undefined && uid !== old.metadata.uid) {
    const why = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${old.metadata.uid}`
    return refuse(conflictStatus(kind, name, why))
  }
  const admitted = admitUpdate(kind, given, old, context.allocations())
  const failure = refusal(kind, admitted)
  if (failure !== undefined) return refuse(failure)
  return write(context, admitted.object, old, admitted.warnings, options)
}

function updateStatus<K extends Kind>(
  context: Context,
  kind: K,
  given: Kinds[K],
  options: WriteOptions,
): WriteResult<Kinds[K]> {
  const { store } = context
  const { name, resourceVersion } = given.metadata
  const old = get(store.snapshot(), kind, objectKey(given))
  if (old === undefined) return refuse(notFoundStatus(kind, name))
  if (resourceVersion !== undefined && resourceVersion !== old.metadata.resourceVersion) {
    return refuse(conflictStatus(kind, name, 'the object has been modified'))
  }
  const strategy = RESOURCES[kind]
  const status = 'status' in given ? { status: given.status } : {}
  const metadata = withLabelsOf(old.metadata, given.metadata)
  const object = { ...strategy.setDefaults({ ...old, ...status }), metadata }
  const errors = [
    ...validateLabels(metadata.labels ?? {}, ['metadata', 'labels']),
    ...validateAnnotations(metadata.annotations ?? {}, ['metadata', 'annotations']),
    ...(strategy.validateStatus?.(object) ?? []),
  ]
  if (errors.length > 0) return refuse(invalidStatus(kind, name, errors))
  return write(
    context,
    { ...old, metadata, ...('status' in object ? { status: object.status } : {}) },
    old,
    [],
    options,
  )
}

/** With the labels and annotations of `given`, as an update of a status may change them too. */
function withLabelsOf(old: ObjectMeta, { labels, annotations }: ObjectMeta): ObjectMeta {
  const { labels: _, annotations: __, ...rest } = old
  return {
    ...rest,
    ...(labels === undefined ? {} : { labels }),
    ...(annotations === undefined ? {} : { annotations }),
  }
}

/** Nothing is written where nothing changed. */
function write<T extends AnyObject>(
  context: Context,
  object: T,
  old: T,
  warnings: readonly string[],
  options: WriteOptions,
): WriteResult<T> {
  const { resourceVersion } = old.metadata
  const metadata = { ...object.metadata, ...(resourceVersion === undefined ? {} : { resourceVersion }) }
  const next = { ...object, metadata }
  if (options.dryRun === true) return { code: 200, object: next, warnings }
  if (equalJSON(next, old)) return { code: 200, object: old, warnings }
  try {
    const stored = context.store.update(next)
    return { code: 200, object: finishDeletion(context, stored) ?? stored, warnings }
  } catch (error) {
    if (error instanceof ConflictError) return refuse(conflictStatus(object.kind, metadata.name, error.message))
    throw error
  }
}

function patchObject<K extends Kind>(
  context: Context,
  kind: K,
  key: string,
  patch: unknown,
  options: WriteOptions,
): WriteResult<Kinds[K]> {
  const old = get(context.store.snapshot(), kind, key)
  if (old === undefined) return refuse(notFoundStatus(kind, key.slice(key.indexOf('/') + 1)))
  const read = readObject(kind, mergePatch(old, patch), DEFAULT_NAMESPACE)
  if ('errors' in read) return refuse(undecodable(kind, read.errors))
  if (objectKey(read.object) !== key) {
    return refuse(badRequestStatus('the name or namespace of the object does not match that of the request'))
  }
  return update(context, kind, read.object, options)
}

/** The first allocation that failed hides the rest, as in Kubernetes. */
function refusal<T extends AnyObject>(kind: Kind, admitted: Admitted<T>): Status | undefined {
  const { name, generateName = '' } = admitted.object.metadata
  const [failed] = admitted.failures
  if (failed !== undefined) return allocationStatus(kind, name || generateName, failed)
  return admitted.errors.length > 0 ? invalidStatus(kind, name || generateName, admitted.errors) : undefined
}

function allocationStatus(kind: Kind, name: string, failure: AllocationFailure): Status {
  if (failure.code === 422) return invalidStatus(kind, name, failure.errors)
  return failure.reason === undefined ? unnamedErrorStatus(failure.message) : internalErrorStatus(failure.message)
}

function refusedByNamespace(kind: Kind, object: AnyObject, snapshot: Snapshot): Status | undefined {
  const { name, namespace } = object.metadata
  if (namespace === undefined) return undefined
  const found = get(snapshot, 'Namespace', namespace)
  if (found === undefined) return notFoundStatus('Namespace', namespace)
  return found.metadata.deletionTimestamp === undefined ? undefined : namespaceTerminatingStatus(kind, name, namespace)
}
