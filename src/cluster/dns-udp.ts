import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { isIPv6 } from 'node:net'
import { libc } from '../host/libc.ts'
import { bindUdp, createUdpBatch, sendTo, type UdpBatch } from '../host/udp-batch.ts'
import type { Answerer, Senders } from './dns-answerer.ts'

/** An address, where port 0 takes any that is free; or the descriptor of a socket that is bound already. */
export type UdpListen =
  | { readonly address: string; readonly port: number }
  | { readonly udp: number; readonly family?: 4 | 6 }

export interface UdpServer {
  readonly socket: Socket
  /** From now on nothing is sent: the number of the descriptor may soon be another's. */
  close(): void
  readonly address: string
  readonly port: number
}

/** A burst of this many bytes waits in the kernel; net.core.rmem_max caps it. */
const RECEIVE_BUFFER = 4 * 1024 * 1024
const BATCH = 64
/** Of a datagram: no query is longer, and no answer over UDP. */
const PLACE_SIZE = 2048

/** Serves a socket until that is closed. Rejects where it cannot be bound. */
export async function serveUdp(
  listen: UdpListen,
  answerer: Answerer,
  onError: (error: unknown) => void,
): Promise<UdpServer> {
  const given = 'udp' in listen
  const ipv6 = given ? listen.family === 6 : isIPv6(listen.address)
  const fd = given ? listen.udp : tryBind(listen)
  const socket = createSocket(ipv6 ? 'udp6' : 'udp4')
  const life: Life = { open: true }
  const singly = answerSingly(socket, answerer, life, onError)
  socket.on('message', fd === undefined ? singly : answerInBatches(fd, answerer, life, singly, onError))
  try {
    // With a descriptor the event comes from within bind.
    const bound = once(socket, 'listening')
    if (fd !== undefined) socket.bind({ fd })
    else if (!given) socket.bind({ address: listen.address, port: listen.port, exclusive: true })
    await bound
  } catch (error) {
    socket.close()
    throw error
  }
  socket.on('error', onError)
  enlargeReceiveBuffer(socket)
  const { address, port } = socket.address()
  const close = (): void => {
    life.open = false
    socket.close()
  }
  return { socket, address, port, close }
}

/** Of a socket. */
interface Life {
  open: boolean
}

/** Undefined where system calls cannot be made: then Node's own way serves, for more of the processor. */
function tryBind(listen: { readonly address: string; readonly port: number }): number | undefined {
  try {
    libc()
  } catch {
    return undefined
  }
  return bindUdp(listen)
}

function enlargeReceiveBuffer(socket: Socket): void {
  try {
    socket.setRecvBufferSize(RECEIVE_BUFFER)
  } catch {
    // The kernel's default serves as well.
  }
}

/** The client is gone or unreachable: nobody is left to be told. */
function ignoreSendError(): void {}

type OnMessage = (message: Uint8Array, sender: RemoteInfo) => void

/** One datagram at a time, by Node's own means. */
function answerSingly(socket: Socket, answerer: Answerer, life: Life, onError: (error: unknown) => void): OnMessage {
  const packet = new Uint8Array(PLACE_SIZE)
  return (message, { address, port }) => {
    const send = (bytes: Uint8Array): void => {
      if (life.open) socket.send(bytes, port, address, ignoreSendError)
    }
    const length = Math.min(message.length, PLACE_SIZE)
    packet.set(message.subarray(0, length))
    if (!begin(answerer, onError)) return
    const size = answerer.overwrite(packet, length, 0, { client: () => address, later: () => send })
    if (size > 0) send(packet.slice(0, size))
    answerer.end(size > 0 ? 1 : 0)
  }
}

function begin(answerer: Answerer, onError: (error: unknown) => void): boolean {
  try {
    answerer.begin()
    return true
  } catch (error) {
    onError(error)
    return false
  }
}

/**
 * Node says that the socket has datagrams by handing over the first one. The others are taken with one call, and all
 * replies are sent with another: under load most of them never pass through Node.
 */
function answerInBatches(
  fd: number,
  answerer: Answerer,
  life: Life,
  singly: OnMessage,
  onError: (error: unknown) => void,
): OnMessage {
  const batch: UdpBatch = createUdpBatch(BATCH, PLACE_SIZE)
  const senders: Senders = {
    client: batch.sender,
    later: (place) => {
      const address = batch.address(place)
      return (bytes) => {
        if (life.open) sendTo(fd, bytes, address)
      }
    },
  }
  /** Whether it has an answer at once. */
  const answerPlace = (place: number): boolean => {
    const packet = batch.packets[place]
    if (packet === undefined) return false
    const size = answerer.overwrite(packet, batch.length(place), place, senders)
    if (size > 0) batch.reply(place, size)
    return size > 0
  }
  return (message, sender) => {
    const first = batch.put(0, message, sender) ? 1 : 0
    if (first === 0) singly(message, sender)
    const count = first + batch.receive(fd, first)
    if (count === 0 || !begin(answerer, onError)) return
    let replies = 0
    for (let place = 0; place < count; place++) if (answerPlace(place)) replies++
    batch.flush(fd)
    answerer.end(replies)
  }
}
