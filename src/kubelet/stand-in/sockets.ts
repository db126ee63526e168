import { checked, libc } from '../../host/libc.ts'
import { inNamespace, type NetworkNamespace } from '../../host/namespaces.ts'
import { parseIP } from '../../lib/ip.ts'
import type { StandInPort } from '../stand-in-ports.ts'

const [AF_INET, AF_INET6] = [2, 10]
const TYPES = { TCP: 1, UDP: 2 } as const
const [SOCK_NONBLOCK, SOCK_CLOEXEC] = [0o4000, 0o2000000]
const [SOL_SOCKET, SO_REUSEADDR, IPPROTO_IPV6, IPV6_V6ONLY] = [1, 2, 41, 26]
const O_RDONLY_CLOEXEC = 0o2000000
const [ON, OFF] = [new Int32Array([1]), new Int32Array([0])]

/** Opens a namespace by the path that the kubelet gave. */
export function openNetworkNamespace(path: string): NetworkNamespace {
  const fd = checked(`open ${path}`, libc().open(path, O_RDONLY_CLOEXEC, 0))
  return { fd, path, close: () => void libc().close(fd) }
}

function socketAddress(family: number, address: string | undefined, port: number): Uint8Array {
  const bytes = new Uint8Array(family === AF_INET6 ? 28 : 16)
  const view = new DataView(bytes.buffer)
  new Uint16Array(bytes.buffer)[0] = family
  view.setUint16(2, port)
  const ip = address === undefined ? undefined : parseIP(address)
  if (ip?.family === 4) view.setUint32(4, Number(ip.value))
  if (ip?.family === 6) {
    view.setBigUint64(8, ip.value >> 64n)
    view.setBigUint64(16, ip.value & 0xffffffffffffffffn)
  }
  return bytes
}

/** All addresses means both families on one socket, as Node and Go listen; IPv4 alone where the kernel has no IPv6. */
function openSocket(namespace: NetworkNamespace | undefined, { protocol, address }: StandInPort): [number, number] {
  const type = TYPES[protocol] | SOCK_NONBLOCK | SOCK_CLOEXEC
  const open = (family: number): number => inNamespace(namespace, () => libc().socket(family, type, 0))
  const family = address === undefined || address.includes(':') ? AF_INET6 : AF_INET
  const fd = open(family)
  if (fd >= 0) return [fd, family]
  return address === undefined ? [checked('socket', open(AF_INET)), AF_INET] : [checked('socket', fd), family]
}

/** A bound socket in the namespace. Throws an Error whose message is for the user. */
export function bindPort(namespace: NetworkNamespace | undefined, wanted: StandInPort): { fd: number; family: 4 | 6 } {
  const [fd, family] = openSocket(namespace, wanted)
  const { setsockopt, bind, close, errno, errorName } = libc()
  if (wanted.protocol === 'TCP') setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, ON, 4)
  if (family === AF_INET6) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, OFF, 4)
  const address = socketAddress(family, wanted.address, wanted.port)
  if (bind(fd, address, address.length) === 0) return { fd, family: family === AF_INET6 ? 6 : 4 }
  const name = errorName(errno())
  close(fd)
  throw new Error(portProblem(wanted, name))
}

/** Why a port cannot be listened on, for an error name such as EADDRINUSE. */
export function portProblem({ port, address }: StandInPort, error: string): string {
  if (error === 'EADDRINUSE') return `port ${port} is already in use in this Pod`
  if (error === 'EADDRNOTAVAIL') return `${address} is not an address of this Pod`
  if (error === 'EACCES') return `port ${port} may not be bound: ${error}`
  return `port ${port} cannot be listened on: ${error}`
}
