/** create, update, patch and delete of events, as controllers and the service proxies of other nodes tell them. */
import { randomBytes } from 'node:crypto'
import { isRecord } from '../../../api/decode.ts'
import { mergePatch } from '../../../api/merge-patch.ts'
import { timestamp } from '../../../lib/clock.ts'
import { contentTypeOf, parseJSON, readBody, readObjectBody } from '../body.ts'
import { badRequest, failureStatus, methodNotAllowed, Refusal, unsupportedMediaType } from '../failures.ts'
import { applyJSONPatch } from '../json-patch.ts'
import { sendJSON } from '../respond.ts'
import type { Event, EventRecorder } from './recorder.ts'
import type { EventsCall } from './serve.ts'

export async function writeEvents(recorder: EventRecorder, now: number, call: EventsCall): Promise<void> {
  const { path, request, response } = call
  const { namespace, name } = path
  if (namespace === undefined) throw methodNotAllowed()
  if (name === undefined) {
    if (request.method === 'DELETE') return deleteAll(recorder, call)
    if (request.method !== 'POST') throw methodNotAllowed()
    const event = checkedEvent(await readObjectBody(request), namespace, undefined, now)
    if (find(recorder, namespace, event.metadata.name) !== undefined) throw exists(event.metadata.name)
    return sendJSON(response, 201, recorder.write(event))
  }
  const stored = find(recorder, namespace, name)
  if (stored === undefined) throw noSuchEvent(name)
  switch (request.method) {
    case 'PUT':
      return sendJSON(response, 200, recorder.write(checkedEvent(await readObjectBody(request), namespace, name, now)))
    case 'PATCH':
      return sendJSON(response, 200, recorder.write(checkedEvent(await patched(call, stored), namespace, name, now)))
    case 'DELETE':
      recorder.remove(stored)
      return sendJSON(response, 200, SUCCESS)
    default:
      throw methodNotAllowed()
  }
}

export function noSuchEvent(name: string): Refusal {
  const message = `events ${JSON.stringify(name)} not found`
  return new Refusal(failureStatus(404, 'NotFound', message, { name, kind: 'events' }))
}

function exists(name: string): Refusal {
  const message = `events ${JSON.stringify(name)} already exists`
  return new Refusal(failureStatus(409, 'AlreadyExists', message, { name, kind: 'events' }))
}

function find(recorder: EventRecorder, namespace: string, name: string): Event | undefined {
  return recorder.list().find(({ metadata }) => metadata.namespace === namespace && metadata.name === name)
}

function deleteAll(recorder: EventRecorder, { path, response }: EventsCall): void {
  for (const event of recorder.list()) if (event.metadata.namespace === path.namespace) recorder.remove(event)
  sendJSON(response, 200, SUCCESS)
}

const SUCCESS = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success' }

/** An event has no lists that the strategic patch would merge in another way. */
async function patched({ request }: EventsCall, stored: Event): Promise<unknown> {
  const patch = parseJSON(await readBody(request))
  const type = contentTypeOf(request)
  const [json, merge, strategic] = ['json', 'merge', 'strategic-merge'].map((word) => `application/${word}-patch+json`)
  if (type === json) return applyJSONPatch(stored, patch)
  if (type === merge || type === strategic) return mergePatch(stored, patch)
  throw unsupportedMediaType(type, [json, merge, strategic].map(String))
}

/** What Kubernetes asks of an event: it lies beside what it is about. */
function checkedEvent(body: unknown, namespace: string, name: string | undefined, now: number): Event {
  if (!isRecord(body)) throw badRequest('the body of the request must be an object')
  const metadata = isRecord(body['metadata']) ? body['metadata'] : {}
  const object = isRecord(body['involvedObject']) ? body['involvedObject'] : {}
  const { generateName } = metadata
  const generated = typeof generateName === 'string' ? `${generateName}${randomBytes(4).toString('hex')}` : undefined
  const given = metadata['name'] ?? name ?? generated
  if (typeof given !== 'string' || given === '') throw badRequest('name or generateName is required')
  if (name !== undefined && given !== name) {
    throw badRequest(`the name of the object (${given}) does not match the name on the URL (${name})`)
  }
  if ((metadata['namespace'] ?? namespace) !== namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request')
  }
  const about = object['namespace'] ?? ''
  if (about !== namespace && !(about === '' && namespace === 'default')) {
    const why = `involvedObject.namespace: Invalid value: ${JSON.stringify(about)}: does not match event.namespace`
    throw new Refusal(failureStatus(422, 'Invalid', `Event ${JSON.stringify(given)} is invalid: ${why}`))
  }
  const text = (value: unknown, otherwise: string): string => (typeof value === 'string' ? value : otherwise)
  const time = text(body['eventTime'], timestamp(now))
  const first = text(body['firstTimestamp'], time)
  return {
    ...body,
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { ...metadata, namespace, name: given, uid: '', resourceVersion: '', creationTimestamp: '' },
    involvedObject: { ...object, kind: text(object['kind'], ''), name: text(object['name'], '') },
    type: body['type'] === 'Warning' ? 'Warning' : 'Normal',
    reason: text(body['reason'], ''),
    message: text(body['message'], ''),
    source: isRecord(body['source']) ? body['source'] : {},
    firstTimestamp: first,
    lastTimestamp: text(body['lastTimestamp'], first),
    count: typeof body['count'] === 'number' ? body['count'] : 1,
  } as Event
}
