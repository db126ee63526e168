/** port-forward: a SPDY session, inside a WebSocket or not; for each connection one stream for errors and one for data. */
import type { Duplex } from 'node:stream'
import { pauseUntilSent, type Link } from './link.ts'
import { createSpdySession, type Headers, type SpdySession } from './spdy.ts'

/** Inside a WebSocket. */
export const TUNNEL_PROTOCOL: string = 'SPDY/3.1+portforward.k8s.io'
/** On the plain connection. */
export const PORT_FORWARD_PROTOCOL: string = 'portforward.k8s.io'

/** More than this on its way to the client, in bytes, and the Pod's connections are read no further. */
const MAXIMUM_BACKLOG = 1024 * 1024

interface Connection {
  readonly errorStream: number
  readonly port: number
  target?: Promise<Duplex>
}

/** Until the client leaves. */
export function servePortForward(link: Link, connect: (port: number) => Promise<Duplex>): void {
  const connections = new Map<string, Connection>()
  const byStream = new Map<number, Promise<Duplex>>()
  const session = createSpdySession(link.send, {
    stream(id, headers) {
      session.reply(id)
      const request = headers['requestid'] ?? String(id)
      if (headers['streamtype'] === 'error') connections.set(request, { errorStream: id, port: portOf(headers) })
      else openData(id, request)
    },
    data(id, chunk, isLast) {
      byStream.get(id)?.then(
        (target) => {
          if (chunk.length > 0) target.write(chunk)
          if (isLast) target.end()
        },
        () => undefined,
      )
    },
    reset: (id) =>
      void byStream.get(id)?.then(
        (target) => target.destroy(),
        () => undefined,
      ),
    broken: link.terminate,
  })

  function openData(id: number, request: string): void {
    const connection = connections.get(request)
    if (connection === undefined) return session.reset(id)
    connections.delete(request)
    const { port, errorStream } = connection
    const target = connect(port)
    byStream.set(id, target)
    target.then(
      (stream) => relay(link, session, stream, id, errorStream, () => byStream.delete(id)),
      (error: unknown) => {
        const why = error instanceof Error ? error.message : String(error)
        session.data(errorStream, Buffer.from(`an error occurred forwarding ${port}: ${why}`), true)
        session.data(id, Buffer.alloc(0), true)
        byStream.delete(id)
      },
    )
  }

  link.onData(session.receive)
  link.onClose(() => {
    for (const target of byStream.values())
      target.then(
        (stream) => stream.destroy(),
        () => undefined,
      )
    session.close()
  })
}

function portOf(headers: Headers): number {
  return Number(headers['port'] ?? 0)
}

function relay(
  link: Link,
  session: SpdySession,
  target: Duplex,
  id: number,
  errorStream: number,
  done: () => void,
): void {
  target.on('data', (chunk: Buffer) => {
    session.data(id, chunk, false)
    if (link.backlog() > MAXIMUM_BACKLOG) pauseUntilSent(link, target, MAXIMUM_BACKLOG)
  })
  target.on('error', () => undefined)
  target.once('close', () => {
    session.data(id, Buffer.alloc(0), true)
    session.data(errorStream, Buffer.alloc(0), true)
    done()
  })
  target.once('end', () => session.data(id, Buffer.alloc(0), true))
}
