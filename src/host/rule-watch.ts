/** Tells when somebody writes nftables rules, without a timer: an idle network then costs nothing. */
import { checked, libc } from './libc.ts'
import { inNamespace, type NetworkNamespace } from './namespaces.ts'

const AF_NETLINK = 16
const SOCK_RAW_CLOEXEC_NONBLOCK = 3 | 0o2000000 | 0o4000
const NETLINK_NETFILTER = 12
const SOL_NETLINK = 270
const [NETLINK_ADD_MEMBERSHIP, NETLINK_DROP_MEMBERSHIP] = [1, 2]
/** The kernel's notifications of nf_tables: `enum nfnetlink_groups`. */
const NFNLGRP_NFTABLES = 7
const [F_SETFL, F_SETOWN] = [4, 8]
const O_ASYNC_NONBLOCK = 0o20000 | 0o4000
const ENOBUFS = 105

/** The watch of one namespace. */
export interface RuleWatch {
  /** Runs `write` unseen: the kernel then need not make a message of each of its operations. */
  quietly(write: () => void): void
}

export interface RuleWatcher {
  /** Calls `onChange` soon after each transaction in the namespace, unless it was a quiet one. Throws where the kernel refuses. */
  watch(namespace: NetworkNamespace | undefined, onChange: () => void): RuleWatch
}

/**
 * SIGIO is the one way from a netlink socket to Node's loop: libuv polls sockets of IP and UNIX only. The handler stands
 * before the first socket asks for the signal, which would end the process otherwise. For the main thread: others get no
 * signals.
 */
export function createRuleWatcher(): RuleWatcher {
  const watched: { readonly fd: number; readonly onChange: () => void }[] = []
  process.on('SIGIO', () => {
    for (const { fd, onChange } of watched) if (drain(fd)) onChange()
  })
  return {
    watch(namespace, onChange) {
      const fd = openWatch(namespace)
      watched.push({ fd, onChange })
      const group = new Int32Array([NFNLGRP_NFTABLES])
      const membership = (option: number): void =>
        void checked('setsockopt(AF_NETLINK)', libc().setsockopt(fd, SOL_NETLINK, option, group, 4))
      membership(NETLINK_ADD_MEMBERSHIP)
      return {
        quietly(write) {
          membership(NETLINK_DROP_MEMBERSHIP)
          try {
            write()
          } finally {
            membership(NETLINK_ADD_MEMBERSHIP)
          }
        },
      }
    },
  }
}

function openWatch(namespace: NetworkNamespace | undefined): number {
  const c = libc()
  const fd = inNamespace(namespace, () =>
    checked('socket(AF_NETLINK)', c.socket(AF_NETLINK, SOCK_RAW_CLOEXEC_NONBLOCK, NETLINK_NETFILTER)),
  )
  const address = new Uint8Array(12)
  address[0] = AF_NETLINK
  checked('bind(AF_NETLINK)', c.bind(fd, address, address.length))
  checked('fcntl(F_SETOWN)', c.fcntl(fd, F_SETOWN, process.pid))
  checked('fcntl(F_SETFL)', c.fcntl(fd, F_SETFL, O_ASYNC_NONBLOCK))
  return fd
}

const message = new Uint8Array(1 << 16)

/** Empties the queue, and says whether there was anything: ENOBUFS says that there was more than it holds. */
function drain(fd: number): boolean {
  let found = false
  while (libc().recv(fd, message, message.length, 0) >= 0 || libc().errno() === ENOBUFS) found = true
  return found
}
