/** The API server's port for Pods: open before the first Pod runs, though the server is loaded after the network is ready. */
import { once } from 'node:events'
import type { Server } from 'node:https'
import { createServer, type Socket } from 'node:net'

export interface ServerDoor {
  /** Who came already, and everybody who comes, is this server's from now on. */
  leadTo(server: Server): void
  /** There will be no server. */
  close(): void
}

export async function openServerDoor(host: string, port: number): Promise<ServerDoor> {
  const waiting = new Set<Socket>()
  let admit = (socket: Socket): void => {
    waiting.add(socket)
    socket.once('close', () => waiting.delete(socket)).on('error', () => undefined)
  }
  const door = createServer((socket) => admit(socket))
  door.listen({ host, port, exclusive: true })
  await once(door, 'listening')
  return {
    leadTo(server) {
      admit = (socket) => void server.emit('connection', socket)
      for (const socket of waiting) admit(socket)
      waiting.clear()
    },
    close() {
      door.close()
      for (const socket of waiting) socket.destroy()
    },
  }
}
