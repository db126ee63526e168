/** `GET ?watch=true`: one line of JSON for each event, for as long as the client listens. */
import type { ServerResponse } from 'node:http'
import { forbidden } from '../../api/field-error.ts'
import { KINDS, type AnyObject, type Kind } from '../../api/kinds.ts'
import { invalidStatus } from '../../api/status.ts'
import type { Snapshot } from '../../model/snapshot.ts'
import { badRequest, expired, Refusal } from './failures.ts'
import { watchLine, writeEvent, type WatchLine } from './respond.ts'
import type { Representation } from './representation.ts'
import type { Matches } from './selection.ts'
import type { VersionedEvent, WatchHistory } from './watch-history.ts'

export interface WatchRequest {
  readonly kind: Kind
  readonly matches: Matches
  readonly query: URLSearchParams
  readonly representation: Representation
}

/** How often a watch that allows bookmarks gets one, in milliseconds. */
const BOOKMARK_INTERVAL = 60_000
/** Without `timeoutSeconds`: half an hour, as Kubernetes does at least. */
const DEFAULT_TIMEOUT = 1800
const LONGEST_TIMEOUT = 24 * 60 * 60

/** Answers until the client leaves, its time is over, or it is too slow. Throws a Refusal before anything is sent. */
export function serveWatch(
  request: WatchRequest,
  current: () => Snapshot,
  history: WatchHistory,
  response: ServerResponse,
): void {
  const snapshot = current()
  const start = startOf(request, snapshot)
  const seconds = readTimeout(request.query.get('timeoutSeconds'))
  const stream = eventStream(request, response)
  response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-cache, private' })
  // Node holds headers back until there is a body, and client-go waits for them.
  response.flushHeaders()
  // A version that was never given is one of another life of the network: the client has to list as well.
  const isKnown = start.version === undefined || start.version <= snapshot.resourceVersion
  const missed = start.version === undefined ? [] : isKnown ? history.since(start.version) : undefined
  if (missed === undefined) {
    const message = `too old resource version: ${start.version} (${history.oldest()})`
    stream.write('ERROR', expired(message))
    response.end()
    return
  }
  if (start.version === undefined) for (const object of snapshot.objects[request.kind].values()) stream.existing(object)
  if (start.isList) stream.bookmark(snapshot.resourceVersion, true)
  for (const event of missed) stream.event(event)
  keepOpen(request, seconds, history, response, stream, () => current().resourceVersion)
}

function keepOpen(
  { query }: WatchRequest,
  seconds: number,
  history: WatchHistory,
  response: ServerResponse,
  stream: EventStream,
  latest: () => number,
): void {
  const stop = history.follow(stream.event)
  const wantsBookmarks = query.get('allowWatchBookmarks') === 'true'
  const timeout = setTimeout(() => {
    // So that the next watch starts from here, and not where the last event was.
    if (wantsBookmarks) stream.bookmark(latest(), false)
    response.end()
  }, seconds * 1000)
  const bookmarks = wantsBookmarks ? setInterval(() => stream.bookmark(latest(), false), BOOKMARK_INTERVAL) : undefined
  for (const timer of [timeout, bookmarks]) timer?.unref()
  response.once('close', () => {
    stop()
    clearTimeout(timeout)
    clearInterval(bookmarks)
  })
}

interface Start {
  /** Events after this one; undefined: what exists first. */
  readonly version: number | undefined
  /** The client waits for the bookmark that ends the list. */
  readonly isList: boolean
}

function startOf({ kind, query }: WatchRequest, snapshot: Snapshot): Start {
  const text = query.get('resourceVersion') ?? ''
  if (!/^\d{0,15}$/.test(text)) {
    throw badRequest(`invalid resource version ${JSON.stringify(text)}`)
  }
  const initial = query.get('sendInitialEvents')
  const match = query.get('resourceVersionMatch')
  if (initial !== null && match !== 'NotOlderThan') {
    throw refused(kind, 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan')
  }
  if (initial === null && match !== null) {
    throw refused(kind, 'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided')
  }
  if (initial === 'true') return { version: undefined, isList: query.get('allowWatchBookmarks') === 'true' }
  if (initial === 'false' && text === '') return { version: snapshot.resourceVersion, isList: false }
  return { version: text === '' || text === '0' ? undefined : Number(text), isList: false }
}

function refused(kind: Kind, detail: string): Refusal {
  return new Refusal(invalidStatus(kind, '', [forbidden(['resourceVersionMatch'], detail)]))
}

interface EventStream {
  write(type: string, object: unknown): void
  existing(object: AnyObject): void
  event(this: void, event: VersionedEvent): void
  bookmark(version: number, endsList: boolean): void
}

function eventStream({ kind, matches, representation }: WatchRequest, response: ServerResponse): EventStream {
  const show = representation.watched()
  const write = (type: string, object: unknown): void => writeEvent(response, watchLine(type, object))
  return {
    write,
    existing: (object) => (matches(object) ? write('ADDED', show(object)) : undefined),
    event({ event, shared }) {
      const { type, object, previous } = event
      if (object.kind !== kind) return
      const now = type !== 'DELETED' && matches(object)
      const before = previous !== undefined && matches(previous)
      if (!now && !before) return
      const shown = now ? (before ? 'MODIFIED' : 'ADDED') : 'DELETED'
      const make = (): WatchLine => watchLine(shown, show(now ? object : goneObject(event)))
      const { form, version } = representation
      writeEvent(response, form === 'table' ? make() : shared(`${form} ${version?.apiVersion ?? ''} ${shown}`, make))
    },
    bookmark(version, endsList) {
      const annotations = endsList ? { annotations: { 'k8s.io/initial-events-end': 'true' } } : {}
      const metadata = { resourceVersion: String(version), creationTimestamp: null, ...annotations }
      write('BOOKMARK', { kind, apiVersion: representation.version?.apiVersion ?? KINDS[kind].apiVersion, metadata })
    },
  }
}

/** With the version of the event: a watch that goes on from here must not see it again. */
function goneObject({ object, previous = object }: VersionedEvent['event']): AnyObject {
  return { ...previous, metadata: { ...previous.metadata, ...versionOf(object) } }
}

function versionOf({ metadata: { resourceVersion } }: AnyObject): { readonly resourceVersion?: string } {
  return resourceVersion === undefined ? {} : { resourceVersion }
}

function readTimeout(text: string | null): number {
  if (text === null || text === '' || text === '0') return DEFAULT_TIMEOUT
  if (!/^\d{1,9}$/.test(text)) throw badRequest(`timeoutSeconds ${JSON.stringify(text)} is not a number`)
  return Math.min(Number(text), LONGEST_TIMEOUT)
}
