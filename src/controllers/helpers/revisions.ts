/** The history of a StatefulSet or DaemonSet: a ControllerRevision for each template that it had. */
import type { ControllerRevision } from '../../api/apps.ts'
import type { PodTemplateSpec } from '../../api/core.ts'
import { isRecord } from '../../api/decode.ts'
import type { AnyObject } from '../../api/kinds.ts'
import type { Change } from '../../model/change.ts'
import { isEqual } from '../../model/equal.ts'
import { canonicalJSON, generatedName, safeHash } from '../../model/hash.ts'
import { get, objectKey, type Snapshot } from '../../model/snapshot.ts'
import { deletionOf } from './changes.ts'
import { controllerOf, dependentsOf, ownerReference } from './owners.ts'

/** The label of Pods that names the revision they were made from. */
export const REVISION_LABEL = 'controller-revision-hash'

type Owner = AnyObject & { readonly spec: { readonly template: PodTemplateSpec } }

/** The owner's revisions, the oldest first. */
export function revisionsOf(snapshot: Snapshot, owner: AnyObject): readonly ControllerRevision[] {
  return dependentsOf(snapshot, owner)
    .filter((object) => object.kind === 'ControllerRevision')
    .sort((a, b) => a.revision - b.revision)
}

export interface UpdateRevision {
  /** That of the present template: stored, or about to be. */
  readonly update: ControllerRevision
  /** What makes it so. */
  readonly changes: readonly Change[]
}

/** Going back to an earlier template gives its revision the highest number. */
export function updateRevision(
  snapshot: Snapshot,
  owner: Owner,
  revisions: readonly ControllerRevision[],
): UpdateRevision {
  const data = { spec: { template: { ...owner.spec.template, $patch: 'replace' } } }
  const highest = revisions.at(-1)?.revision ?? 0
  const known = revisions.findLast((revision) => isEqual(revision.data, data))
  if (known !== undefined && known.revision === highest) return { update: known, changes: [] }
  if (known !== undefined) {
    const update = { ...known, revision: highest + 1 }
    return { update, changes: [{ verb: 'update', object: update }] }
  }
  const update = newRevision(snapshot, owner, data, highest + 1)
  return { update, changes: [{ verb: 'create', object: update }] }
}

function newRevision(snapshot: Snapshot, owner: Owner, data: unknown, revision: number): ControllerRevision {
  const { namespace, name: ownerName, annotations } = owner.metadata
  const { name, hash } = freeRevisionName(snapshot, owner, canonicalJSON(data))
  return {
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      labels: { ...owner.spec.template.metadata?.labels, [REVISION_LABEL]: labelOf(owner, ownerName, hash) },
      ...(annotations === undefined ? {} : { annotations }),
      ownerReferences: [ownerReference(owner)],
    },
    data,
    revision,
  }
}

/** A StatefulSet's Pods carry the revision's name, a DaemonSet's the hash alone. */
function labelOf(owner: Owner, name: string, hash: string): string {
  return owner.kind === 'StatefulSet' ? generatedName(`${name}-`, hash) : hash
}

function freeRevisionName(snapshot: Snapshot, owner: Owner, text: string): { name: string; hash: string } {
  for (let collisions = 0; ; collisions++) {
    const hash = safeHash(collisions === 0 ? text : `${text} ${collisions}`, 10)
    const name = generatedName(`${owner.metadata.name}-`, hash)
    const key = objectKey({ metadata: { ...owner.metadata, name } })
    const holder = get(snapshot, 'ControllerRevision', key)
    if (holder === undefined || controllerOf(holder)?.uid === owner.metadata.uid) return { name, hash }
  }
}

/** The value of REVISION_LABEL on Pods of the revision. */
export function revisionLabel({ metadata }: ControllerRevision): string {
  return metadata.labels?.[REVISION_LABEL] ?? metadata.name
}

/** The template that the revision keeps; undefined where its data is none of ours. */
export function templateOf({ data }: ControllerRevision): PodTemplateSpec | undefined {
  const spec = isRecord(data) ? data['spec'] : undefined
  const template = isRecord(spec) ? spec['template'] : undefined
  if (!isRecord(template) || !isRecord(template['spec'])) return undefined
  const { $patch: _, ...rest } = template
  // Written by updateRevision from the owner's own template.
  return rest as unknown as PodTemplateSpec
}

/** Revisions beyond `limit` that nobody uses any more, the oldest first. `live`: values of REVISION_LABEL. */
export function expiredRevisions(
  revisions: readonly ControllerRevision[],
  live: ReadonlySet<string>,
  limit: number,
): readonly Change[] {
  const unused = revisions.filter((revision) => !live.has(revisionLabel(revision)))
  return unused.slice(0, Math.max(0, unused.length - limit)).map(deletionOf)
}
