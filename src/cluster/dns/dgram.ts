import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { isIPv6 } from 'node:net'
import type { Answerer } from './answerer.ts'

/** An address, where port 0 takes any that is free; or the descriptor of a socket that is bound already. */
export type UdpListen =
  | { readonly address: string; readonly port: number }
  | { readonly udp: number; readonly family?: 4 | 6 }

export interface UdpServer {
  readonly address: string
  readonly port: number
  /** From now on nothing is sent: the number of the descriptor may soon be another's. */
  close(): Promise<void>
}

/** A burst of this many bytes waits in the kernel. */
export const RECEIVE_BUFFER: number = 4 * 1024 * 1024
/** Of a datagram: no query is longer, and no answer over UDP. */
export const PLACE_SIZE = 2048

/** An IPv4 address that a socket of both families writes as one of IPv6 is an IPv4 address. */
export function plainAddress(text: string): string {
  return text.replace(/^::ffff:(?=\d+\.)/, '')
}

/** One datagram at a time, by Node's own means: for more of the processor. Rejects where the socket cannot be bound. */
export async function serveSingly(
  listen: UdpListen,
  answerer: Answerer,
  onError: (error: unknown) => void,
): Promise<UdpServer> {
  const given = 'udp' in listen
  const ipv6 = given ? listen.family === 6 : isIPv6(listen.address)
  const socket = createSocket({ type: ipv6 ? 'udp6' : 'udp4' })
  const packet = new Uint8Array(PLACE_SIZE)
  let open = true
  socket.on('message', (message, { address, port }) => {
    const send = (bytes: Uint8Array): void => {
      if (open) socket.send(bytes, port, address, ignoreSendError)
    }
    const length = Math.min(message.length, PLACE_SIZE)
    packet.set(message.subarray(0, length))
    if (!answerer.begin()) return
    const size = answerer.overwrite(packet, length, 0, { client: () => plainAddress(address), later: () => send })
    if (size > 0) send(packet.slice(0, size))
    answerer.end(size > 0 ? 1 : 0)
  })
  try {
    // With a descriptor the event comes from within bind.
    const bound = once(socket, 'listening')
    if (given) socket.bind({ fd: listen.udp })
    else socket.bind({ address: listen.address, port: listen.port, exclusive: true })
    await bound
  } catch (error) {
    socket.close()
    throw error
  }
  socket.on('error', onError)
  enlargeReceiveBuffer(() => socket.setRecvBufferSize(RECEIVE_BUFFER))
  return {
    ...socket.address(),
    async close() {
      open = false
      const closed = once(socket, 'close')
      socket.close()
      await closed
    },
  }
}

function enlargeReceiveBuffer(enlarge: () => void): void {
  try {
    enlarge()
  } catch {
    // The kernel's default serves as well.
  }
}

/** The client is gone or unreachable: nobody is left to be told. */
function ignoreSendError(): void {}
