/**
 * The userspace relay between listeners of the host's network and targets in this process's own network.
 *
 * Node's net moves too few bytes a second, so a worker thread does it with epoll and splice over raw descriptors. This
 * is the side of the main thread: it gives the worker listeners and never waits for it.
 */
import { readFileSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import { checked, libc } from './libc.ts'
import { programFile } from './program-files.ts'
import {
  encodeRoute,
  type RelayCommand,
  type RelayCounters,
  type RelayLimits,
  type RelayNotice,
  type RelayRoute,
  type RelayStats,
  type RelayWorkerData,
  sharedCounters,
  statNames,
} from './relay-messages.ts'
import { CLOEXEC, NONBLOCK, setNoDelay } from './relay-socket.ts'

export type { RelayLimits, RelayRoute, RelayStats } from './relay-messages.ts'
export type { SocketAddress } from './relay-socket.ts'

const F_DUPFD_CLOEXEC = 1030
const F_GETFL = 3
const F_SETFL = 4
const [SOL_SOCKET, SO_REUSEADDR, SHUT_RD] = [1, 2, 0]
/** net.core.somaxconn cuts it to what the kernel allows. */
const backlog = 65535
/** Of 1 MiB each: half of what an ordinary user may have by default (fs.pipe-user-pages-soft). */
const defaultMaxPipes = 32

export interface RelayListener {
  /** For new connections; those that run keep their target. UDP sessions end. */
  readonly retarget: (route: RelayRoute) => void
  /**
   * From now on nobody may connect, or everybody may again: TCP clients are refused, the port stays taken. Datagrams go on.
   */
  readonly refuse: (isRefusing: boolean) => void
  /** Settles when the descriptor is closed. TCP connections that run go on. */
  readonly close: () => Promise<void>
}

export interface Relay {
  /**
   * Takes a bound TCP socket, listening or not, and relays what it accepts. The descriptor is duplicated: the caller may close its own.
   * Nobody else may accept from it.
   */
  readonly listenTcp: (fd: number, route: RelayRoute) => RelayListener
  /** Takes a UDP socket bound to one address, and duplicates it. Nobody else may read from it. */
  readonly listenUdp: (fd: number, route: RelayRoute) => RelayListener
  readonly stats: () => RelayStats
  /** Closes every listener and connection, and settles when the thread has ended. */
  readonly close: () => Promise<void>
}

export interface RelayOptions extends Partial<RelayLimits> {
  /** The thread ended by an error. Its listeners and connections are lost. */
  readonly onFailure?: (error: Error) => void
}

/** A tenth of the descriptors this process may open stays free for others; the rest is two a connection. */
function defaultMaxConnections(): number {
  const limit = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1'))?.[1]
  return Math.floor((Number(limit ?? 1024) * 0.9) / 2)
}

function duplicate(fd: number): number {
  const { fcntl } = libc()
  const copy = checked('fcntl F_DUPFD_CLOEXEC', fcntl(fd, F_DUPFD_CLOEXEC, 0))
  fcntl(copy, F_SETFL, fcntl(copy, F_GETFL, 0) | NONBLOCK)
  return copy
}

/** Node 20 cannot run TypeScript in a worker, so this needs compiled code beside it: tests compile it first. */
function startWorker(data: RelayWorkerData): Worker {
  return new Worker(programFile('host/relay-worker'), {
    name: 'relay',
    workerData: data,
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 4, codeRangeSizeMb: 16, stackSizeMb: 1 },
  })
}

interface Thread {
  readonly worker: Worker
  /** An eventfd that the thread waits for. */
  readonly wakeFd: number
  readonly counters: RelayCounters
  readonly ended: Promise<void>
  /** By the number of a listener that is being closed. */
  readonly closing: Map<number, () => void>
  lastId: number
  running: boolean
}

const one = new BigUint64Array([1n])

function send(thread: Thread, command: RelayCommand): void {
  if (!thread.running) return
  thread.worker.postMessage(command, [])
  libc().write(thread.wakeFd, one, 8)
}

function startThread(limits: RelayLimits): Thread {
  const { eventfd, close } = libc()
  const wakeFd = checked('eventfd', eventfd(0, CLOEXEC | NONBLOCK))
  const stats = new SharedArrayBuffer(statNames.length * 8)
  const worker = startWorker({ wakeFd, limits, stats })
  const closing: Thread['closing'] = new Map()
  // The process waits for its threads when it exits, and this one waits for events.
  const stop = (): void => send(thread, { kind: 'stop' })
  process.on('exit', stop)
  worker.on('message', ({ closed }: RelayNotice) => {
    closing.get(closed)?.()
    closing.delete(closed)
  })
  // After `on`, which takes a reference.
  worker.unref()
  const ended = new Promise<void>((resolve) => {
    worker.once('exit', () => {
      thread.running = false
      close(wakeFd)
      process.off('exit', stop)
      for (const settle of closing.values()) settle()
      resolve()
    })
  })
  const thread: Thread = { worker, wakeFd, counters: sharedCounters(stats), ended, closing, lastId: 0, running: true }
  return thread
}

/**
 * A socket that is shut down for reading listens no more, and keeps its port. Meanwhile it does not share it either: who
 * binds with SO_REUSEADDR may have the port of a socket that has that too and does not listen.
 */
function refuse(fd: number, isRefusing: boolean): void {
  const { setsockopt, shutdown, listen } = libc()
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, new Int32Array([isRefusing ? 0 : 1]), 4)
  if (isRefusing) shutdown(fd, SHUT_RD)
  else checked('listen', listen(fd, backlog))
}

function addListener(thread: Thread, protocol: 'TCP' | 'UDP', fd: number, route: RelayRoute): RelayListener {
  if (!thread.running) throw new Error('the relay has ended')
  const id = ++thread.lastId
  const encoded = encodeRoute(route)
  const own = duplicate(fd)
  // The thread closes it: its number may be another's then.
  let isClosing = false
  send(thread, { kind: 'listen', id, protocol, fd: own, route: encoded })
  return {
    refuse(isRefusing) {
      if (protocol === 'UDP' || !thread.running || isClosing) return
      refuse(own, isRefusing)
      if (!isRefusing) send(thread, { kind: 'wake', id })
    },
    retarget: (next) => send(thread, { kind: 'retarget', id, route: encodeRoute(next) }),
    close: () =>
      new Promise((resolve) => {
        isClosing = true
        if (!thread.running) return resolve()
        thread.closing.set(id, resolve)
        send(thread, { kind: 'close', id })
      }),
  }
}

/** Starts the thread. It does not keep the process alive. */
export function startRelay(options: RelayOptions = {}): Relay {
  const thread = startThread({
    maxConnections: options.maxConnections ?? defaultMaxConnections(),
    maxSessions: options.maxSessions ?? 4096,
    maxPipes: options.maxPipes ?? defaultMaxPipes,
  })
  thread.worker.on('error', (error: Error) => options.onFailure?.(error))
  return {
    listenTcp(fd, route) {
      checked('listen', libc().listen(fd, backlog))
      setNoDelay(fd)
      return addListener(thread, 'TCP', fd, route)
    },
    listenUdp: (fd, route) => addListener(thread, 'UDP', fd, route),
    stats: () => ({ ...thread.counters }),
    close() {
      thread.worker.ref()
      send(thread, { kind: 'stop' })
      return thread.ended
    },
  }
}
