import { parseIP } from '../lib/ip.ts'
import { libc } from './libc.ts'
import { CLOEXEC, encodeSocketAddress, NONBLOCK, SOCK_DGRAM, SOCK_STREAM } from './relay-socket.ts'

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
  if (parseIP(wanted.address) === undefined) return { error: 'EINVAL' }
  const address = encodeSocketAddress(wanted)
  const type = (wanted.protocol === 'TCP' ? SOCK_STREAM : SOCK_DGRAM) | CLOEXEC | NONBLOCK
  const fd = c.socket(address[0] ?? 0, type, 0)
  if (fd < 0) return { error: c.errorName(c.errno()) }
  // Only for TCP, past connections in TIME_WAIT: on UDP it would share the port with whoever has it.
  if (wanted.protocol === 'TCP') c.setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, new Int32Array([1]), 4)
  const failed = c.bind(fd, address, address.length) < 0 || (wanted.protocol === 'TCP' && c.listen(fd, BACKLOG) < 0)
  if (!failed) return { fd }
  const error = c.errorName(c.errno())
  c.close(fd)
  return { error }
}
