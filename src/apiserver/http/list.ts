/** `GET` of a collection. */
import { isRecord } from '../../api/decode.ts'
import { forbidden } from '../../api/field-error.ts'
import type { AnyObject, Kind } from '../../api/kinds.ts'
import { invalidStatus } from '../../api/status.ts'
import type { OrderedMap } from '../../lib/ordered-map.ts'
import { objectKey, type Snapshot } from '../../model/snapshot.ts'
import { badRequest, expired, Refusal, versionTooLarge } from './failures.ts'
import type { ListMeta } from './representation.ts'
import type { Matches } from './selection.ts'
import type { WatchHistory } from './watch-history.ts'

export interface Page {
  readonly objects: readonly AnyObject[]
  readonly metadata: ListMeta
}

export interface ListRequest {
  readonly kind: Kind
  readonly matches: Matches
  readonly query: URLSearchParams
  readonly namespace?: string
}

/**
 * The objects of one page, in order of namespace and name. All pages show what the first one showed, whatever changed
 * meanwhile. Throws a Refusal where limit, continue or resourceVersion are wrong, or too old.
 */
export function listPage(snapshot: Snapshot, history: WatchHistory, request: ListRequest): Page {
  const { kind, matches, query, namespace } = request
  const limit = readLimit(query.get('limit'))
  const from = readContinue(query.get('continue'))
  const version = from === undefined ? readVersion(kind, query, snapshot) : continued(query, from, snapshot)
  const map = objectsAt(snapshot, history, kind, version)
  if (map === undefined) throw tooOld(from)
  const all: Iterable<readonly [string, AnyObject]> = namespace === undefined ? map : map.withPrefix(`${namespace}/`)
  const found: AnyObject[] = []
  let left = 0
  for (const [key, object] of all) {
    if ((from !== undefined && key <= from.start) || !matches(object)) continue
    if (found.length < limit) found.push(object)
    else left++
  }
  const last = found.at(-1)
  const isChosen = ['labelSelector', 'fieldSelector'].some((name) => (query.get(name) ?? '') !== '')
  const more = left > 0 && last !== undefined ? { continue: encode({ version, start: objectKey(last) }) } : {}
  const count = left > 0 && !isChosen ? { remainingItemCount: left } : {}
  return { objects: found, metadata: { resourceVersion: String(version), ...more, ...count } }
}

/** As they were then: what happened since is undone. Undefined where some of that is forgotten. */
function objectsAt(
  snapshot: Snapshot,
  history: WatchHistory,
  kind: Kind,
  version: number,
): OrderedMap<AnyObject> | undefined {
  const now: OrderedMap<AnyObject> = snapshot.objects[kind]
  return history.since(version)?.reduceRight((map, { event: { object, previous } }) => {
    if (object.kind !== kind) return map
    return previous === undefined ? map.delete(objectKey(object)) : map.set(objectKey(object), previous)
  }, now)
}

/** Where a page ends. */
interface Continue {
  readonly version: number
  readonly start: string
}

/** Of a token that goes on with whatever is there now. */
const INCONSISTENT = -1

function continued(query: URLSearchParams, { version }: Continue, snapshot: Snapshot): number {
  if (![null, '', '0'].includes(query.get('resourceVersion'))) {
    throw badRequest('specifying resource version is not allowed when using continue')
  }
  if (version === INCONSISTENT) return snapshot.resourceVersion
  if (version > snapshot.resourceVersion) throw badRequest('continue key is not valid')
  return version
}

/** Whoever can live with a list of two moments finds a token for that in the refusal. */
function tooOld(from: Continue | undefined): Refusal {
  if (from === undefined) return new Refusal(expired('the requested resourceVersion is no longer known'))
  const message =
    'the continue parameter is too old for a consistent list: list anew without it, or go on with the continue token ' +
    'of this answer, which shows the rest as it is now'
  const token = encode({ version: INCONSISTENT, start: from.start })
  return new Refusal({ ...expired(message), metadata: { continue: token } })
}

/** The version that is shown: the newest, unless exactly one is asked for. */
function readVersion(kind: Kind, query: URLSearchParams, { resourceVersion: current }: Snapshot): number {
  const text = query.get('resourceVersion') ?? ''
  const match = query.get('resourceVersionMatch') ?? ''
  if (!/^\d{0,15}$/.test(text)) throw badRequest(`invalid resource version ${JSON.stringify(text)}`)
  const refuse = (detail: string): Refusal =>
    new Refusal(invalidStatus(kind, '', [forbidden(['resourceVersionMatch'], detail)]))
  if (match !== '' && text === '') {
    throw refuse('resourceVersionMatch is forbidden unless resourceVersion is provided')
  }
  if (match === 'Exact' && text === '0')
    throw refuse('resourceVersionMatch "exact" is forbidden for resourceVersion "0"')
  if (!['', 'Exact', 'NotOlderThan'].includes(match)) throw refuse(`unknown value ${JSON.stringify(match)}`)
  if (Number(text) > current) throw versionTooLarge(Number(text), current)
  return match === 'Exact' ? Number(text) : current
}

function readLimit(text: string | null): number {
  if (text === null || text === '' || text === '0') return Number.POSITIVE_INFINITY
  if (!/^\d{1,9}$/.test(text)) throw badRequest(`limit ${JSON.stringify(text)} is not a number`)
  return Number(text)
}

function encode({ version, start }: Continue): string {
  return Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', rv: version, start })).toString('base64url')
}

function readContinue(text: string | null): Continue | undefined {
  if (text === null || text === '') return undefined
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString())
    const { rv, start } = isRecord(value) ? value : {}
    if (Number.isSafeInteger(rv) && typeof start === 'string') return { version: Number(rv), start }
  } catch {
    // No JSON: the same as one without the two fields.
  }
  throw badRequest('continue key is not valid')
}
