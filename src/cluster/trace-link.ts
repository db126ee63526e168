import { libc } from '../host/libc.ts'
import { inNamespace, type NetworkNamespace } from '../host/namespaces.ts'

const [AF_INET, SOCK_DGRAM_CLOEXEC] = [2, 2 | 0o2000000]
const SIOCGIFFLAGS = 0x8913
const IFF_RUNNING = 0x40
/** `struct ifreq`: the name, then the flags. */
const [REQUEST_SIZE, FLAGS_AT] = [40, 16]
/** Milliseconds: of all the waiting, and for the other end of the link, whose state cannot be seen from here. */
const [LONGEST, SETTLE] = [100, 5]

/** A link that was just made drops packets until the kernel's own worker has started its queues. */
export async function linkUp(namespace: NetworkNamespace, name = 'eth0'): Promise<void> {
  const fd = inNamespace(namespace, () => libc().socket(AF_INET, SOCK_DGRAM_CLOEXEC, 0))
  const end = performance.now() + LONGEST
  try {
    while (!isRunning(fd, name) && performance.now() < end) await pause(1)
  } finally {
    libc().close(fd)
  }
  await pause(SETTLE)
}

function isRunning(fd: number, name: string): boolean {
  const request = new Uint8Array(REQUEST_SIZE)
  request.set(Buffer.from(name, 'latin1'))
  if (libc().ioctl(fd, SIOCGIFFLAGS, request) !== 0) return false
  return (new DataView(request.buffer).getUint16(FLAGS_AT, true) & IFF_RUNNING) !== 0
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}
