/** What the kernel tells of its own accord over netlink, without a timer: an idle network then costs nothing. */
import { checked, libc } from './libc.ts'
import { inNamespace, type NetworkNamespace } from './namespaces.ts'

/** `enum nfnetlink_groups`. */
export const GROUP = { newFlow: 1, changedFlow: 2, endedFlow: 3, rules: 7, trace: 9 } as const

/** `enum rtnetlink_groups`. */
export const ROUTE_GROUP = { addresses4: 5, addresses6: 9 } as const

type Group = (typeof GROUP)[keyof typeof GROUP] | (typeof ROUTE_GROUP)[keyof typeof ROUTE_GROUP]

export interface EventSocket {
  join(group: Group): void
  leave(group: Group): void
  /** Hands over what is queued, without waiting for the signal. */
  drain(): void
  close(): void
}

export interface EventHandler {
  /** With each message, header included; the view is used again. */
  each(message: DataView): void
  /** When the queue is empty. `lost`: there was more than it holds. */
  afterwards(lost: boolean): void
}

const AF_NETLINK = 16
const SOCK_RAW_CLOEXEC_NONBLOCK = 3 | 0o2000000 | 0o4000
const PROTOCOLS = { route: 0, netfilter: 12 } as const
const [SOL_SOCKET, SO_RCVBUF, SO_RCVBUFFORCE, SOL_NETLINK] = [1, 8, 33, 270]
const [NETLINK_ADD_MEMBERSHIP, NETLINK_DROP_MEMBERSHIP] = [1, 2]
const [F_SETFL, F_SETOWN] = [4, 8]
const O_ASYNC_NONBLOCK = 0o20000 | 0o4000
const ENOBUFS = 105
const HEADER_SIZE = 16
const BUFFER_SIZE = 4 << 20

interface Open {
  readonly fd: number
  readonly handler: EventHandler
}

const open = new Set<Open>()
let isListening = false

/**
 * SIGIO is the one way from a netlink socket to Node's loop: libuv polls sockets of IP and UNIX only. The handler stands
 * before the first socket asks for the signal, which would end the process otherwise. For the main thread: others get no
 * signals. Throws where the kernel refuses.
 */
export function openEvents(
  namespace: NetworkNamespace | undefined,
  handler: EventHandler,
  protocol: keyof typeof PROTOCOLS = 'netfilter',
  bufferSize: number = BUFFER_SIZE,
): EventSocket {
  if (!isListening) process.on('SIGIO', () => open.forEach(drain))
  isListening = true
  const one: Open = { fd: openSocket(namespace, protocol, bufferSize), handler }
  open.add(one)
  const membership = (option: number, group: Group): void =>
    void checked('setsockopt(AF_NETLINK)', libc().setsockopt(one.fd, SOL_NETLINK, option, new Int32Array([group]), 4))
  return {
    join: (group) => membership(NETLINK_ADD_MEMBERSHIP, group),
    leave: (group) => membership(NETLINK_DROP_MEMBERSHIP, group),
    drain: () => drain(one),
    close() {
      if (open.delete(one)) libc().close(one.fd)
    },
  }
}

function openSocket(
  namespace: NetworkNamespace | undefined,
  protocol: keyof typeof PROTOCOLS,
  bufferSize: number,
): number {
  const c = libc()
  const fd = inNamespace(namespace, () =>
    checked('socket(AF_NETLINK)', c.socket(AF_NETLINK, SOCK_RAW_CLOEXEC_NONBLOCK, PROTOCOLS[protocol])),
  )
  const address = new Uint8Array(12)
  address[0] = AF_NETLINK
  checked('bind(AF_NETLINK)', c.bind(fd, address, address.length))
  const wanted = new Int32Array([bufferSize])
  if (c.setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, wanted, 4) < 0) c.setsockopt(fd, SOL_SOCKET, SO_RCVBUF, wanted, 4)
  checked('fcntl(F_SETOWN)', c.fcntl(fd, F_SETOWN, process.pid))
  checked('fcntl(F_SETFL)', c.fcntl(fd, F_SETFL, O_ASYNC_NONBLOCK))
  return fd
}

const buffer = new Uint8Array(1 << 16)
const view = new DataView(buffer.buffer)

/** ENOBUFS says that the kernel threw some away. */
function drain({ fd, handler }: Open): void {
  let [found, lost] = [false, false]
  for (;;) {
    const length = libc().recv(fd, buffer, buffer.length, 0)
    if (length < 0 && libc().errno() !== ENOBUFS) break
    found = true
    if (length < 0) lost = true
    for (let at = 0; at + HEADER_SIZE <= length; ) {
      const size = view.getUint32(at, true)
      if (size < HEADER_SIZE || at + size > length) break
      handler.each(new DataView(buffer.buffer, at, size))
      at += (size + 3) & ~3
    }
  }
  if (found) handler.afterwards(lost)
}
