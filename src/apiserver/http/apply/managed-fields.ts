/** metadata.managedFields: who wrote which field last. */
import { isRecord } from '../../../api/decode.ts'
import { KINDS, type AnyObject, type Kind } from '../../../api/kinds.ts'
import type { ObjectMeta } from '../../../api/meta.ts'
import { equalJSON } from '../../../api/merge-patch.ts'
import { timestamp } from '../../../lib/clock.ts'
import { difference, fieldsIn, intersection, isEmptySet, union, type FieldSet } from './field-set.ts'
import { changedFields } from './merge-fields.ts'

export interface ManagedFieldsEntry {
  readonly manager: string
  readonly operation: 'Apply' | 'Update'
  readonly apiVersion: string
  readonly time?: string
  readonly fieldsType: 'FieldsV1'
  readonly fieldsV1: FieldSet
  readonly subresource?: string
}

type WithEntries = ObjectMeta & { readonly managedFields?: unknown }

/** The entries of an object; those that make no sense are read over. */
export function managersOf({ metadata }: { readonly metadata: WithEntries }): readonly ManagedFieldsEntry[] {
  const { managedFields } = metadata
  return Array.isArray(managedFields) ? managedFields.filter(isEntry) : []
}

function isEntry(value: unknown): value is ManagedFieldsEntry {
  return isRecord(value) && typeof value['manager'] === 'string' && isRecord(value['fieldsV1'])
}

export function withManagers<T extends AnyObject>(object: T, entries: readonly ManagedFieldsEntry[]): T {
  const { managedFields: _, ...metadata }: WithEntries = object.metadata
  const kept = entries.filter(({ fieldsV1 }) => !isEmptySet(fieldsV1))
  return { ...object, metadata: kept.length === 0 ? metadata : { ...metadata, managedFields: kept } }
}

/** `fieldManager`, else the name of the program that asks, as in `kubectl/v1.34.0`. */
export function managerName(query: URLSearchParams, userAgent: string): string {
  const given = query.get('fieldManager') ?? ''
  return (given === '' ? (userAgent.split('/')[0] ?? '') : given).slice(0, 128) || 'unknown'
}

export function entry(
  manager: string,
  operation: ManagedFieldsEntry['operation'],
  kind: Kind,
  fieldsV1: FieldSet,
  now: number,
): ManagedFieldsEntry {
  const { apiVersion } = KINDS[kind]
  return { manager, operation, apiVersion, time: timestamp(now), fieldsType: 'FieldsV1', fieldsV1 }
}

export const isOwn =
  (manager: string, operation: ManagedFieldsEntry['operation']) =>
  (candidate: ManagedFieldsEntry): boolean =>
    candidate.manager === manager && candidate.operation === operation && (candidate.subresource ?? '') === ''

/**
 * After a create, an update or a patch: what changed is the manager's, and nobody else's any more. `before`: undefined for
 * a create. The entries of `after` count where the client changed them itself.
 */
export function trackUpdate<T extends AnyObject>(
  before: AnyObject | undefined,
  after: T,
  manager: string,
  now: number,
): T {
  const { kind } = after
  const given = managersOf(after)
  const base = before === undefined || given.length > 0 ? given : managersOf(before)
  const fresh =
    before === undefined ? fieldsIn(kind, after) : difference(changedFields(kind, before, after), serverOwned)
  const left = fieldsIn(kind, after)
  const others = base
    .filter((candidate) => !isOwn(manager, 'Update')(candidate))
    .map((candidate) => withSet(candidate, intersection(difference(candidate.fieldsV1, fresh), left)))
  const mine = base.find(isOwn(manager, 'Update'))
  const owned = union(intersection(mine?.fieldsV1 ?? {}, left), fresh)
  if (isEmptySet(owned)) return withManagers(after, others)
  const unchanged = mine !== undefined && equalJSON(mine.fieldsV1, owned)
  return withManagers(after, [...others, unchanged ? mine : entry(manager, 'Update', kind, owned, now)])
}

/** What a patch of the object itself does not write. */
const serverOwned: FieldSet = {
  'f:status': {},
  'f:metadata': {
    'f:managedFields': {},
    'f:resourceVersion': {},
    'f:generation': {},
    'f:uid': {},
    'f:creationTimestamp': {},
  },
}

export function withSet(candidate: ManagedFieldsEntry, fieldsV1: FieldSet): ManagedFieldsEntry {
  return equalJSON(candidate.fieldsV1, fieldsV1) ? candidate : { ...candidate, fieldsV1 }
}
