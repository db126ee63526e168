import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import type { QueryContext } from '../dns/respond.ts'
import type { Zone } from '../dns/zone.ts'
import { createAnswerer, type Answerer, type DnsObserver, type Resolver } from './dns-answerer.ts'
import type { UdpServer } from './dns-dgram.ts'
import { serveUdp } from './dns-udp.ts'

export interface DnsServerOptions {
  /** An address, where port 0 takes any that is free for both protocols; or descriptors of sockets that are bound already. */
  readonly listen:
    | { readonly address: string; readonly port: number }
    | { readonly udp: number; readonly tcp: number; readonly family?: 4 | 6 }
  /** Asked for each query, so that an answer is never older than the zone. */
  readonly zone: () => Zone
  /** Without one, names that are not ours fail at once. */
  readonly upstream?: Resolver
  readonly limits?: Partial<DnsServerLimits>
  readonly observer?: DnsObserver
  /** Told of what should not happen: errors of sockets, and queries that broke the server's own code. */
  readonly onError?: (error: unknown) => void
}

export interface DnsServerLimits {
  readonly connections: number
  /** Milliseconds without an answer after which a connection is closed. */
  readonly idleTimeout: number
  /** Queries of one connection under way; more are not read until these are answered. */
  readonly pipelined: number
  /** Forwarded UDP queries under way; more are answered with SERVFAIL. */
  readonly forwarded: number
}

export interface DnsServer {
  readonly address: string
  readonly port: number
  close(): Promise<void>
}

const LIMITS: DnsServerLimits = { connections: 512, idleTimeout: 10_000, pipelined: 64, forwarded: 1024 }

interface Service {
  readonly answerer: Answerer
  readonly limits: DnsServerLimits
  readonly onError: (error: unknown) => void
}

/** Hands the answer to `send`, now or later; whatever goes wrong is reported and ends there. */
function deliver(
  service: Service,
  message: Uint8Array,
  context: QueryContext,
  send: (bytes: Uint8Array | undefined) => void,
): void {
  const guarded = (bytes: Uint8Array | undefined): void => {
    try {
      send(bytes)
    } catch (error) {
      service.onError(error)
    }
  }
  const failed = (error: unknown): void => {
    service.onError(error)
    guarded(undefined)
  }
  try {
    const answer = service.answerer.answer(message, context)
    if (answer instanceof Promise) answer.then(guarded, failed)
    else guarded(answer)
  } catch (error) {
    failed(error)
  }
}

interface Connection {
  readonly socket: Socket
  readonly service: Service
  readonly context: QueryContext
  /** Closes the connection; started anew by each answer, not by what the client sends. */
  readonly idle: NodeJS.Timeout
  received: Buffer
  underWay: number
  /** The client does not read its answers. */
  blocked: boolean
}

/** RFC 7766: queries one after the other on one connection, each answered as soon as its answer is there. */
function serveConnection(socket: Socket, service: Service): void {
  const client = socket.remoteAddress
  const connection: Connection = {
    socket,
    service,
    context: { overTcp: true, ...(client === undefined ? {} : { client }) },
    idle: setTimeout(() => {
      if (connection.underWay === 0 || connection.blocked) socket.destroy()
      else connection.idle.refresh()
    }, service.limits.idleTimeout),
    received: Buffer.alloc(0),
    underWay: 0,
    blocked: false,
  }
  socket.on('error', () => socket.destroy())
  socket.on('close', () => clearTimeout(connection.idle))
  socket.on('end', () => proceed(connection))
  socket.on('drain', () => {
    connection.blocked = false
    proceed(connection)
  })
  socket.on('data', (chunk: Buffer) => {
    connection.received = connection.received.length === 0 ? chunk : Buffer.concat([connection.received, chunk])
    proceed(connection)
  })
}

/** The next whole query, taken off what was received. */
function nextQuery(connection: Connection): Buffer | undefined {
  const { received } = connection
  if (received.length < 2) return undefined
  const end = 2 + received.readUInt16BE(0)
  if (received.length < end) return undefined
  connection.received = received.subarray(end)
  return received.subarray(2, end)
}

/** Takes up as many queries as may be under way, then reads on, waits or hangs up. */
function proceed(connection: Connection): void {
  const { socket, service } = connection
  const ready = (): boolean => connection.underWay < service.limits.pipelined && !connection.blocked
  while (ready() && !socket.destroyed) {
    const message = nextQuery(connection)
    if (message === undefined) break
    connection.underWay++
    let later = false
    deliver(service, message, connection.context, (bytes) => {
      answered(connection, bytes)
      if (later) proceed(connection)
    })
    later = true
  }
  if (!ready()) socket.pause()
  else if (socket.readableEnded && connection.underWay === 0) socket.end()
  else socket.resume()
}

function answered(connection: Connection, bytes: Uint8Array | undefined): void {
  connection.underWay--
  if (bytes === undefined || !connection.socket.writable) return
  connection.idle.refresh()
  connection.blocked = !connection.socket.write(framed(bytes))
}

function framed(bytes: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(2 + bytes.length)
  frame.writeUInt16BE(bytes.length, 0)
  frame.set(bytes, 2)
  return frame
}

interface Listeners {
  readonly udp: UdpServer
  readonly tcp: Server
}

async function listenOnce(options: DnsServerOptions, service: Service, tcp: Server): Promise<Listeners> {
  const { listen } = options
  const udp = await serveUdp(listen, service.answerer, service.onError)
  try {
    if ('tcp' in listen) tcp.listen({ fd: listen.tcp })
    else tcp.listen({ host: udp.address, port: udp.port, exclusive: true })
    await once(tcp, 'listening')
    return { udp, tcp }
  } catch (error) {
    tcp.close()
    await udp.close()
    throw error
  }
}

/** A port that is free for UDP may be taken for TCP: then another is tried. */
async function listenBoth(options: DnsServerOptions, service: Service, makeTcp: () => Server): Promise<Listeners> {
  const tries = 'port' in options.listen && options.listen.port === 0 ? 10 : 1
  for (let count = 1; ; count++) {
    try {
      return await listenOnce(options, service, makeTcp())
    } catch (error) {
      if (count >= tries) throw error
    }
  }
}

/** Answers DNS over UDP and TCP until it is closed. Rejects where it cannot listen. */
export async function startDnsServer(options: DnsServerOptions): Promise<DnsServer> {
  const limits = { ...LIMITS, ...options.limits }
  const onError = options.onError ?? (() => undefined)
  const answerer = createAnswerer({ ...options, mostForwarded: limits.forwarded, onError })
  const service: Service = { answerer, limits, onError }
  const connections = new Set<Socket>()
  const makeTcp = (): Server => {
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      connections.add(socket)
      socket.on('close', () => connections.delete(socket))
      serveConnection(socket, service)
    })
    server.maxConnections = limits.connections
    return server
  }
  const { udp, tcp } = await listenBoth(options, service, makeTcp)
  tcp.on('error', onError)
  return {
    address: udp.address,
    port: udp.port,
    async close() {
      const closed = Promise.all([udp.close(), once(tcp, 'close')])
      tcp.close()
      for (const socket of connections) socket.destroy()
      await closed
    },
  }
}
