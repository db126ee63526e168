import { libc } from './libc.ts'
import { inNamespace, type NetworkNamespace } from './namespaces.ts'

const [AF_INET, SOCK_DGRAM_CLOEXEC] = [2, 2 | 0o2000000]
const SIOCETHTOOL = 0x8946
const ETHTOOL_GLINK = 0x0a
/** struct ifreq: a name of 16 bytes, then a pointer to struct ethtool_value (command, value). */
const [REQUEST_SIZE, POINTER_AT] = [40, 16]

/**
 * Asks a link whether it has a carrier. The kernel starts the queues of a link that came up in a worker of its own, and
 * until then packets are dropped in silence; to answer this question it does that work first. A refusal changes nothing.
 */
export function startQueues(namespace: NetworkNamespace, name: string): void {
  const { socket, ioctl, address, close } = libc()
  const fd = inNamespace(namespace, () => socket(AF_INET, SOCK_DGRAM_CLOEXEC, 0))
  if (fd < 0) return
  const value = Uint32Array.of(ETHTOOL_GLINK, 0)
  const request = new Uint8Array(REQUEST_SIZE)
  request.set(Buffer.from(name, 'latin1'))
  new DataView(request.buffer).setBigUint64(POINTER_AT, address(value), true)
  ioctl(fd, SIOCETHTOOL, request)
  close(fd)
}
