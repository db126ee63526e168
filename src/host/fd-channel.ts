import { checked, libc } from './libc.ts'

const AF_UNIX = 1
const SOCK_SEQPACKET = 5
const SOL_SOCKET = 1
const SCM_RIGHTS = 1
const MSG_DONTWAIT = 0x40
const MSG_CMSG_CLOEXEC = 0x40000000
const SOCK_CLOEXEC = 0o2000000
/** struct cmsghdr and one descriptor. */
const DESCRIPTOR_LENGTH = 20n

/**
 * Hands open descriptors from the front to the engine (SCM_RIGHTS). Node passes only its own handles, and those begin to
 * accept on the way; a plain listening descriptor has one reader, the engine.
 */
export function createFdChannel(): { readonly front: number; readonly engine: number } {
  const fds = new Int32Array(2)
  checked('socketpair', libc().socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds))
  return { front: fds[0] ?? -1, engine: fds[1] ?? -1 }
}

/** struct msghdr with one byte of data and room for one descriptor. The arrays must outlive the call. */
function message(): { readonly header: Uint8Array; readonly control: Uint8Array; readonly keep: readonly unknown[] } {
  const c = libc()
  const [data, control] = [new Uint8Array(1), new Uint8Array(24)]
  const vector = new BigUint64Array([c.address(data), 1n])
  const header = new Uint8Array(56)
  const view = new DataView(header.buffer)
  view.setBigUint64(16, c.address(vector), true)
  view.setBigUint64(24, 1n, true)
  view.setBigUint64(32, c.address(control), true)
  view.setBigUint64(40, BigInt(control.length), true)
  return { header, control, keep: [data, vector] }
}

export function sendFd(channel: number, fd: number): void {
  const { header, control, keep } = message()
  const view = new DataView(control.buffer)
  view.setBigUint64(0, DESCRIPTOR_LENGTH, true)
  view.setInt32(8, SOL_SOCKET, true)
  view.setInt32(12, SCM_RIGHTS, true)
  view.setInt32(16, fd, true)
  checked('sendmsg(SCM_RIGHTS)', libc().sendmsg(channel, header, 0))
  keep.at(0)
}

/** The next descriptor that was sent. Throws EAGAIN where there is none, EMFILE where this process can hold no more. */
export function receiveFd(channel: number): number {
  const { header, control, keep } = message()
  checked('recvmsg(SCM_RIGHTS)', libc().recvmsg(channel, header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC))
  keep.at(0)
  if (new DataView(header.buffer).getBigUint64(40, true) < DESCRIPTOR_LENGTH)
    throw new Error('recvmsg(SCM_RIGHTS): EMFILE')
  return new DataView(control.buffer).getInt32(16, true)
}
