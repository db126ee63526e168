import { formatIP } from '../lib/ip.ts'
import { libc } from './libc.ts'
import { inNamespace, type NetworkNamespace } from './namespaces.ts'
import { CLOEXEC, encodeSocketAddress, SOCK_DGRAM } from './relay-socket.ts'

const AF_INET = 2

/** The address from which packets there would come; undefined without a route. A datagram socket sends nothing to know it. */
export function routeSource(
  namespace: NetworkNamespace,
  to: { readonly address: string; readonly port: number },
): string | undefined {
  const { socket, connect, getsockname, close } = libc()
  const target = encodeSocketAddress(to)
  const fd = inNamespace(namespace, () => socket(target[0] ?? AF_INET, SOCK_DGRAM | CLOEXEC, 0))
  if (fd < 0) return undefined
  try {
    const bytes = new Uint8Array(28)
    if (connect(fd, target, target.length) !== 0) return undefined
    if (getsockname(fd, bytes, new Uint32Array([bytes.length])) !== 0) return undefined
    const view = new DataView(bytes.buffer)
    if (bytes[0] === AF_INET) return formatIP({ family: 4, value: BigInt(view.getUint32(4)) })
    return formatIP({ family: 6, value: (view.getBigUint64(8) << 64n) | view.getBigUint64(16) })
  } finally {
    close(fd)
  }
}
