/** The proxy subresource of Pods, Services and nodes. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { notFoundStatus } from '../../../api/status.ts'
import { get, list } from '../../../model/snapshot.ts'
import type { ApiContext } from '../context.ts'
import { noSuchPath, Refusal } from '../failures.ts'
import { sendJSON } from '../respond.ts'
import { forward } from './forward.ts'
import type { ProxyPath } from './proxy-path.ts'
import { proxyTarget, type ProxyTarget } from './proxy-target.ts'

export function chooseTarget({ store }: ApiContext, path: ProxyPath): ProxyTarget {
  return proxyTarget(store.snapshot(), path, (count) => Math.floor(Math.random() * count))
}

export async function serveProxy(
  context: ApiContext,
  path: ProxyPath,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const isRead = request.method === 'GET' || request.method === 'HEAD'
  if (path.rest === '' && isRead) {
    // So that relative links of the page lead below it.
    const [, query = ''] = /(\?.*)$/.exec(request.url ?? '') ?? []
    response.writeHead(301, { location: `${path.prefix}/${query}`, 'content-length': 0 }).end()
    return
  }
  if (path.kind === 'Node' && (path.port === '' || path.port === AGENT_PORT)) return serveNode(context, path, response)
  await forward(context.pods, chooseTarget(context, path), withRoot(path), request, response)
}

function withRoot(path: ProxyPath): ProxyPath {
  return path.rest === '' ? { ...path, rest: '/' } : path
}

/** The kubelet's. */
const AGENT_PORT = '10250'

/** No agent listens on a node: what clients ask of one is answered here. */
function serveNode({ store }: ApiContext, { name, rest }: ProxyPath, response: ServerResponse): void {
  const snapshot = store.snapshot()
  if (get(snapshot, 'Node', name) === undefined) throw new Refusal(notFoundStatus('Node', name))
  const [path] = rest.split('?', 1)
  if (path === '/healthz') return void response.writeHead(200, { 'content-type': 'text/plain' }).end('ok')
  if (path !== '/pods' && path !== '/pods/') throw noSuchPath()
  const items = list(snapshot, 'Pod').filter(({ spec }) => spec.nodeName === name)
  sendJSON(response, 200, { kind: 'PodList', apiVersion: 'v1', metadata: {}, items })
}
