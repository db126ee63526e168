/** Blocking sockets for the load: a client or server in JavaScript that waits for nothing else is as fast as one in C. */
import { checked, libc } from '../../src/host/libc.ts'
import { encodeSocketAddress, type SocketAddress } from '../../src/host/relay-socket.ts'

const [SOL_SOCKET, SO_REUSEADDR, SO_RCVTIMEO, SO_SNDTIMEO] = [1, 2, 20, 21]
const [IPPROTO_TCP, TCP_DEFER_ACCEPT] = [6, 9]
const [AF_INET, SOCK_STREAM] = [2, 1]

export const CHUNK_BYTES = 262_144

/** What the first byte of a connection asks the server for. */
export const WISHES = { upload: 'u', download: 'd', connect: 'c', request: 'G' } as const

/** A call that waits longer than this fails: no load may hang. */
export function limitWaiting(fd: number, seconds: number): void {
  const time = new BigInt64Array([BigInt(seconds), 0n])
  for (const option of [SO_RCVTIMEO, SO_SNDTIMEO]) libc().setsockopt(fd, SOL_SOCKET, option, time, 16)
}

/** Connections are accepted when their first byte is there. */
export function openListener(address: SocketAddress): number {
  const { socket, setsockopt, bind, listen } = libc()
  const fd = checked('socket', socket(AF_INET, SOCK_STREAM, 0))
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, new Int32Array([1]), 4)
  setsockopt(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, new Int32Array([1]), 4)
  checked('bind', bind(fd, encodeSocketAddress(address), 16))
  checked('listen', listen(fd, 4096))
  return fd
}

export function openConnection(address: Uint8Array): number {
  const { socket, connect } = libc()
  const fd = checked('socket', socket(AF_INET, SOCK_STREAM, 0))
  limitWaiting(fd, 10)
  checked('connect', connect(fd, address, address.length))
  return fd
}
