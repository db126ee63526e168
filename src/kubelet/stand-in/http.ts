import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTCPServer, type Server as TCPServer, type Socket } from 'node:net'
import { hostAndPort } from '../../lib/ip.ts'
import { answer, lineFor, type StandInAnswer } from './answer.ts'
import type { Identity } from './protocol.ts'

/** A listening TCP port of one stand-in. */
export interface TCPListener {
  readonly server: TCPServer
  /** No new connections; those that answer a request finish it. Resolves when the last one is closed. */
  close(): Promise<void>
  /** At once. */
  destroy(): void
}

interface Owner {
  readonly identity: Identity
  /** Connections, with the number of requests that are being answered. */
  readonly sockets: Map<Socket, number>
  closing: boolean
}

/** Longer than clients keep their idle connections, so that a kept one is never closed under a request. */
const KEEP_ALIVE = 75_000
const IDLE = 300_000

const owners = new WeakMap<Socket, Owner>()
let shared: Server | undefined

/** One HTTP server for all ports of all stand-ins: connections are handed to it, so a further port costs a socket only. */
function httpServer(): Server {
  if (shared !== undefined) return shared
  shared = createServer({ keepAliveTimeout: KEEP_ALIVE, noDelay: true }, (request, response) => {
    const owner = owners.get(request.socket)
    if (owner !== undefined) respond(owner, request, response)
  })
  shared.timeout = IDLE
  shared.on('clientError', (error: Error & { code?: string; rawPacket?: Uint8Array }, stream) => {
    refuse(error, stream as Socket)
  })
  return shared
}

const plain = (address: string | undefined): string => (address ?? '').replace(/^::ffff:(?=\d+\.)/, '')

function respond(owner: Owner, request: IncomingMessage, response: ServerResponse): void {
  const { socket, headers, method = '', url = '/' } = request
  const { identity } = owner
  owner.sockets.set(socket, (owner.sockets.get(socket) ?? 0) + 1)
  response.once('close', () => {
    const left = (owner.sockets.get(socket) ?? 1) - 1
    if (owner.sockets.has(socket)) owner.sockets.set(socket, left)
    if (owner.closing && left === 0) socket.end()
  })
  if (owner.closing) response.setHeader('Connection', 'close')
  response.setHeader('Portolan-Stand-In', `${identity.namespace}/${identity.pod}/${identity.container}`)
  if (url === '/echo' || url.startsWith('/echo?')) {
    const type = headers['content-type']
    response.writeHead(200, { 'Content-Type': type ?? 'application/octet-stream' })
    request.pipe(response)
    return
  }
  const answered = answer(identity, {
    method,
    url,
    accept: headers.accept ?? '',
    headers,
    localAddress: plain(socket.localAddress),
    localPort: socket.localPort ?? 0,
    sourceAddress: plain(socket.remoteAddress),
    sourcePort: socket.remotePort ?? 0,
  })
  if (answered.delay === undefined || answered.delay === 0) send(response, answered)
  else delay(response, answered, answered.delay)
}

function delay(response: ServerResponse, answered: StandInAnswer, milliseconds: number): void {
  const timer = setTimeout(() => send(response, answered), milliseconds)
  response.once('close', () => clearTimeout(timer))
}

function send(response: ServerResponse, { status, contentType, body }: StandInAnswer): void {
  if (status === 204 || status === 304) {
    response.writeHead(status).end()
    return
  }
  response.writeHead(status, { 'Content-Type': contentType, 'Content-Length': Buffer.byteLength(body) }).end(body)
}

/** A line of text that is no HTTP is told who answers; anything else gets a 400. */
function refuse(error: Error & { code?: string; rawPacket?: Uint8Array }, socket: Socket): void {
  const owner = owners.get(socket)
  if (owner === undefined || !socket.writable || error.code === 'ECONNRESET') {
    socket.destroy()
    return
  }
  const sent = Buffer.from(error.rawPacket ?? []).toString('latin1')
  const isLine =
    error.code === 'HPE_INVALID_METHOD' && /^[\t\r\n\x20-\x7e\x80-\xff]+$/.test(sent) && !/HTTP\/\d/.test(sent)
  const local = hostAndPort(plain(socket.localAddress), socket.localPort ?? 0)
  const line = `${lineFor(owner.identity, local, hostAndPort(plain(socket.remoteAddress), socket.remotePort ?? 0))}\n`
  const body = `Portolan stand-in: this is not a request of HTTP/1.1 without TLS\n`
  const head = `HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\n`
  socket.end(isLine ? line : `${head}Content-Length: ${body.length}\r\n\r\n${body}`)
}

/** Listens on a bound socket. `report` gets the error name where the kernel refuses, else undefined. */
export function listenTCP(fd: number, identity: Identity, report: (error: string | undefined) => void): TCPListener {
  const owner: Owner = { identity, sockets: new Map(), closing: false }
  const http = httpServer()
  const server = createTCPServer({ noDelay: true }, (socket) => {
    owners.set(socket, owner)
    owner.sockets.set(socket, 0)
    socket.once('close', () => owner.sockets.delete(socket))
    socket.on('error', () => undefined)
    http.emit('connection', socket)
  })
  server.once('error', (error: Error & { code?: string }) => report(error.code ?? error.message))
  server.listen({ fd, backlog: 4096 }, () => report(undefined))
  return {
    server,
    close: () =>
      new Promise((resolve) => {
        owner.closing = true
        server.close(() => resolve())
        for (const [socket, active] of owner.sockets) if (active === 0) socket.end()
      }),
    destroy() {
      owner.closing = true
      server.close()
      for (const socket of owner.sockets.keys()) socket.destroy()
    },
  }
}
