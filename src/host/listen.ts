import { parseIPv4 } from '../lib/ip.ts'
import { libc } from './libc.ts'

const AF_INET = 2
const [SOCK_STREAM, SOCK_DGRAM, SOCK_CLOEXEC, SOCK_NONBLOCK] = [1, 2, 0o2000000, 0o4000]
const [SOL_SOCKET, SO_REUSEADDR] = [1, 2]
const BACKLOG = 4096

export interface ListenAddress {
  readonly protocol: 'TCP' | 'UDP'
  readonly address: string
  readonly port: number
}

/** A listening (TCP) or bound (UDP) descriptor, or the name of the error: EADDRINUSE, EACCES, EADDRNOTAVAIL. */
export function listenOn(wanted: ListenAddress): { readonly fd: number } | { readonly error: string } {
  const c = libc()
  const ip = parseIPv4(wanted.address)
  if (ip === undefined) return { error: 'EINVAL' }
  const type = (wanted.protocol === 'TCP' ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC | SOCK_NONBLOCK
  const fd = c.socket(AF_INET, type, 0)
  if (fd < 0) return { error: c.errorName(c.errno()) }
  // Only for TCP, past connections in TIME_WAIT: on UDP it would share the port with whoever has it.
  if (wanted.protocol === 'TCP') c.setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, new Int32Array([1]), 4)
  const address = new Uint8Array(16)
  const view = new DataView(address.buffer)
  view.setUint16(0, AF_INET, true)
  view.setUint16(2, wanted.port)
  view.setUint32(4, ip)
  const failed = c.bind(fd, address, 16) < 0 || (wanted.protocol === 'TCP' && c.listen(fd, BACKLOG) < 0)
  if (!failed) return { fd }
  const error = c.errorName(c.errno())
  c.close(fd)
  return { error }
}
