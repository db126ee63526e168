/** `GET` of a collection. */
import type { AnyObject, Kind } from '../../api/kinds.ts'
import { objectKey, type Snapshot } from '../../model/snapshot.ts'
import { badRequest } from './failures.ts'
import type { ListMeta } from './representation.ts'
import type { Matches } from './selection.ts'

export interface Page {
  readonly objects: readonly AnyObject[]
  readonly metadata: ListMeta
}

/** The objects of one page, in order of namespace and name. Throws a Refusal where limit or continue are wrong. */
export function listPage(
  snapshot: Snapshot,
  kind: Kind,
  matches: Matches,
  query: URLSearchParams,
  namespace?: string,
): Page {
  const limit = readLimit(query.get('limit'))
  const after = readContinue(query.get('continue'))
  const map = snapshot.objects[kind]
  const all: Iterable<readonly [string, AnyObject]> = namespace === undefined ? map : map.withPrefix(`${namespace}/`)
  const found: AnyObject[] = []
  let left = 0
  for (const [key, object] of all) {
    if ((after !== undefined && key <= after) || !matches(object)) continue
    if (found.length < limit) found.push(object)
    else left++
  }
  const last = found.at(-1)
  const more = left > 0 && last !== undefined ? { continue: encode(objectKey(last)), remainingItemCount: left } : {}
  return { objects: found, metadata: { resourceVersion: String(snapshot.resourceVersion), ...more } }
}

function readLimit(text: string | null): number {
  if (text === null || text === '' || text === '0') return Number.POSITIVE_INFINITY
  if (!/^\d{1,9}$/.test(text)) throw badRequest(`limit ${JSON.stringify(text)} is not a number`)
  return Number(text)
}

function encode(key: string): string {
  return Buffer.from(key).toString('base64url')
}

function readContinue(text: string | null): string | undefined {
  if (text === null || text === '') return undefined
  const key = Buffer.from(text, 'base64url').toString()
  if (key === '' || encode(key) !== text) throw badRequest('continue key is not valid')
  return key
}
