import { checked, libc } from './libc.ts'

const CLONE_NEWNET = 0x40000000
const O_RDONLY_CLOEXEC = 0o2000000

/** An open network namespace. It lives as long as a descriptor, a process or a socket is in it. */
export interface NetworkNamespace {
  readonly fd: number
  /** A path by which another process of this PID namespace can open it. */
  readonly path: string
  close(): void
}

let home: number | undefined

/** The namespace in which this process was started, and to which every bracket returns. */
function homeNamespace(): number {
  home ??= openNamespace('/proc/self/ns/net')
  return home
}

function openNamespace(path: string): number {
  return checked(`open ${path}`, libc().open(path, O_RDONLY_CLOEXEC, 0))
}

function namespaceOf(fd: number): NetworkNamespace {
  return { fd, path: `/proc/${process.pid}/fd/${fd}`, close: () => void libc().close(fd) }
}

export function ownNamespace(): NetworkNamespace {
  return namespaceOf(homeNamespace())
}

/** A new, empty network namespace. Needs CAP_SYS_ADMIN in this process's user namespace. */
export function createNamespace(): NetworkNamespace {
  const back = homeNamespace()
  checked('unshare(CLONE_NEWNET)', libc().unshare(CLONE_NEWNET))
  try {
    return namespaceOf(openNamespace('/proc/thread-self/ns/net'))
  } finally {
    checked('setns', libc().setns(back, CLONE_NEWNET))
  }
}

/**
 * Runs `action` with the main thread inside the namespace: sockets that it opens with libc and processes that it spawns
 * belong there. Only for synchronous work: Node's own listen and connect run later, back at home.
 */
export function inNamespace<T>(namespace: NetworkNamespace | undefined, action: () => T): T {
  if (namespace === undefined) return action()
  const back = homeNamespace()
  checked('setns', libc().setns(namespace.fd, CLONE_NEWNET))
  try {
    return action()
  } finally {
    checked('setns', libc().setns(back, CLONE_NEWNET))
  }
}
