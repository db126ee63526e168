import type { Socket } from 'node:net'
import type { QueryContext } from '../../dns/respond.ts'
import type { Answerer } from './answerer.ts'

/** What a connection is served with. */
export interface ConnectionLimits {
  readonly connections: number
  /** Of these, from one address. */
  readonly connectionsOfClient: number
  /** Milliseconds without an answer after which a connection is closed. */
  readonly idleTimeout: number
  /** Queries of one connection under way; more are not read until these are answered. */
  readonly pipelined: number
}

/** What a connection is served with. */
export interface Service {
  readonly answerer: Answerer
  readonly limits: ConnectionLimits
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
export function serveConnection(socket: Socket, client: string | undefined, service: Service): void {
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
