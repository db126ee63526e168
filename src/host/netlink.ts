import { checked, KernelError, libc } from './libc.ts'
import { inNamespace, type NetworkNamespace } from './namespaces.ts'

const AF_NETLINK = 16
const SOCK_RAW_CLOEXEC = 3 | 0o2000000
const PROTOCOLS = { route: 0, netfilter: 12 } as const
const SOL_SOCKET = 1
const [SO_SNDBUF, SO_RCVBUF, SO_SNDBUFFORCE, SO_RCVBUFFORCE] = [7, 8, 32, 33]
const MSG_DONTWAIT = 0x40
const NLMSG_ERROR = 2
const HEADER_SIZE = 16

/** One answer of the kernel that reports a failure: which message (by its sequence number) and why. */
export interface NetlinkFailure {
  readonly sequence: number
  readonly errno: number
}

export interface NetlinkSocket {
  /** Largest datagram that one send takes. */
  readonly sendLimit: number
  /** Sends one datagram of messages, which the kernel works off before it returns, and gives back its error answers. */
  transact(messages: Uint8Array): readonly NetlinkFailure[]
  /** Asks for a list, and calls `each` with every message of the answer, header included. Throws an Error where it is refused. */
  dump(request: Uint8Array, each: (message: DataView) => void): void
  /** Asks for one thing, and gives the message that answers. Throws an Error where it is refused. */
  ask(request: Uint8Array): DataView
  close(): void
}

/** Bytes of answers and of one datagram that a socket asks for. */
const BUFFER_SIZE = 8 << 20

/** A socket stays tied to the namespace in which it was opened. */
export function openNetlink(
  protocol: keyof typeof PROTOCOLS,
  namespace?: NetworkNamespace,
  receiveBuffer: number = BUFFER_SIZE,
): NetlinkSocket {
  const c = libc()
  const fd = inNamespace(namespace, () =>
    checked('socket(AF_NETLINK)', c.socket(AF_NETLINK, SOCK_RAW_CLOEXEC, PROTOCOLS[protocol])),
  )
  const address = new Uint8Array(12)
  address[0] = AF_NETLINK
  checked('bind(AF_NETLINK)', c.bind(fd, address, address.length))
  const [wanted, answers] = [new Int32Array([BUFFER_SIZE]), new Int32Array([receiveBuffer])]
  // FORCE needs CAP_NET_ADMIN in the initial user namespace; without it net.core.wmem_max is the ceiling.
  if (c.setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, wanted, 4) < 0) c.setsockopt(fd, SOL_SOCKET, SO_SNDBUF, wanted, 4)
  if (c.setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, answers, 4) < 0) c.setsockopt(fd, SOL_SOCKET, SO_RCVBUF, answers, 4)
  const size = new Int32Array(1)
  checked('getsockopt(SO_SNDBUF)', c.getsockopt(fd, SOL_SOCKET, SO_SNDBUF, size, new Uint32Array([4])))
  return {
    sendLimit: (size[0] ?? 0) / 2 - 64,
    transact(messages) {
      checked('send(AF_NETLINK)', c.send(fd, messages, messages.length, 0))
      return drainFailures(fd)
    },
    dump(request, each) {
      checked('send(AF_NETLINK)', c.send(fd, request, request.length, 0))
      wholly(fd, () => {
        while (receiveDump(fd, each)) {
          // Each receive makes the kernel fill in the next part.
        }
      })
    },
    ask(request) {
      checked('send(AF_NETLINK)', c.send(fd, request, request.length, 0))
      let answer: DataView | undefined
      wholly(fd, () => receiveDump(fd, (message) => (answer ??= message)))
      if (answer === undefined) throw new Error('recv(AF_NETLINK): no answer')
      return answer
    },
    close: () => void c.close(fd),
  }
}

/** What is thrown in the middle of a list leaves no rest of it, which would be taken for the next answer. */
function wholly(fd: number, receive: () => void): void {
  try {
    receive()
  } catch (error) {
    for (;;) {
      const isEmpty = libc().recv(fd, replies, replies.length, MSG_DONTWAIT) <= 0 && libc().errno() !== ENOBUFS
      if (isEmpty) throw error
    }
  }
}

const replies = new Uint8Array(1 << 16)
const view = new DataView(replies.buffer)

const ENOBUFS = 105

/**
 * The kernel has queued all its answers when send returns: read until the queue is empty. More than it holds is a failure
 * too (ENOBUFS, of no message), as nobody knows what the lost ones said; it comes after those that say more.
 */
function drainFailures(fd: number): readonly NetlinkFailure[] {
  const failures: NetlinkFailure[] = []
  let isLost = false
  for (;;) {
    const length = libc().recv(fd, replies, replies.length, MSG_DONTWAIT)
    if (length < 0 && libc().errno() === ENOBUFS) {
      isLost = true
      continue
    }
    if (length <= 0) return isLost ? [...failures, { sequence: 0, errno: ENOBUFS }] : failures
    for (let at = 0; at + HEADER_SIZE <= length; ) {
      const size = view.getUint32(at, true)
      if (size < HEADER_SIZE) break
      const errno = view.getUint16(at + 4, true) === NLMSG_ERROR ? -view.getInt32(at + 16, true) : 0
      if (errno !== 0) failures.push({ sequence: view.getUint32(at + 8, true), errno })
      at += (size + 3) & ~3
    }
  }
}

const NLMSG_DONE = 3
const MSG_TRUNC = 0x20

/** One datagram of a dump; false after the last one. */
function receiveDump(fd: number, each: (message: DataView) => void): boolean {
  const length = checked('recv(AF_NETLINK)', libc().recv(fd, replies, replies.length, MSG_TRUNC))
  if (length > replies.length) throw new Error('recv(AF_NETLINK): a part of the list is longer than the buffer')
  for (let at = 0; at + HEADER_SIZE <= length; ) {
    const size = view.getUint32(at, true)
    const type = view.getUint16(at + 4, true)
    if (type === NLMSG_DONE || size < HEADER_SIZE) return false
    if (type === NLMSG_ERROR) {
      const errno = -view.getInt32(at + 16, true)
      if (errno === 0) return false
      throw new KernelError('dump(AF_NETLINK)', libc().errorName(errno))
    }
    each(new DataView(replies.buffer, at, size))
    at += (size + 3) & ~3
  }
  return length > 0
}
