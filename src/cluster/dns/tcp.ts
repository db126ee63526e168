import { once } from 'node:events'
import { createServer, Socket } from 'node:net'
import { acceptOn } from '../../host/accept.ts'
import { hasLibc, libc } from '../../host/libc.ts'
import { listenOn } from '../../host/listen.ts'
import { serveConnection, type Service } from './connection.ts'
import { plainAddress } from './dgram.ts'

/** An address and a port; or the descriptor of a socket that is bound already. */
export type TcpListen = { readonly address: string; readonly port: number } | { readonly tcp: number }

export interface TcpServer {
  /** Ends the connections too. */
  close(): Promise<void>
}

const BACKLOG = 511

/** The connections that there are, by client. */
interface Room {
  admits(client: string): boolean
  enter(socket: Socket, client: string): void
  closeAll(): void
}

function createRoom({ limits }: Service): Room {
  const sockets = new Set<Socket>()
  const counts = new Map<string, number>()
  const add = (client: string, change: number): void => {
    const count = (counts.get(client) ?? 0) + change
    if (count > 0) counts.set(client, count)
    else counts.delete(client)
  }
  return {
    admits: (client) => sockets.size < limits.connections && (counts.get(client) ?? 0) < limits.connectionsOfClient,
    enter(socket, client) {
      sockets.add(socket)
      add(client, 1)
      socket.once('close', () => {
        sockets.delete(socket)
        add(client, -1)
      })
    },
    closeAll() {
      for (const socket of sockets) socket.destroy()
    },
  }
}

/** Serves DNS over TCP until it is closed. Rejects where it cannot listen. */
export async function serveTcp(listen: TcpListen, service: Service): Promise<TcpServer> {
  const room = createRoom(service)
  return hasLibc() ? serveAccepted(listen, service, room) : serveByNode(listen, service, room)
}

function serveAccepted(listen: TcpListen, service: Service, room: Room): TcpServer {
  const { onError } = service
  const acceptor = acceptOn('tcp' in listen ? listening(listen.tcp) : opened(listen), {
    admits: room.admits,
    connected(fd, client) {
      const socket = new Socket({ fd, allowHalfOpen: true })
      room.enter(socket, client)
      serveConnection(socket, client, service)
    },
    onError,
  })
  return {
    async close() {
      acceptor.close()
      room.closeAll()
    },
  }
}

function listening(fd: number): number {
  const c = libc()
  if (c.listen(fd, BACKLOG) === 0) return fd
  throw new Error(`listen ${c.errorName(c.errno())}`)
}

function opened({ address, port }: { readonly address: string; readonly port: number }): number {
  const result = listenOn({ protocol: 'TCP', address, port })
  if ('fd' in result) return result.fd
  const { error: code } = result
  throw Object.assign(new Error(`listen ${code} ${address}:${port}`), { code, syscall: 'listen', address, port })
}

/** By Node's own means: for more of the processor. */
async function serveByNode(listen: TcpListen, service: Service, room: Room): Promise<TcpServer> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const client = plainAddress(socket.remoteAddress ?? '')
    if (!room.admits(client)) return socket.destroy()
    room.enter(socket, client)
    return serveConnection(socket, client, service)
  })
  if ('tcp' in listen) server.listen({ fd: listen.tcp })
  else server.listen({ host: listen.address, port: listen.port, exclusive: true })
  await once(server, 'listening')
  server.on('error', service.onError)
  return {
    async close() {
      const closed = once(server, 'close')
      server.close()
      room.closeAll()
      await closed
    },
  }
}
