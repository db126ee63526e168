/** get, list and watch. */
import type { AnyObject } from '../../api/kinds.ts'
import { notFoundStatus } from '../../api/status.ts'
import { get, type Snapshot } from '../../model/snapshot.ts'
import type { ApiContext, ApiRequest } from './context.ts'
import { Refusal } from './failures.ts'
import { listPage } from './list.ts'
import { formOf, representation, type Representation } from './representation.ts'
import type { ResourcePath } from './request-path.ts'
import { sendJSON } from './respond.ts'
import { selection } from './selection.ts'
import { serveWatch } from './watch.ts'

export function keyOf({ namespace, name = '' }: ResourcePath): string {
  return namespace === undefined ? name : `${namespace}/${name}`
}

/** The stored object of a path; throws a Refusal where there is none. */
export function storedObject(snapshot: Snapshot, path: ResourcePath): AnyObject {
  const found: AnyObject | undefined = get(snapshot, path.kind, keyOf(path))
  if (found === undefined) throw new Refusal(notFoundStatus(path.kind, path.name ?? ''))
  return found
}

export function representationFor({ path, request, query }: ApiRequest, { now }: ApiContext): Representation {
  return representation(formOf(request.headers.accept ?? ''), query.get('includeObject'), now(), path.version)
}

export function serveRead(context: ApiContext, request: ApiRequest): void {
  const { path, query, response } = request
  const shown = representationFor(request, context)
  const isWatch = query.get('watch') === 'true' || query.get('watch') === '1'
  if (path.name !== undefined && !isWatch) {
    return sendJSON(response, 200, shown.one(storedObject(context.store.snapshot(), path)))
  }
  const matches = selection(path.kind, query, path.namespace, path.name)
  if (isWatch) {
    const watch = { kind: path.kind, matches, query, representation: shown }
    return serveWatch(watch, context.store.snapshot, context.history, response)
  }
  const list = { kind: path.kind, matches, query, ...(path.namespace !== undefined && { namespace: path.namespace }) }
  const { objects, metadata } = listPage(context.store.snapshot(), context.history, list)
  sendJSON(response, 200, shown.list(path.kind, objects, metadata))
}
