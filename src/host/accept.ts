/** Connections of a listening socket, as descriptors: to turn one away costs no more than the two system calls. */
import { checked, libc } from './libc.ts'
import type { PollHandle } from './poll.ts'
import { CLOEXEC, EAGAIN, isExhausted, NONBLOCK } from './relay-socket.ts'
import { ADDRESS_BYTES, addressText } from './udp-batch.ts'

/** Connections taken before other events get their turn: a flood of them must not hold up datagrams. */
export const BURST = 8
/** Milliseconds until the next try where descriptors or memory are short. */
const EXHAUSTED_PAUSE = 100

export interface Acceptor {
  /** Closes the listening socket, no connection. */
  close(): void
}

export interface AcceptHandlers {
  /** Whether the client, given by its address, may have a connection; it is closed at once otherwise. */
  readonly admits: (client: string) => boolean
  /** The non-blocking descriptor is the handler's from now on. */
  readonly connected: (fd: number, client: string) => void
  readonly onError: (error: unknown) => void
}

/** Accepts on a listening socket until closed. */
export function acceptOn(fd: number, { admits, connected, onError }: AcceptHandlers): Acceptor {
  const c = libc()
  const address = new Uint8Array(ADDRESS_BYTES)
  const length = new Uint32Array(1)
  let handle: PollHandle | undefined
  let timer: NodeJS.Timeout | undefined

  /** Whether there may be more. */
  const acceptOne = (): boolean => {
    length[0] = address.length
    const connection = c.accept4(fd, address, length, NONBLOCK | CLOEXEC)
    if (connection < 0) return failed(c.errno())
    const client = addressText(address, 0)
    if (admits(client)) connected(connection, client)
    else c.close(connection)
    return true
  }
  /** What else can go wrong is of one connection that went before it was accepted. */
  const failed = (errno: number): boolean => {
    if (!isExhausted(errno)) return errno !== EAGAIN
    onError(new Error(`accept: ${c.errorName(errno)}`))
    stop()
    timer = setTimeout(watch, EXHAUSTED_PAUSE)
    return false
  }
  const watch = (): void => {
    // The handler holds the handle, which would be collected otherwise.
    handle = c.poll(fd, () => {
      for (let count = 0; count < BURST && acceptOne(); count++);
    })
  }
  const stop = (): void => {
    handle?.close()
    handle = undefined
  }
  watch()
  return {
    close() {
      clearTimeout(timer)
      stop()
      checked('close', c.close(fd))
    },
  }
}
