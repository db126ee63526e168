/** SelfSubjectAccessReview: whoever has the token may do everything. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { isRecord } from '../../api/decode.ts'
import { readObjectBody } from './body.ts'
import { badRequest, methodNotAllowed } from './failures.ts'
import { sendJSON } from './respond.ts'

export async function serveReview(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method !== 'POST') throw methodNotAllowed()
  const review = await readObjectBody(request)
  if (!isRecord(review)) throw badRequest('the body of the request must be an object')
  const status = { allowed: true, reason: 'whoever has the token of this network may do everything' }
  sendJSON(response, 201, { metadata: {}, ...review, status })
}
