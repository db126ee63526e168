import { libc } from './libc.ts'

const [AF_UNIX, SOCK_STREAM_CLOEXEC] = [1, 1 | 0o2000000]
const [SOL_SOCKET, SO_PEERCRED] = [1, 17]
/** `struct sockaddr_un`: the family, a zero for "abstract", and the name with zeros behind. */
const ADDRESS_SIZE = 110

/** The process that listens on an abstract UNIX socket, as the kernel noted it at listen(2); undefined where none does. */
export function listenerPid(name: string): number | undefined {
  const bytes = new TextEncoder().encode(name)
  const address = new Uint8Array(ADDRESS_SIZE)
  address[0] = AF_UNIX
  address.set(bytes, 3)
  // Zeros count in abstract names: Node 20 binds with all of them, others with none.
  return peerOf(address, ADDRESS_SIZE) ?? peerOf(address, 3 + bytes.length)
}

function peerOf(address: Uint8Array, length: number): number | undefined {
  const { socket, connect, getsockopt, close } = libc()
  const fd = socket(AF_UNIX, SOCK_STREAM_CLOEXEC, 0)
  if (fd < 0) return undefined
  const credentials = new Int32Array(3)
  const found =
    connect(fd, address, length) === 0 &&
    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, credentials, new Uint32Array([12])) === 0
  close(fd)
  return found ? credentials[0] : undefined
}
