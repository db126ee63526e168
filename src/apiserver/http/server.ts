/** The API server: HTTPS with limits, for everybody who holds a token. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { Certificates } from './certificates.ts'
import type { ApiContext } from './context.ts'
import { createGuard, type Admitted } from './guard.ts'
import { sendStatus } from './respond.ts'
import { serve } from './route.ts'
import { createUpgradeHandler } from './streams/upgrade.ts'

export interface ApiServerOptions {
  readonly certificates: Certificates
  /** What the Host header may say, without a port. */
  readonly names: readonly string[]
  readonly context: ApiContext
}

const LIMITS = {
  /** Of the header. Labels of a selector and a token fit. */
  maxHeaderSize: 32 * 1024,
  headersTimeout: 10_000,
  /** From the first byte of a request to its last. */
  requestTimeout: 60_000,
  keepAliveTimeout: 90_000,
}
const MAXIMUM_CONNECTIONS = 1000

/** Not yet listening: the caller has the sockets. */
export function createApiServer({ certificates, names, context }: ApiServerOptions): Server {
  const guard = createGuard(context.authenticate, names)
  const { certificate: cert, key } = certificates
  const server = createServer({ cert, key, minVersion: 'TLSv1.2', ...LIMITS }, (request, response) => {
    answer(context, guard(request), request, response)
  })
  server.on('upgrade', createUpgradeHandler(context, guard))
  server.maxConnections = MAXIMUM_CONNECTIONS
  // A client that speaks no TLS, or leaves in the middle of it, is no news.
  server.on('tlsClientError', (_error, socket) => socket.destroy())
  return server
}

function answer(context: ApiContext, admitted: Admitted, request: IncomingMessage, response: ServerResponse): void {
  response.on('error', () => undefined)
  request.on('error', () => undefined)
  if ('refusal' in admitted) return sendStatus(response, admitted.refusal)
  void serve(context, admitted.user, request, response)
}
