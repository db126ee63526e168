/** Listening TCP sockets of the relay: accepts while there is room, and leaves clients in the backlog when there is not. */
import {
  type Connections,
  closeConnections,
  createConnections,
  resetAbandoned,
  startConnection,
} from './relay-connection.ts'
import type { RelayContext } from './relay-context.ts'
import { nextTarget, type Route } from './relay-messages.ts'
import { EPOLLIN } from './relay-poller.ts'
import {
  CLOEXEC,
  closeWithReset,
  EAGAIN,
  EINVAL,
  isExhausted,
  NONBLOCK,
  openUpstream,
  SOCK_STREAM,
} from './relay-socket.ts'

/** Connections taken from one listener before other events get their turn. */
const acceptBurst = 64

export interface TcpListener {
  readonly fd: number
  route: Route
  /** False while the relay is full, and while nobody may connect. */
  watched: boolean
  /** The socket does not listen: the kernel refuses who comes. */
  refuses: boolean
}

/** An upstream socket that is not used yet. */
interface Spare {
  readonly fd: number
  readonly family: number | undefined
  readonly source: Uint8Array | undefined
}

export interface TcpRelay {
  readonly context: RelayContext
  readonly connections: Connections
  readonly listeners: Set<TcpListener>
  spare: Spare | undefined
}

export function createTcpRelay(context: RelayContext): TcpRelay {
  const relay: TcpRelay = {
    context,
    connections: createConnections(context, () => resumeListeners(relay)),
    listeners: new Set(),
    spare: undefined,
  }
  return relay
}

function sameBytes(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  if (a === undefined || b === undefined) return a === b
  return a === b || (a.length === b.length && a.every((byte, index) => byte === b[index]))
}

function closeSpare(relay: TcpRelay): void {
  if (relay.spare !== undefined) relay.context.libc.close(relay.spare.fd)
  relay.spare = undefined
}

/**
 * The upstream socket is made before its client is accepted: where descriptors are short the client then stays in the
 * backlog. One that is left over serves the next client.
 */
function openSpare(relay: TcpRelay, source: Uint8Array | undefined, target: Uint8Array): Spare | undefined {
  const { spare } = relay
  const family = target[0]
  if (spare !== undefined && spare.family === family && sameBytes(spare.source, source)) return spare
  closeSpare(relay)
  const fd = openUpstream(SOCK_STREAM, target, source)
  if (fd >= 0) relay.spare = { fd, family, source }
  return relay.spare
}

function pauseListener(relay: TcpRelay, listener: TcpListener): false {
  relay.context.poller.unwatch(listener.fd)
  listener.watched = false
  relay.context.counters.pausedListeners++
  return false
}

/** The main thread has made the socket refuse: only its word makes it worth watching again. */
function restListener(relay: TcpRelay, listener: TcpListener): false {
  relay.context.poller.unwatch(listener.fd)
  listener.watched = false
  listener.refuses = true
  return false
}

function resumeListeners(relay: TcpRelay): void {
  const { counters, poller, limits } = relay.context
  if (counters.pausedListeners === 0 || counters.connections >= limits.maxConnections) return
  for (const listener of relay.listeners) {
    if (listener.watched || listener.refuses) continue
    listener.watched = poller.watch(listener.fd, EPOLLIN, () => acceptClients(relay, listener))
    if (listener.watched) counters.pausedListeners--
  }
}

/** Returns whether to try the next. */
function acceptClient(relay: TcpRelay, listener: TcpListener): boolean {
  const { libc, counters, limits } = relay.context
  const { route } = listener
  if (counters.connections >= limits.maxConnections) return pauseListener(relay, listener)
  const target = nextTarget(route)
  const spare = target === undefined ? undefined : openSpare(relay, route.source, target)
  if (target !== undefined && spare === undefined && isExhausted(libc.errno())) return pauseListener(relay, listener)
  const client = libc.accept4(listener.fd, null, null, NONBLOCK | CLOEXEC)
  if (client < 0) {
    const errno = libc.errno()
    if (errno === EINVAL) return restListener(relay, listener)
    return isExhausted(errno) ? pauseListener(relay, listener) : errno !== EAGAIN
  }
  counters.accepted++
  route.turn++
  if (target === undefined || spare === undefined) {
    counters.reset++
    closeWithReset(client)
  } else {
    relay.spare = undefined
    startConnection(relay.connections, client, spare.fd, target)
  }
  return true
}

function acceptClients(relay: TcpRelay, listener: TcpListener): void {
  for (let left = acceptBurst; left > 0; left--) if (!acceptClient(relay, listener)) return
}

/** Takes over the listener's descriptor. */
export function addTcpListener(relay: TcpRelay, listener: TcpListener): void {
  relay.listeners.add(listener)
  relay.context.counters.pausedListeners++
  resumeListeners(relay)
}

/** The listener's socket listens again. */
export function wakeTcpListener(relay: TcpRelay, listener: TcpListener): void {
  if (!listener.refuses) return
  listener.refuses = false
  addTcpListener(relay, listener)
}

export function removeTcpListener(relay: TcpRelay, listener: TcpListener): void {
  relay.listeners.delete(listener)
  if (listener.watched) relay.context.poller.unwatch(listener.fd)
  else if (!listener.refuses) relay.context.counters.pausedListeners--
  relay.context.libc.close(listener.fd)
}

/** Whether `sweepTcp` has something to watch. */
export function tcpExpires(relay: TcpRelay): boolean {
  const { counters, limits } = relay.context
  return (
    relay.connections.abandoned.size > 0 ||
    (counters.pausedListeners > 0 && counters.connections < limits.maxConnections)
  )
}

/** Gives up what waited too long, and tries again what failed for want of descriptors. */
export function sweepTcp(relay: TcpRelay): void {
  resetAbandoned(relay.connections)
  resumeListeners(relay)
}

export function closeTcp(relay: TcpRelay): void {
  for (const listener of relay.listeners) removeTcpListener(relay, listener)
  closeConnections(relay.connections)
  closeSpare(relay)
}
