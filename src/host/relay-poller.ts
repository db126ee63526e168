/** epoll(7) with one handler a descriptor. */
import { checked, libc } from './libc.ts'
import { CLOEXEC } from './relay-socket.ts'

export const EPOLLIN = 0x1
export const EPOLLPRI = 0x2
export const EPOLLOUT = 0x4
export const EPOLLERR = 0x8
export const EPOLLHUP = 0x10
export const EPOLLRDHUP = 0x2000
export const EPOLLET = 0x80000000

const EPOLL_CTL_ADD = 1
const EPOLL_CTL_DEL = 2

const batch = 256
/** `struct epoll_event` is packed on x64 only: events, then (after a hole elsewhere) 64 bits of ours. */
const dataAt = process.arch === 'x64' ? 1 : 2
const stride = dataAt + 2

export type EventHandler = (events: number) => void

export interface Poller {
  /** Starts to watch; returns whether epoll took the descriptor. */
  readonly watch: (fd: number, mask: number, handler: EventHandler) => boolean
  /** Call before closing a descriptor that nobody else holds: the close itself ends the watch. */
  readonly forget: (fd: number) => void
  /** Ends the watch of a descriptor that stays open, here or in another process. */
  readonly unwatch: (fd: number) => void
  /** Waits for events and returns how many came; -1 waits for ever. */
  readonly wait: (timeoutMs: number) => number
  /** Runs the handlers of the events that the last wait found. */
  readonly dispatch: (count: number) => void
  readonly close: () => void
}

/**
 * Each watch carries a serial number besides its descriptor, since a descriptor closed by one handler may have been
 * opened again by the next while older events for it wait in the same batch.
 */
export function createPoller(): Poller {
  const { epollCreate1, epollCtl, epollWait, close } = libc()
  const epoll = checked('epoll_create1', epollCreate1(CLOEXEC))
  const handlers: (EventHandler | undefined)[] = []
  const serials: number[] = []
  const events = new Int32Array(batch * stride)
  const event = new Int32Array(stride)
  let serial = 0

  function watch(fd: number, mask: number, handler: EventHandler): boolean {
    serial = (serial + 1) | 0
    event[0] = mask
    event[dataAt] = fd
    event[dataAt + 1] = serial
    if (epollCtl(epoll, EPOLL_CTL_ADD, fd, event) !== 0) return false
    handlers[fd] = handler
    serials[fd] = serial
    return true
  }

  function forget(fd: number): void {
    handlers[fd] = undefined
  }

  function unwatch(fd: number): void {
    epollCtl(epoll, EPOLL_CTL_DEL, fd, event)
    forget(fd)
  }

  function dispatch(count: number): void {
    for (let at = 0; at < count * stride; at += stride) {
      const fd = events[at + dataAt] ?? -1
      if (serials[fd] === events[at + dataAt + 1]) handlers[fd]?.(events[at] ?? 0)
    }
  }

  return {
    watch,
    forget,
    unwatch,
    wait: (timeoutMs) => epollWait(epoll, events, batch, timeoutMs),
    dispatch,
    close: () => close(epoll),
  }
}
