/** get, list and watch of events. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { badRequest } from '../failures.ts'
import { ageOf, columns, type Cell, type Column } from '../printers/printer.ts'
import { formOf } from '../representation.ts'
import { sendJSON, watchLine, writeEvent } from '../respond.ts'
import type { Event, EventRecorder } from './recorder.ts'
import { noSuchEvent, writeEvents } from './write.ts'

export interface EventsPath {
  readonly namespace?: string
  readonly name?: string
}

/** `/api/v1/events` and `/api/v1/namespaces/NS/events[/NAME]`. */
export function parseEventsPath(pathname: string): EventsPath | undefined {
  if (pathname === '/api/v1/events') return {}
  const [, namespace, name] = /^\/api\/v1\/namespaces\/([\w.-]+)\/events(?:\/([\w.-]+))?\/?$/.exec(pathname) ?? []
  if (namespace === undefined) return undefined
  return { namespace, ...(name !== undefined && { name }) }
}

export interface EventsCall {
  readonly path: EventsPath
  readonly query: URLSearchParams
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

const LONGEST_WATCH = 1800

export async function serveEvents(recorder: EventRecorder, now: number, call: EventsCall): Promise<void> {
  if (call.request.method === 'GET') return readEvents(recorder, now, call)
  return writeEvents(recorder, now, call)
}

function readEvents(recorder: EventRecorder, now: number, { path, query, request, response }: EventsCall): void {
  const matches = matcher(path, query.get('fieldSelector') ?? '')
  const isTable = formOf(request.headers.accept ?? '') === 'table'
  const withObject = query.get('includeObject') === 'Object'
  const found = recorder.list().filter(matches)
  if (path.name !== undefined) {
    const [event] = found
    if (event === undefined) throw noSuchEvent(path.name)
    return sendJSON(response, 200, isTable ? table([event], '', now, withObject) : event)
  }
  const version = String(recorder.version())
  if (query.get('watch') === 'true' || query.get('watch') === '1') {
    const show = isTable
      ? (event: Event): unknown => table([event], event.metadata.resourceVersion, now, withObject)
      : undefined
    return watch(recorder, { matches, query, response, show: show ?? ((event) => event) })
  }
  const plain = { kind: 'EventList', apiVersion: 'v1', metadata: { resourceVersion: version }, items: found }
  sendJSON(response, 200, isTable ? table(found, version, now, withObject) : plain)
}

interface Watch {
  readonly matches: (event: Event) => boolean
  readonly query: URLSearchParams
  readonly response: ServerResponse
  readonly show: (event: Event) => unknown
}

function watch(recorder: EventRecorder, { matches, query, response, show }: Watch): void {
  const after = Number(query.get('resourceVersion') ?? 0)
  const timeout = Number(query.get('timeoutSeconds') ?? LONGEST_WATCH)
  if (!Number.isInteger(after) || !Number.isInteger(timeout))
    throw badRequest('resourceVersion and timeoutSeconds must be numbers')
  response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-cache, private' })
  response.flushHeaders()
  const write = (type: string, object: unknown): void => writeEvent(response, watchLine(type, object))
  for (const event of recorder.list()) {
    if (Number(event.metadata.resourceVersion) > after && matches(event)) write('ADDED', show(event))
  }
  if (query.get('sendInitialEvents') === 'true') {
    const annotations = { 'k8s.io/initial-events-end': 'true' }
    write('BOOKMARK', {
      kind: 'Event',
      apiVersion: 'v1',
      metadata: { resourceVersion: String(recorder.version()), annotations },
    })
  }
  const stop = recorder.follow((event, change) => (matches(event) ? write(change, show(event)) : undefined))
  const timer = setTimeout(() => response.end(), Math.min(timeout, LONGEST_WATCH) * 1000)
  response.once('close', () => {
    stop()
    clearTimeout(timer)
  })
}

const FIELDS: Readonly<Record<string, (event: Event) => string>> = {
  'metadata.name': ({ metadata }) => metadata.name,
  'metadata.namespace': ({ metadata }) => metadata.namespace,
  'involvedObject.kind': ({ involvedObject }) => involvedObject.kind,
  'involvedObject.namespace': ({ involvedObject }) => involvedObject.namespace,
  'involvedObject.name': ({ involvedObject }) => involvedObject.name,
  'involvedObject.uid': ({ involvedObject }) => involvedObject.uid,
  'involvedObject.apiVersion': ({ involvedObject }) => involvedObject.apiVersion,
  'involvedObject.resourceVersion': () => '',
  'involvedObject.fieldPath': ({ involvedObject }) => involvedObject.fieldPath ?? '',
  reason: ({ reason }) => reason,
  reportingComponent: ({ source }) => source.component ?? '',
  source: ({ source }) => source.component ?? '',
  type: ({ type }) => type,
}

function matcher({ namespace, name }: EventsPath, selector: string): (event: Event) => boolean {
  const terms = selector.split(',').filter((term) => term !== '')
  const tests = terms.map((term) => {
    const [, field = '', operator, value] = /^([^=!]+)(==|=|!=)(.*)$/.exec(term) ?? []
    const read = FIELDS[field]
    if (read === undefined) throw badRequest(`field label not supported: ${field === '' ? term : field}`)
    return (event: Event): boolean => (read(event) === value) === (operator !== '!=')
  })
  return (event) =>
    (namespace === undefined || event.metadata.namespace === namespace) &&
    (name === undefined || event.metadata.name === name) &&
    tests.every((isMet) => isMet(event))
}

/** In kubectl's order: wide columns stand between the others. */
const COLUMNS: readonly Column[] = [
  'Last Seen',
  'Type',
  'Reason',
  'Object',
  '*Subobject',
  '*Source',
  'Message',
  '*First Seen',
  '*Count',
  '*Name',
].flatMap((name) => (name.startsWith('*') ? columns([], [name.slice(1)]) : columns([name])))

function cells(event: Event, now: number): readonly Cell[] {
  const { involvedObject: object, source } = event
  return [
    ageOf(event.lastTimestamp, now),
    event.type,
    event.reason,
    `${object.kind.toLowerCase()}/${object.name}`,
    object.fieldPath ?? '',
    [source.component, source.host].filter(Boolean).join(', '),
    event.message,
    ageOf(event.firstTimestamp, now),
    event.count,
    event.metadata.name,
  ]
}

function table(events: readonly Event[], resourceVersion: string, now: number, withObject: boolean): unknown {
  const rows = events.map((event) => ({
    cells: cells(event, now),
    object: withObject
      ? event
      : { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: event.metadata },
  }))
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata: { resourceVersion },
    columnDefinitions: COLUMNS,
    rows,
  }
}
