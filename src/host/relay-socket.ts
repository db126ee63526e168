/** Socket numbers of Linux (the same on x64 and arm64) and socket addresses as the kernel lays them out. */
import { parseIP } from '../lib/ip.ts'
import { libc } from './libc.ts'

/** A literal IPv4 or IPv6 address and a port. */
export interface SocketAddress {
  readonly address: string
  readonly port: number
}

export const EAGAIN = 11
export const EINVAL = 22
export const EINPROGRESS = 115
const EMFILE = 24
const ENFILE = 23
const ENOBUFS = 105
const ENOMEM = 12

export const MSG_PEEK = 0x2
export const MSG_TRUNC = 0x20
export const MSG_DONTWAIT = 0x40
export const MSG_NOSIGNAL = 0x4000

export const SOCK_STREAM = 1
export const SOCK_DGRAM = 2
/** SOCK_NONBLOCK and SOCK_CLOEXEC, which are also O_NONBLOCK and O_CLOEXEC. */
export const NONBLOCK = 0o4000
export const CLOEXEC = 0o2000000

export const SHUT_WR = 1

const AF_INET = 2
const AF_INET6 = 10
const SOL_SOCKET = 1
const SO_LINGER = 13
const IPPROTO_IP = 0
const IPPROTO_TCP = 6
const TCP_NODELAY = 1
const TCP_DEFER_ACCEPT = 9
const TCP_QUICKACK = 12
const IP_BIND_ADDRESS_NO_PORT = 24

const on = new Int32Array([1])
const lingerNone = new Int32Array([1, 0])

/** `struct sockaddr_in` (16 bytes) or `struct sockaddr_in6` (28 bytes). Throws when the address is not a literal. */
export function encodeSocketAddress({ address, port }: SocketAddress): Uint8Array {
  const ip = parseIP(address)
  if (ip === undefined) throw new Error(`not an IP address: ${address}`)
  const bytes = new Uint8Array(ip.family === 4 ? 16 : 28)
  const view = new DataView(bytes.buffer)
  view.setUint16(0, ip.family === 4 ? AF_INET : AF_INET6, true)
  view.setUint16(2, port)
  if (ip.family === 4) view.setUint32(4, Number(ip.value))
  else {
    view.setBigUint64(8, ip.value >> 64n)
    view.setBigUint64(16, BigInt.asUintN(64, ip.value))
  }
  return bytes
}

/**
 * A non-blocking socket of the target's family, bound to `source`. TCP_DEFER_ACCEPT lets the first bytes carry the last
 * ACK of the handshake; where there are none yet, `acknowledge` sends it. IP_BIND_ADDRESS_NO_PORT (Linux 4.2) leaves the port
 * to connect(), so that one source port serves many targets. -1 on failure, with nothing left open.
 */
export function openUpstream(type: number, target: Uint8Array, source: Uint8Array | undefined): number {
  const { socket, setsockopt, bind, close } = libc()
  const fd = socket(target[0] ?? AF_INET, type | NONBLOCK | CLOEXEC, 0)
  if (fd < 0) return -1
  if (type === SOCK_STREAM) {
    setNoDelay(fd)
    setsockopt(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, on, 4)
  }
  if (source === undefined) return fd
  setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, on, 4)
  if (bind(fd, source, source.length) === 0) return fd
  close(fd)
  return -1
}

/** On a listening socket: what it accepts inherits the option. */
export function setNoDelay(fd: number): void {
  libc().setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, on, 4)
}

/** Sends the ACK that waits for bytes to go with; the kernel would do it after 200 ms. */
export function acknowledge(fd: number): void {
  libc().setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, on, 4)
}

/** Closes with RST instead of FIN; unsent bytes are thrown away. */
export function closeWithReset(fd: number): void {
  const { setsockopt, close } = libc()
  setsockopt(fd, SOL_SOCKET, SO_LINGER, lingerNone, 8)
  close(fd)
}

/** Whether accept or socket failed for want of descriptors or memory: a later try may succeed. */
export function isExhausted(errno: number): boolean {
  return errno === EMFILE || errno === ENFILE || errno === ENOBUFS || errno === ENOMEM
}
