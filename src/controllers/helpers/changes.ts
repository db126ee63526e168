import type { AnyObject } from '../../api/kinds.ts'
import type { Change } from '../../model/change.ts'
import { isEqual } from '../../model/equal.ts'
import { objectKey } from '../../model/snapshot.ts'

/** An update to `after`, or nothing where that is what there is. */
export function updateTo<T extends AnyObject>(before: T, after: T): readonly Change[] {
  return isEqual(before, after) ? [] : [{ verb: 'update', object: after }]
}

export function deletionOf(object: AnyObject): Change {
  return { verb: 'delete', kind: object.kind, key: objectKey(object) }
}
