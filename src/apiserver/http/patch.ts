/** The object that a patch makes of the stored one. */
import type { IncomingMessage } from 'node:http'
import { mergePatch } from '../../api/merge-patch.ts'
import { contentTypeOf, parseJSON, readBody } from './body.ts'
import type { ApiContext, ApiRequest } from './context.ts'
import { unsupportedMediaType } from './failures.ts'
import { applyJSONPatch } from './json-patch.ts'
import { storedObject } from './reads.ts'
import { strategicMerge } from './strategic-merge.ts'

const [JSON_PATCH, MERGE, STRATEGIC, APPLY] = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
  'application/apply-patch+yaml',
]

export function isApply(request: IncomingMessage): boolean {
  return contentTypeOf(request) === APPLY
}

/** Throws a Refusal where there is no such object, or where the patch cannot be applied. */
export async function patched(context: ApiContext, { path, request }: ApiRequest): Promise<unknown> {
  const body = parseJSON(await readBody(request))
  const stored = storedObject(context.store.snapshot(), path)
  const { kind, version } = path
  return applyPatch(contentTypeOf(request), version?.type ?? kind, version?.show(stored) ?? stored, body)
}

/** `document` is the object, or for /scale its Scale; `typeName` is for `fieldsOf`. */
export function applyPatch(type: string, typeName: string, document: unknown, patch: unknown): unknown {
  switch (type) {
    case JSON_PATCH:
      return applyJSONPatch(document, patch)
    case MERGE:
      return mergePatch(document, patch)
    case STRATEGIC:
      return strategicMerge(typeName, document, patch)
    default:
      throw unsupportedMediaType(type, [JSON_PATCH, MERGE, STRATEGIC, APPLY])
  }
}
