/**
 * Kinds that are not there, but that clients list without asking discovery: the end-to-end suite of Kubernetes its
 * ReplicationControllers, kubectl the custom resources before it says that it does not know a kind.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { notImplemented } from './failures.ts'
import { sendJSON } from './respond.ts'

interface EmptyKind {
  readonly kind: string
  readonly apiVersion: string
  readonly path: RegExp
  /** What whoever wants to make one is told. */
  readonly instead: string
}

const EMPTY: readonly EmptyKind[] = [
  {
    kind: 'ReplicationController',
    apiVersion: 'v1',
    path: /^\/api\/v1\/(?:namespaces\/[\w.-]+\/)?replicationcontrollers$/,
    instead: 'ReplicationControllers are not there: use a Deployment',
  },
  {
    kind: 'CustomResourceDefinition',
    apiVersion: 'apiextensions.k8s.io/v1',
    path: /^\/apis\/apiextensions\.k8s\.io\/v1\/customresourcedefinitions$/,
    instead: 'custom resources are not there: "kubectl api-resources" lists the kinds that are',
  },
]

/** Whether the path was one of theirs. Throws a Refusal for everything but a list or a watch. */
export function serveEmpty(url: URL, version: number, request: IncomingMessage, response: ServerResponse): boolean {
  const found = EMPTY.find(({ path }) => path.test(url.pathname))
  if (found === undefined) return false
  if (request.method !== 'GET') throw notImplemented(found.instead)
  const { kind, apiVersion } = found
  const metadata = { resourceVersion: String(version) }
  if (url.searchParams.get('watch') !== 'true') {
    sendJSON(response, 200, { kind: `${kind}List`, apiVersion, metadata, items: [] })
    return true
  }
  response.writeHead(200, { 'content-type': 'application/json' })
  response.flushHeaders()
  if (url.searchParams.get('sendInitialEvents') === 'true') {
    const annotations = { 'k8s.io/initial-events-end': 'true' }
    const object = { kind, apiVersion, metadata: { ...metadata, annotations } }
    response.write(`${JSON.stringify({ type: 'BOOKMARK', object })}\n`)
  }
  const timeout = setTimeout(() => response.end(), 1800 * 1000)
  timeout.unref()
  response.once('close', () => clearTimeout(timeout))
  return true
}
