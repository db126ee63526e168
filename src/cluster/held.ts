/** Whether an object is still as its manifest says, after what kubectl and others did to it. */
import type { AnyObject } from '../api/kinds.ts'
import { isRecord } from '../api/decode.ts'
import { canonicalJSON } from '../model/hash.ts'

/** What the network writes itself, or what never becomes another. */
const LEFT_ALONE: ReadonlySet<string> = new Set(['Node', 'Pod', 'PersistentVolume', 'PersistentVolumeClaim'])
/** Of a manifest that was read from a cluster: nobody applies these. */
const NOT_APPLIED: ReadonlySet<string> = new Set(['status', 'metadata'])

/**
 * `written` is the manifest, which says what counts; `complete` is the same with defaults, whose values are in the form of
 * the stored object. What the manifest says nothing of may be as it likes.
 */
export function isHeld(written: AnyObject, complete: AnyObject, stored: AnyObject): boolean {
  if (LEFT_ALONE.has(written.kind)) return true
  // What stringData says is in data.
  const says = written.kind === 'Secret' ? complete : written
  const fields = Object.keys(says).filter((key) => !NOT_APPLIED.has(key))
  const rest = [says, complete, stored].map((object) => pick(object, fields))
  const meta = [written, complete, stored].map(({ metadata }) => pick(metadata, ['labels', 'annotations']))
  return covers(rest[0], rest[1], rest[2]) && covers(meta[0], meta[1], meta[2])
}

function pick(object: object, keys: readonly string[]): object {
  return Object.fromEntries(Object.entries(object).filter(([key]) => keys.includes(key)))
}

function covers(written: unknown, complete: unknown, stored: unknown): boolean {
  // What was given as null, or is not taken over.
  if (written === null || written === undefined || complete === undefined) return true
  if (Array.isArray(written) && Array.isArray(complete) && Array.isArray(stored)) {
    const [wanted, found]: readonly (readonly unknown[])[] = [complete, stored]
    const given: readonly unknown[] = written
    return (
      wanted?.length === found?.length && given.every((item, index) => covers(item, wanted?.[index], found?.[index]))
    )
  }
  if (isRecord(written) && isRecord(complete) && isRecord(stored)) {
    return Object.keys(written).every((key) => covers(written[key], complete[key], stored[key]))
  }
  return canonicalJSON(complete) === canonicalJSON(stored)
}
