import { Socket } from 'node:net'
import { checked, libc } from './libc.ts'
import { inNamespace, type NetworkNamespace } from './namespaces.ts'
import { CLOEXEC, encodeSocketAddress, NONBLOCK, SOCK_STREAM, type SocketAddress } from './relay-socket.ts'

/**
 * A TCP connection that belongs to another network namespace and is otherwise as `net.connect` makes it: a socket stays
 * in the namespace in which it was opened. Throws where none can be opened, or the address is not a literal.
 */
export function connectFrom(namespace: NetworkNamespace | undefined, target: SocketAddress): Socket {
  const family = new DataView(encodeSocketAddress(target).buffer).getUint16(0, true)
  const type = SOCK_STREAM | NONBLOCK | CLOEXEC
  const fd = checked(
    'socket',
    inNamespace(namespace, () => libc().socket(family, type, 0)),
  )
  // Reading starts with the connection: before it, the kernel answers with an error.
  const socket = new Socket({ fd, manualStart: true } as ConstructorParameters<typeof Socket>[0])
  return socket.connect({ host: target.address, port: target.port })
}
