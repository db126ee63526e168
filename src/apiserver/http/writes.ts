/** create, update, patch, delete and deletecollection. */
import { setDefaultsSecret } from '../../api/config-defaults.ts'
import { decodeType, isRecord } from '../../api/decode.ts'
import { fieldErrorMessage } from '../../api/field-error.ts'
import { KINDS, type AnyObject } from '../../api/kinds.ts'
import { get, list } from '../../model/snapshot.ts'
import type { WriteResult } from '../registry.ts'
import { managerName, trackUpdate } from './apply/managed-fields.ts'
import { serverSideApply } from './apply/server-side-apply.ts'
import { parseJSON, readBody, readObjectBody } from './body.ts'
import type { ApiContext, ApiRequest } from './context.ts'
import { deleteWithOptions, readDeleteOptions } from './delete.ts'
import { badRequest, methodNotAllowed } from './failures.ts'
import type { OtherVersion } from './other-versions.ts'
import type { ResourcePath } from './request-path.ts'
import { groupVersionOf } from './resource-names.ts'
import { isApply, patched } from './patch.ts'
import { keyOf, representationFor } from './reads.ts'
import { sendJSON, sendResult } from './respond.ts'
import { selection } from './selection.ts'
import { fieldValidationOf, unknownFields, withoutUnknownFields } from './unknown-fields.ts'

/** An object of a request, without what Kubernetes does not know, and the warnings about that. */
export interface CheckedObject {
  readonly object: AnyObject
  readonly warnings: readonly string[]
}

export function isDryRun(query: URLSearchParams): boolean {
  const values = query.getAll('dryRun').filter((value) => value !== '')
  if (values.some((value) => value !== 'All')) {
    throw badRequest(`Invalid value: ${JSON.stringify(values)}: supported values: "All"`)
  }
  return values.length > 0
}

/** Throws a Refusal where kind, name or namespace are not those of the path, or where unknown fields are refused. */
export function checkedObject({ path, query }: ApiRequest, body: unknown): CheckedObject {
  const { kind, namespace, name, version } = path
  if (!isRecord(body)) throw badRequest('the body of the request must be an object')
  const expected = version?.apiVersion ?? KINDS[kind].apiVersion
  const { apiVersion = expected, kind: given = kind } = body
  if (given !== kind || apiVersion !== expected) {
    const [givenText, wanted] = [`${String(apiVersion)}, Kind=${String(given)}`, `${expected}, Kind=${kind}`]
    throw badRequest(`the object provided is unrecognized (must be of type ${kind}): ${givenText} is not ${wanted}`)
  }
  const metadata = isRecord(body['metadata']) ? body['metadata'] : {}
  if (name !== undefined && (metadata['name'] ?? name) !== name) {
    throw badRequest(
      `the name of the object (${String(metadata['name'])}) does not match the name on the URL (${name})`,
    )
  }
  const placed = {
    ...metadata,
    ...(name === undefined ? {} : { name }),
    ...(namespace === undefined || (metadata['namespace'] ?? '') !== '' ? {} : { namespace }),
  }
  const object = { ...body, apiVersion, kind, metadata: placed }
  const type = version?.type ?? kind
  const warnings = checkFields(path, object, query)
  const known = withoutUnknownFields(type, object)
  // The registry checks the types of all fields before it believes them.
  return { object: (version === undefined ? known : storedForm(version, known)) as AnyObject, warnings }
}

function storedForm(version: OtherVersion, value: unknown): unknown {
  const decoded = isRecord(value) ? decodeType(version.type, value) : { errors: [] }
  if ('object' in decoded) return version.read(decoded.object)
  const { kind, apiVersion } = version
  const why = decoded.errors.map(fieldErrorMessage).join(', ')
  throw badRequest(`${kind} in version ${JSON.stringify(apiVersion)} cannot be handled as a ${kind}: ${why}`)
}

function checkFields({ kind, version }: ResourcePath, object: unknown, query: URLSearchParams): readonly string[] {
  const validation = fieldValidationOf(query)
  if (validation === 'Ignore') return []
  const unknown = unknownFields(version?.type ?? kind, object).map((field) => `unknown field ${JSON.stringify(field)}`)
  if (validation === 'Warn' || unknown.length === 0) return unknown
  const shown = version?.apiVersion.replace(/^.*\//, '') ?? groupVersionOf(kind).version
  const why = `strict decoding error: ${unknown.join(', ')}`
  throw badRequest(`${kind} in version ${JSON.stringify(shown)} cannot be handled as a ${kind}: ${why}`)
}

function optionsOf({ path, query }: ApiRequest): { readonly dryRun: boolean; readonly namespace?: string } {
  return { dryRun: isDryRun(query), ...(path.namespace === undefined ? {} : { namespace: path.namespace }) }
}

export async function serveCreate(context: ApiContext, request: ApiRequest): Promise<void> {
  if (KINDS[request.path.kind].namespaced && request.path.namespace === undefined) throw methodNotAllowed()
  const { object, warnings } = checkedObject(request, await readObjectBody(request.request))
  answer(
    context,
    request,
    context.registry.create(tracked(context, request, undefined, object), optionsOf(request)),
    warnings,
  )
}

export async function serveUpdate(context: ApiContext, request: ApiRequest): Promise<void> {
  write(context, request, checkedObject(request, await readObjectBody(request.request)))
}

export async function servePatch(context: ApiContext, request: ApiRequest): Promise<void> {
  if (isApply(request.request)) return serveApply(context, request)
  write(context, request, checkedObject(request, await patched(context, request)))
}

function write(context: ApiContext, request: ApiRequest, { object, warnings }: CheckedObject): void {
  const before: AnyObject | undefined = get(context.store.snapshot(), object.kind, keyOf(request.path))
  const written = tracked(context, request, before, object)
  answer(context, request, context.registry.update(written, optionsOf(request)), warnings)
}

/** JSON is YAML too, and what kubectl and client-go send. */
async function serveApply(context: ApiContext, request: ApiRequest): Promise<void> {
  const { path, query, request: message } = request
  const manager = query.get('fieldManager') ?? ''
  if (manager === '') throw badRequest('fieldManager is required for apply patch')
  const { object: applied, warnings } = checkedObject(request, parseJSON(await readBody(message)))
  const live: AnyObject | undefined = get(context.store.snapshot(), path.kind, keyOf(path))
  const force = query.get('force') === 'true'
  const object = serverSideApply({ kind: path.kind, applied, live, manager, force, now: context.now() })
  const { registry } = context
  const result =
    live === undefined ? registry.create(object, optionsOf(request)) : registry.update(object, optionsOf(request))
  answer(context, request, result, warnings)
}

function tracked(
  context: ApiContext,
  { query, request }: ApiRequest,
  before: AnyObject | undefined,
  after: AnyObject,
): AnyObject {
  // What a client writes as text it owns as data.
  const kept = after.kind === 'Secret' ? setDefaultsSecret(after) : after
  return trackUpdate(before, kept, managerName(query, request.headers['user-agent'] ?? ''), context.now())
}

function answer(
  context: ApiContext,
  request: ApiRequest,
  result: WriteResult<AnyObject>,
  warnings: readonly string[],
): void {
  sendResult(request.response, result, representationFor(request, context).one, warnings)
}

export async function serveDelete(context: ApiContext, request: ApiRequest): Promise<void> {
  const options = readDeleteOptions(await readObjectBody(request.request), request.query)
  const result = deleteWithOptions(context, request.path, options)
  sendResult(request.response, result, representationFor(request, context).one)
}

export async function serveDeleteCollection(context: ApiContext, request: ApiRequest): Promise<void> {
  const { path, query, response } = request
  const options = readDeleteOptions(await readObjectBody(request.request), query)
  const snapshot = context.store.snapshot()
  const all: readonly AnyObject[] = list(snapshot, path.kind)
  const chosen = all.filter(selection(path.kind, query, path.namespace))
  for (const { metadata } of chosen) {
    const { namespace, name } = metadata
    deleteWithOptions(context, { kind: path.kind, name, ...(namespace === undefined ? {} : { namespace }) }, options)
  }
  const metadata = { resourceVersion: String(context.store.snapshot().resourceVersion) }
  sendJSON(response, 200, representationFor(request, context).list(path.kind, chosen, metadata))
}
