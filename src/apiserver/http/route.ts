/** From a request that may come in to its answer. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { KUBERNETES_VERSION } from '../../api/version.ts'
import { PROMETHEUS_CONTENT_TYPE } from '../../lib/prometheus.ts'
import type { ApiContext, ApiRequest } from './context.ts'
import { parseEventsPath, serveEvents } from './events/serve.ts'
import { discover } from './discovery.ts'
import { serveEmpty } from './empty-lists.ts'
import { failureStatus, methodNotAllowed, notImplemented, noSuchPath, notServed, Refusal } from './failures.ts'
import { serveLogs } from './logs.ts'
import { openApiDocument, openApiV2, OPENAPI_V2_PROTOBUF } from './openapi.ts'
import { parseProxyPath } from './proxy/proxy-path.ts'
import { serveProxy } from './proxy/serve-proxy.ts'
import { serveRead } from './reads.ts'
import { parseResourcePath } from './request-path.ts'
import { parseMetricsPath, serveMetrics } from './resource-metrics.ts'
import { RESOURCE_NAMES } from './resource-names.ts'
import { sendJSON, sendStatus } from './respond.ts'
import { findReview, serveReview } from './reviews.ts'
import { serveBinding, serveEviction, serveScale, serveStatus } from './subresources.ts'
import type { UserInfo } from './tokens/authenticate.ts'
import { serveTokenRequest } from './tokens/token-request.ts'
import { serveCreate, serveDelete, serveDeleteCollection, servePatch, serveUpdate } from './writes.ts'

/** Answers; never rejects. */
export async function serve(
  context: ApiContext,
  user: UserInfo,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    await dispatch(context, user, request, response)
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

async function dispatch(
  context: ApiContext,
  user: UserInfo,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const proxied = parseProxyPath(request.url ?? '/')
  if (proxied !== undefined) return serveProxy(context, proxied, request, response)
  const url = parseURL(request.url ?? '/')
  if (serveStatic(url.pathname, request, response)) return
  if (url.pathname === '/metrics' && request.method === 'GET') {
    const text = await context.metrics()
    response.writeHead(200, { 'content-type': PROMETHEUS_CONTENT_TYPE }).end(text)
    return
  }
  const review = findReview(url.pathname)
  if (review !== undefined) return serveReview(review, { user, authenticate: context.authenticate }, request, response)
  const events = parseEventsPath(url.pathname)
  if (events !== undefined) {
    return serveEvents(context.events, context.now(), { path: events, query: url.searchParams, request, response })
  }
  const metrics = parseMetricsPath(url.pathname)
  if (metrics !== undefined) {
    return serveMetrics(context, { path: metrics, query: url.searchParams, request, response })
  }
  if (serveEmpty(url, context.store.snapshot().resourceVersion, request, response)) return
  const path = parseResourcePath(url.pathname)
  if (path === undefined) throw notServed(url.pathname)
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
  const answer = staticAnswer(pathname, request.headers.accept ?? '')
  if (answer === undefined) return false
  if (request.method !== 'GET' && request.method !== 'HEAD') throw methodNotAllowed()
  if (typeof answer.body === 'string' || Buffer.isBuffer(answer.body)) {
    response.writeHead(200, { 'content-type': answer.contentType }).end(answer.body)
  } else sendJSON(response, 200, answer.body, { 'content-type': answer.contentType })
  return true
}

function staticAnswer(
  pathname: string,
  accept: string,
): { readonly contentType: string; readonly body: unknown } | undefined {
  if (/^\/(healthz|livez|readyz)(\/[\w-]+)?$/.test(pathname)) return { contentType: 'text/plain', body: 'ok' }
  if (pathname === '/version') return { contentType: 'application/json', body: versionInfo() }
  if (pathname === '/openapi/v2' && accept.includes(OPENAPI_V2_PROTOBUF)) {
    // Go's mime package takes no `@` in a type that it reads.
    return { contentType: OPENAPI_V2_PROTOBUF.replace('@', '.'), body: openApiV2() }
  }
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
  token: serveTokenRequest,
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
