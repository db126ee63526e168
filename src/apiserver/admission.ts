/** The way of an object from JSON to what may be stored. Pure: the registry writes, validateObjects only reports. */
import { decodeObject, isRecord } from '../api/decode.ts'
import type { FieldError } from '../api/field-error.ts'
import { isKind, KINDS, type AnyObject, type Kind, type Kinds } from '../api/kinds.ts'
import { equalJSON } from '../api/merge-patch.ts'
import type { ObjectMeta } from '../api/meta.ts'
import { freeName } from '../model/hash.ts'
import { objectKey } from '../model/snapshot.ts'
import type { AllocationFailure } from './allocated.ts'
import type { Allocations } from './allocations.ts'
import { RESOURCES } from './resources/index.ts'

export const DEFAULT_NAMESPACE: string = 'default'

export interface Admitted<T> {
  /** Complete, but not to be stored while there are failures or errors. */
  readonly object: T
  /** The pool once the object is stored. */
  readonly allocations: Allocations
  readonly failures: readonly AllocationFailure[]
  readonly errors: readonly FieldError[]
  readonly warnings: readonly string[]
}

/** The kind of a body, or why it has none that is served. */
export function kindOf(value: unknown): Kind | { readonly problem: string } {
  const kind = isRecord(value) ? value['kind'] : undefined
  const apiVersion = isRecord(value) ? value['apiVersion'] : undefined
  if (typeof kind !== 'string' || kind === '') return { problem: 'kind is missing' }
  if (!isKind(kind)) return { problem: `kind ${JSON.stringify(kind)} is not known here` }
  const expected = KINDS[kind].apiVersion
  return apiVersion === expected
    ? kind
    : { problem: `apiVersion of ${kind} must be ${expected}, not ${JSON.stringify(apiVersion ?? '')}` }
}

/** Types checked, nulls gone, the namespace filled in where the kind has one. */
export function readObject<K extends Kind>(
  kind: K,
  value: unknown,
  namespace: string,
): { readonly object: Kinds[K] } | { readonly errors: readonly FieldError[] } {
  const decoded = decodeObject(kind, value)
  if ('errors' in decoded) return decoded
  return { object: KINDS[kind].namespaced ? inNamespace(decoded.object, namespace) : decoded.object }
}

function inNamespace<T extends AnyObject>(object: T, namespace: string): T {
  return object.metadata.namespace ? object : { ...object, metadata: { ...object.metadata, namespace } }
}

/** generateName and five characters that depend on `seed`, not on chance. `isTaken` gets an objectKey. */
export function withGeneratedName<T extends AnyObject>(object: T, seed: number, isTaken: (key: string) => boolean): T {
  const { name, namespace = '', generateName = '' } = object.metadata
  if (name !== '' || generateName === '') return object
  const named = (candidate: string): T => ({ ...object, metadata: { ...object.metadata, name: candidate } })
  const text = `${object.kind}/${namespace}/${generateName}/${seed}`
  return named(freeName(generateName, text, (candidate) => isTaken(objectKey(named(candidate)))))
}

/** Defaulting, allocation, validation: in this order, so that an allocation that fails hides what validation says. */
export function admitCreate<K extends Kind>(kind: K, given: Kinds[K], allocations: Allocations): Admitted<Kinds[K]> {
  const strategy = RESOURCES[kind]
  const metadata = withoutServerFields(given.metadata)
  const prepared = strategy.prepareForCreate(strategy.setDefaults({ ...given, metadata }), allocations)
  return { ...prepared, errors: strategy.validate(prepared.object), warnings: strategy.warnings(prepared.object) }
}

/** `old` is the stored object of this name. Equal parts keep their identity, so that the generation counts real changes. */
export function admitUpdate<K extends Kind>(
  kind: K,
  given: Kinds[K],
  old: Kinds[K],
  allocations: Allocations,
): Admitted<Kinds[K]> {
  const strategy = RESOURCES[kind]
  const metadata = withServerFields(given.metadata, old.metadata)
  const prepared = strategy.prepareForUpdate(strategy.setDefaults({ ...given, metadata }), old, allocations)
  const errors = strategy.validateUpdate(prepared.object, old)
  return { ...prepared, object: keepSpec(prepared.object, old), errors, warnings: strategy.warnings(prepared.object) }
}

function keepSpec<T extends AnyObject>(object: T, old: T): T {
  return 'spec' in object && 'spec' in old && equalJSON(object.spec, old.spec) ? { ...object, spec: old.spec } : object
}

/** What a client cannot give a new object. */
function withoutServerFields(metadata: ObjectMeta): ObjectMeta {
  const {
    uid: _uid,
    resourceVersion: _version,
    creationTimestamp: _created,
    deletionTimestamp: _deleted,
    deletionGracePeriodSeconds: _grace,
    generation: _generation,
    ...rest
  } = metadata
  return rest
}

/** What an update cannot change is as it was, where the client left it out. */
function withServerFields(metadata: ObjectMeta, old: ObjectMeta): ObjectMeta {
  const { uid, creationTimestamp, deletionTimestamp, deletionGracePeriodSeconds, generation } = old
  const kept = { uid, creationTimestamp, deletionTimestamp, deletionGracePeriodSeconds, generation }
  const given = Object.entries(kept).filter(([, value]) => value !== undefined)
  const { generation: _, ...rest } = metadata
  return { ...Object.fromEntries(given), ...rest, ...(generation === undefined ? {} : { generation }) }
}
