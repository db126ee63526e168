/** Server-side apply: the client says what it wants to own, and the server merges it in. */
import { KINDS, type AnyObject, type Kind } from '../../../api/kinds.ts'
import { equalJSON } from '../../../api/merge-patch.ts'
import { failureStatus, Refusal } from '../failures.ts'
import { groupVersionOf } from '../resource-names.ts'
import { difference, fieldsIn, intersection, isEmptySet, NOTHING, pathsOf, union, type FieldSet } from './field-set.ts'
import { entry, isOwn, managersOf, withManagers, withSet, type ManagedFieldsEntry } from './managed-fields.ts'
import { changedFields, mergeApplied, withoutFields } from './merge-fields.ts'

export interface ApplyRequest {
  readonly kind: Kind
  readonly applied: AnyObject
  /** Undefined: it does not exist yet. */
  readonly live: AnyObject | undefined
  readonly manager: string
  /** Takes fields from their owners. */
  readonly force: boolean
  readonly now: number
}

/** The object as it is to be written. Throws a Refusal with all conflicts. */
export function serverSideApply(request: ApplyRequest): AnyObject {
  const { kind, applied, live, manager, force, now } = request
  const wanted = fieldsIn(kind, applied)
  if (live === undefined) return withManagers(applied, [entry(manager, 'Apply', kind, wanted, now)])
  const managers = managersOf(live)
  const mine = managers.find(isOwn(manager, 'Apply'))
  const others = managers.filter((candidate) => candidate !== mine)
  const taken = intersection(changedFields(kind, live, applied), wanted)
  const conflicts = others
    .map((owner) => ({ owner, fields: intersection(taken, owner.fieldsV1) }))
    .filter(({ fields }) => !isEmptySet(fields))
  if (conflicts.length > 0 && !force) throw conflict(kind, conflicts)
  const rest = others.map((owner) => withSet(owner, difference(owner.fieldsV1, taken)))
  const owned = rest.reduce<FieldSet>((all, { fieldsV1 }) => union(all, fieldsV1), wanted)
  const gone = difference(mine?.fieldsV1 ?? NOTHING, owned)
  // The merged value is of the same kind: the registry checks its types.
  const merged = withoutFields(kind, mergeApplied(kind, live, applied), gone) as AnyObject
  const unchanged = mine !== undefined && equalJSON(mine.fieldsV1, wanted)
  return withManagers(withIdentity(merged, live), [
    ...rest,
    unchanged ? mine : entry(manager, 'Apply', kind, wanted, now),
  ])
}

/** What the client cannot apply is as it was, but a resourceVersion that it gives is a precondition. */
function withIdentity(merged: AnyObject, live: AnyObject): AnyObject {
  const { resourceVersion = live.metadata.resourceVersion } = merged.metadata
  return { ...merged, metadata: { ...merged.metadata, ...(resourceVersion !== undefined && { resourceVersion }) } }
}

interface Conflict {
  readonly owner: ManagedFieldsEntry
  readonly fields: FieldSet
}

function conflict(kind: Kind, conflicts: readonly Conflict[]): Refusal {
  const causes = conflicts.flatMap(({ owner, fields }) => {
    const using = owner.operation === 'Apply' ? '' : ` using ${owner.apiVersion}`
    const message = `conflict with ${JSON.stringify(owner.manager)}${using}`
    return pathsOf(fields).map((field) => ({ reason: 'FieldManagerConflict', message, field }))
  })
  const count = causes.length === 1 ? '1 conflict' : `${causes.length} conflicts`
  const lines = causes.map(({ message, field }) => `${message}: ${field}`)
  const text = causes.length === 1 ? ` ${lines[0]}` : `\n${lines.map((line) => `- ${line}`).join('\n')}`
  const { group } = groupVersionOf(kind)
  const details = { ...(group !== '' && { group }), kind: KINDS[kind].plural, causes }
  return new Refusal(failureStatus(409, 'Conflict', `Apply failed with ${count}:${text}`, details))
}
