/** From a request that may come in to its answer. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { KUBERNETES_VERSION } from '../../api/version.ts'
import type { ApiContext, ApiRequest } from './context.ts'
import { parseEventsPath, serveEvents } from './events/serve.ts'
import { discover, REVIEWS } from './discovery.ts'
import { failureStatus, methodNotAllowed, notImplemented, noSuchPath, Refusal } from './failures.ts'
import { serveLogs } from './logs.ts'
import { openApiDocument } from './openapi.ts'
import { serveRead } from './reads.ts'
import { parseResourcePath } from './request-path.ts'
import { RESOURCE_NAMES } from './resource-names.ts'
import { sendJSON, sendStatus } from './respond.ts'
import { serveReview } from './reviews.ts'
import { serveBinding, serveEviction, serveScale, serveStatus } from './subresources.ts'
import { serveCreate, serveDelete, serveDeleteCollection, servePatch, serveUpdate } from './writes.ts'

/** Answers; never rejects. */
export async function serve(context: ApiContext, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    await dispatch(context, request, response)
  } catch (error) {
    const status =
      error instanceof Refusal
        ? error.status
        : failureStatus(
            500,
            'InternalError',
            `Internal error occurred: ${error instanceof Error ? error.message : String(error)}`,
          )
    if (!response.headersSent) sendStatus(response, status)
    else response.destroy()
  }
}

async function dispatch(context: ApiContext, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = parseURL(request.url ?? '/')
  if (serveStatic(url.pathname, request, response)) return
  const review = REVIEWS.find(({ group, version, plural }) => url.pathname === `/apis/${group}/${version}/${plural}`)
  if (review !== undefined) return serveReview(request, response)
  const events = parseEventsPath(url.pathname)
  if (events !== undefined) {
    return serveEvents(context.events, context.now(), { path: events, query: url.searchParams, request, response })
  }
  const path = parseResourcePath(url.pathname)
  if (path === undefined) throw noSuchPath()
  const call = { path, query: url.searchParams, request, response }
  return path.subresource === undefined ? serveResource(context, call) : serveSubresource(context, call)
}

function parseURL(text: string): URL {
  try {
    return new URL(text, 'https://kubernetes')
  } catch {
    throw noSuchPath()
  }
}

/** Health, version, discovery and OpenAPI: whether the path was one of them. */
function serveStatic(pathname: string, request: IncomingMessage, response: ServerResponse): boolean {
  if (pathname === '/openapi/v2' && request.headers.accept?.includes('protobuf') === true) throw olderKubectl()
  const answer = staticAnswer(pathname, request.headers.accept ?? '')
  if (answer === undefined) return false
  if (request.method !== 'GET' && request.method !== 'HEAD') throw methodNotAllowed()
  if (typeof answer.body === 'string') {
    response.writeHead(200, { 'content-type': answer.contentType }).end(answer.body)
  } else sendJSON(response, 200, answer.body, { 'content-type': answer.contentType })
  return true
}

/** The only form in which kubectl 1.28 and older read the types before they apply. */
function olderKubectl(): Refusal {
  const message = 'kubectl 1.28 and older: use --validate=false, or kubectl 1.29 or later'
  return new Refusal(failureStatus(406, 'NotAcceptable', message))
}

function staticAnswer(
  pathname: string,
  accept: string,
): { readonly contentType: string; readonly body: unknown } | undefined {
  if (/^\/(healthz|livez|readyz)(\/[\w-]+)?$/.test(pathname)) return { contentType: 'text/plain', body: 'ok' }
  if (pathname === '/version') return { contentType: 'application/json', body: versionInfo() }
  const document = openApiDocument(pathname)
  if (document !== undefined) return { contentType: 'application/json', body: document }
  return discover(pathname, accept)
}

function versionInfo(): unknown {
  const { version, arch } = process
  const built = { gitCommit: '', gitTreeState: 'clean', buildDate: '1970-01-01T00:00:00Z' }
  const platform = `linux/${arch === 'x64' ? 'amd64' : arch}`
  const [major = '', minor = ''] = KUBERNETES_VERSION.slice(1).split('.')
  return {
    major,
    minor,
    gitVersion: `${KUBERNETES_VERSION}+portolan`,
    ...built,
    goVersion: `node ${version}`,
    compiler: 'portolan',
    platform,
  }
}

function serveResource(context: ApiContext, call: ApiRequest): Promise<void> | void {
  const isOne = call.path.name !== undefined
  switch (call.request.method) {
    case 'GET':
    case 'HEAD':
      return serveRead(context, call)
    case 'POST':
      if (isOne) throw methodNotAllowed()
      return serveCreate(context, call)
    case 'PUT':
      if (!isOne) throw methodNotAllowed()
      return serveUpdate(context, call)
    case 'PATCH':
      if (!isOne) throw methodNotAllowed()
      return servePatch(context, call)
    case 'DELETE':
      return isOne ? serveDelete(context, call) : serveDeleteCollection(context, call)
    default:
      throw methodNotAllowed()
  }
}

const SUBRESOURCES: Readonly<Record<string, (context: ApiContext, call: ApiRequest) => Promise<void>>> = {
  status: serveStatus,
  scale: serveScale,
  log: serveLogs,
  binding: serveBinding,
  eviction: serveEviction,
}

const STREAMS = ['exec', 'attach', 'portforward']

function serveSubresource(context: ApiContext, call: ApiRequest): Promise<void> {
  const { kind, subresource = '' } = call.path
  if (kind === 'Pod' && subresource === 'ephemeralcontainers') {
    throw notImplemented(
      'ephemeral containers are not there: "portolan run --from pod/NAME" runs a program of the host in a Pod\'s network',
    )
  }
  if (!RESOURCE_NAMES[kind].subresources.includes(subresource)) throw noSuchPath()
  if (STREAMS.includes(subresource)) {
    throw new Refusal(failureStatus(400, 'BadRequest', 'Upgrade request required'))
  }
  const handler = SUBRESOURCES[subresource]
  if (handler === undefined) throw noSuchPath()
  return handler(context, call)
}
