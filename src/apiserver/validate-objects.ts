/** A whole manifest through defaulting, allocation and validation, before anything is written: every problem at once. */
import { isRecord } from '../api/decode.ts'
import {
  duplicate,
  fieldErrorSentence,
  formatFieldPath,
  invalid,
  type FieldError,
  type FieldPath,
} from '../api/field-error.ts'
import { KINDS, type AnyObject, type Kind, type Kinds } from '../api/kinds.ts'
import type { Pod } from '../api/core.ts'
import type { PriorityClass } from '../api/priority-classes.ts'
import { setDefaultsService } from '../api/service-defaults.ts'
import { OrderedMap } from '../lib/ordered-map.ts'
import type { ClusterConfig } from '../model/cluster-config.ts'
import { allocatableRanges } from '../model/service-ranges.ts'
import { get, objectKey, type Snapshot } from '../model/snapshot.ts'
import {
  admitCreate,
  admitUpdate,
  DEFAULT_NAMESPACE,
  kindOf,
  readObject,
  withGeneratedName,
  type Admitted,
} from './admission.ts'
import { admitPriority } from './priority-admission.ts'
import { createAllocations, followServices, holdAll, releaseAll, type Allocations } from './allocations.ts'

export interface ObjectProblem {
  /** Which of the objects, counted from 0. */
  readonly index: number
  /** `Service default/web`. */
  readonly object: string
  readonly field: string
  /** The field as it was written, for the place in the manifest. */
  readonly path: FieldPath
  /** One sentence: `nodePort 30080 is already taken by Service default/web`. */
  readonly message: string
  readonly error: FieldError
  /** The object that it contradicts, where that is another one of the list. */
  readonly other?: number
}

export interface ValidObject {
  readonly index: number
  /** Complete, addresses and node ports included: to be created or updated as it is. */
  readonly object: AnyObject
  /** What it replaces. */
  readonly old?: AnyObject
}

export interface ValidatedObjects {
  /** In the order in which they should be written: that of KINDS, then as given. */
  readonly valid: readonly ValidObject[]
  readonly problems: readonly ObjectProblem[]
  readonly warnings: readonly { readonly index: number; readonly message: string }[]
}

/** An object that could be read. */
interface Entry {
  readonly index: number
  readonly kind: Kind
  readonly object: AnyObject
  readonly written: unknown
  readonly old: AnyObject | undefined
  /** Fields of a wrong type, already reported: `object` is without them, and what that causes is not said. */
  readonly unreadable: readonly FieldPath[]
}

/**
 * `values` as they stand in the manifest; `snapshot` is what is stored without what is about to be deleted. Addresses and
 * ports that the manifest names are given first, whatever the order of its objects.
 */
export function validateObjects(
  values: readonly unknown[],
  snapshot: Snapshot,
  config: ClusterConfig,
  namespace: string = DEFAULT_NAMESPACE,
): ValidatedObjects {
  const { entries, problems } = readObjects(values, snapshot, namespace)
  const added = allocatableRanges(withEntries(entries, 'ServiceCIDR', snapshot), config)
  const stored = followServices(createAllocations(config, added), OrderedMap.empty(), snapshot.objects.Service)
  let allocations = entries.reduce(reserve, stored)
  const classes = withEntries(entries, 'PriorityClass', snapshot)
  const valid: ValidObject[] = []
  const warnings: { index: number; message: string }[] = []
  for (const entry of entries) {
    const admitted = admit(entry, allocations, classes)
    const found = problemsOf(entry, admitted)
    problems.push(...found)
    if (found.length > 0 || entry.unreadable.length > 0) continue
    allocations = admitted.allocations
    const { index, old } = entry
    valid.push({ index, object: admitted.object, ...(old === undefined ? {} : { old }) })
    warnings.push(...admitted.warnings.map((message) => ({ index, message })))
  }
  const order = Object.keys(KINDS)
  return {
    valid: valid.toSorted((a, b) => order.indexOf(a.object.kind) - order.indexOf(b.object.kind)),
    problems: withOthers(problems, entries).toSorted((a, b) => a.index - b.index),
    warnings,
  }
}

/** Those of the list count as if they were stored. */
function withEntries<K extends Kind>(entries: readonly Entry[], kind: K, { objects }: Snapshot): OrderedMap<Kinds[K]> {
  return entries.reduce(
    (all, entry) => (entry.kind === kind ? all.set(objectKey(entry.object), entry.object as Kinds[K]) : all),
    objects[kind] as OrderedMap<Kinds[K]>,
  )
}

/** The namespaces that the objects live in and that neither the snapshot nor the objects themselves have. */
export function missingNamespaces(objects: readonly AnyObject[], snapshot: Snapshot): readonly string[] {
  const made = new Set(objects.filter(({ kind }) => kind === 'Namespace').map(({ metadata }) => metadata.name))
  const used = new Set(objects.flatMap(({ metadata }) => metadata.namespace ?? []))
  return [...used].filter((name) => !made.has(name) && get(snapshot, 'Namespace', name) === undefined).sort()
}

function readObjects(
  values: readonly unknown[],
  snapshot: Snapshot,
  namespace: string,
): { entries: readonly Entry[]; problems: ObjectProblem[] } {
  const entries: Entry[] = []
  const problems: ObjectProblem[] = []
  const seen = new Map<string, number>()
  values.forEach((value, index) => {
    const kind = kindOf(value)
    if (typeof kind !== 'string') {
      const error = { ...invalid(['kind'], undefined, kind.problem), sentence: kind.problem }
      problems.push(problem(index, 'object', error))
      return
    }
    const { read, errors } = readAround(kind, value, namespace)
    problems.push(...errors.map((error) => problem(index, kind, error)))
    if (read === undefined) return
    const isTaken = (key: string): boolean => snapshot.objects[kind].has(key) || seen.has(`${kind} ${key}`)
    const object = withGeneratedName(read, snapshot.resourceVersion, isTaken)
    const name = nameOf(object)
    const first = seen.get(name)
    if (first !== undefined && object.metadata.name !== '') {
      const error = { ...duplicate(['metadata', 'name'], object.metadata.name), sentence: `${name} is defined twice` }
      problems.push({ ...problem(index, name, error), other: first })
      return
    }
    seen.set(name, index)
    const unreadable = errors.map(({ path }) => path)
    entries.push({ index, kind, object, written: value, old: get(snapshot, kind, objectKey(object)), unreadable })
  })
  return { entries, problems }
}

/** The object without its fields of a wrong type, so that what else is wrong with it can be said too. */
function readAround(
  kind: Kind,
  value: unknown,
  namespace: string,
): { readonly read: AnyObject | undefined; readonly errors: readonly FieldError[] } {
  const read = readObject(kind, value, namespace)
  if (!('errors' in read)) return { read: read.object, errors: [] }
  const rest = readObject(
    kind,
    read.errors.reduce((object, { path }) => withoutField(object, path), value),
    namespace,
  )
  return { read: 'errors' in rest ? undefined : rest.object, errors: read.errors }
}

function withoutField(value: unknown, [step, ...path]: FieldPath): unknown {
  if (step === undefined) return null
  if (Array.isArray(value)) return value.map((item: unknown, i) => (i === step ? withoutField(item, path) : item))
  return isRecord(value) ? { ...value, [step]: withoutField(value[step], path) } : value
}

function nameOf(object: AnyObject): string {
  return `${object.kind} ${objectKey(object)}`
}

/** The addresses and ports that a Service of the manifest asks for by number. */
function reserve(allocations: Allocations, { object }: Entry): Allocations {
  return object.kind === 'Service' ? holdAll(allocations, setDefaultsService(object)) : allocations
}

/** Its own reservations are given back first, so that it can ask for them like any other Service. */
function admit(
  { kind, object, old }: Entry,
  reserved: Allocations,
  classes: OrderedMap<PriorityClass>,
): Admitted<AnyObject> {
  if (object.kind === 'Pod' && old === undefined) return admitPod(object, reserved, classes)
  const own = object.kind === 'Service' ? releaseAll(reserved, setDefaultsService(object)) : reserved
  if (old === undefined) return admitCreate(kind, object, own)
  const { resourceVersion: _, ...metadata } = object.metadata
  const given = leadByClusterIP({ ...object, metadata }, old)
  if (old.kind !== 'Service') return admitUpdate(kind, given, old, own)
  const admitted = admitUpdate(kind, given, old, holdAll(own, old))
  if (admitted.object.kind !== 'Service') return admitted
  return { ...admitted, allocations: holdAll(releaseAll(admitted.allocations, old), admitted.object) }
}

function admitPod(pod: Pod, reserved: Allocations, classes: OrderedMap<PriorityClass>): Admitted<AnyObject> {
  const passed = admitPriority(pod, classes)
  if ('pod' in passed) return admitCreate('Pod', passed.pod, reserved)
  const { refused, path, value } = passed
  const admitted = admitCreate('Pod', pod, reserved)
  return { ...admitted, errors: [...admitted.errors, { ...invalid(path, value, refused), sentence: refused }] }
}

/** Applying a changed clusterIP means clusterIPs too: a merge would find the stored list beside it. */
function leadByClusterIP(object: AnyObject, old: AnyObject): AnyObject {
  if (object.kind !== 'Service' || old.kind !== 'Service') return object
  const { clusterIP = '', clusterIPs } = object.spec
  const isChanged = clusterIP !== '' && clusterIP !== old.spec.clusterIP
  return isChanged && clusterIPs === undefined
    ? { ...object, spec: { ...object.spec, clusterIPs: [clusterIP] } }
    : object
}

function problemsOf(entry: Entry, admitted: Admitted<AnyObject>): readonly ObjectProblem[] {
  const isNameless = admitted.object.metadata.name === ''
  const failed = isNameless ? [] : admitted.failures.flatMap((failure) => failure.errors)
  const fields = new Set(failed.map((error) => error.field))
  const errors = [...failed, ...admitted.errors.filter((error) => !fields.has(error.field))]
  const name = nameOf(admitted.object)
  return errors
    .filter((error) => !isConsequence(error, errors, entry.written) && !isOfUnreadable(error, entry.unreadable))
    .map((error) => problem(entry.index, name, asWritten(error, entry.written)))
}

/** A targetPort that was not written has the value of port, and its error with it. */
function isConsequence(error: FieldError, errors: readonly FieldError[], written: unknown): boolean {
  if (error.path.at(-1) !== 'targetPort' || valueAt(written, error.path) !== undefined) return false
  const port = formatFieldPath([...error.path.slice(0, -1), 'port'])
  return errors.some((other) => other.field === port)
}

/** Kubernetes reports clusterIPs, where most manifests have clusterIP. */
function asWritten(error: FieldError, written: unknown): FieldError {
  const isPlural = error.path[0] === 'spec' && error.path[1] === 'clusterIPs'
  if (!isPlural || valueAt(written, ['spec', 'clusterIPs']) !== undefined) return error
  if (valueAt(written, ['spec', 'clusterIP']) === undefined) return error
  const path = ['spec', 'clusterIP']
  const { value } = error
  const single = Array.isArray(value) && value.length === 1 ? { value: value[0] as unknown } : {}
  return { ...error, path, field: formatFieldPath(path), ...single }
}

/** A field that could not be read seems to be missing, and two such fields to be equal. */
function isOfUnreadable({ reason, path }: FieldError, fields: readonly FieldPath[]): boolean {
  if (fields.length > 0 && reason === 'FieldValueDuplicate') return true
  return fields.some((field) => field.every((step, i) => path[i] === step))
}

function valueAt(value: unknown, path: FieldPath): unknown {
  return path.reduce<unknown>((at, step) => {
    if (Array.isArray(at)) return at[Number(step)]
    return isRecord(at) ? at[String(step)] : undefined
  }, value)
}

function problem(index: number, object: string, error: FieldError): ObjectProblem {
  const { field, path } = error
  return { index, object, field, path, message: fieldErrorSentence(error), error }
}

/** Who holds the address or port that was refused, if it is one of the list. */
function withOthers(problems: readonly ObjectProblem[], entries: readonly Entry[]): readonly ObjectProblem[] {
  const indices = new Map(entries.map(({ index, object }) => [nameOf(object), index]))
  return problems.map((found) => {
    const { holder } = found.error
    const other = holder === undefined ? undefined : indices.get(`Service ${holder}`)
    return other === undefined || other === found.index ? found : { ...found, other }
  })
}
