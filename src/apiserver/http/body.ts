/** Bodies of requests: read up to a limit, then JSON or protobuf. */
import type { IncomingMessage } from 'node:http'
import { badRequest, failureStatus, Refusal, unsupportedMediaType } from './failures.ts'
import { decodeProtobuf } from './protobuf/decode.ts'

/** As Kubernetes' own limit. */
const MAXIMUM_BODY = 3 * 1024 * 1024
const JSON_TYPE = 'application/json'
const PROTOBUF_TYPE = 'application/vnd.kubernetes.protobuf'

export function contentTypeOf(request: IncomingMessage): string {
  return (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
}

/** Rejects with a Refusal where the body is longer than the server takes. */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request) {
    size += (chunk as Buffer).length
    if (size > MAXIMUM_BODY) {
      throw new Refusal(
        failureStatus(413, 'RequestEntityTooLarge', `Request entity too large: limit is ${MAXIMUM_BODY}`),
      )
    }
    chunks.push(chunk as Buffer)
  }
  return Buffer.concat(chunks)
}

/** The object of a create, an update or a delete; undefined where the body is empty. */
export async function readObjectBody(request: IncomingMessage): Promise<unknown> {
  const body = await readBody(request)
  if (body.length === 0) return undefined
  const type = contentTypeOf(request)
  if (type === PROTOBUF_TYPE) return decodeProtobuf(body)
  if (type === JSON_TYPE || type === '' || type === '*/*') return parseJSON(body)
  throw unsupportedMediaType(type, [JSON_TYPE, PROTOBUF_TYPE])
}

export function parseJSON(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8')) as unknown
  } catch (error) {
    throw badRequest(`the body is not JSON: ${error instanceof Error ? error.message : String(error)}`)
  }
}
