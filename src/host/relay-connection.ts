/** Relayed TCP connections: bytes, half-closes and resets go on to the other side. */
import type { RelayContext } from './relay-context.ts'
import { createFlow, type Flow, pumpFlow, releaseFlow } from './relay-flow.ts'
import { EPOLLERR, EPOLLET, EPOLLHUP, EPOLLIN, EPOLLOUT, EPOLLPRI, EPOLLRDHUP } from './relay-poller.ts'
import { acknowledge, closeWithReset, EINPROGRESS, SHUT_WR } from './relay-socket.ts'

/** A client that closed its side waits this long for the target to answer, as it may only have half-closed. */
const abandonedMs = 3000
const streamEvents = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLPRI | EPOLLET
/** After these, reading ends with more than "nothing left for now". */
const lastEvents = EPOLLRDHUP | EPOLLPRI | EPOLLHUP | EPOLLERR
const sourceEvents = EPOLLIN | lastEvents

export interface Connection {
  /** From the client to the target. */
  readonly upward: Flow
  readonly downward: Flow
  connecting: boolean
  closed: boolean
}

export interface Connections {
  readonly context: RelayContext
  readonly open: Set<Connection>
  /** Connecting, with the client's side closed, and the time to give up. */
  readonly abandoned: Map<Connection, number>
  /** Those with more to move that wait for no event. */
  busy: Connection[]
  /** Called after each end of a connection. */
  readonly onClosed: () => void
}

export function createConnections(context: RelayContext, onClosed: () => void): Connections {
  return { context, open: new Set(), abandoned: new Map(), busy: [], onClosed }
}

function dispose(connections: Connections, connection: Connection, closeSocket: (fd: number) => void): void {
  if (connection.closed) return
  connection.closed = true
  const { mover, poller, counters } = connections.context
  const { upward, downward } = connection
  releaseFlow(mover, upward)
  releaseFlow(mover, downward)
  for (const fd of [upward.source, upward.target]) {
    poller.forget(fd)
    closeSocket(fd)
  }
  connections.open.delete(connection)
  connections.abandoned.delete(connection)
  counters.connections--
  connections.onClosed()
}

function reset(connections: Connections, connection: Connection): void {
  if (!connection.closed) connections.context.counters.reset++
  dispose(connections, connection, closeWithReset)
}

/** What a socket received before its reset is still delivered. */
function resetAfterLastBytes(connections: Connections, connection: Connection, flow: Flow): void {
  flow.readable = true
  flow.untilEmpty = true
  if (!flow.ended) pumpFlow(connections.context.mover, flow, connections.context.clock.now)
  reset(connections, connection)
}

function pump(connections: Connections, connection: Connection, flow: Flow): void {
  if (flow.ended || connection.closed) return
  const { mover, clock, libc } = connections.context
  const other = flow === connection.upward ? connection.downward : connection.upward
  const outcome = pumpFlow(mover, flow, clock.now)
  if (outcome === 'busy') connections.busy.push(connection)
  else if (outcome === 'sourceFailed') reset(connections, connection)
  else if (outcome === 'targetFailed') resetAfterLastBytes(connections, connection, other)
  else if (outcome === 'ended') {
    if (other.ended) dispose(connections, connection, libc.close)
    else libc.shutdown(flow.target, SHUT_WR)
  }
}

/** Runs for events of the socket that `inward` reads and `outward` writes. */
function onEvents(connections: Connections, connection: Connection, inward: Flow, outward: Flow, events: number): void {
  if (events & EPOLLOUT && !outward.writable) {
    outward.writable = true
    pump(connections, connection, outward)
  }
  if (connection.closed || !(events & sourceEvents)) return
  inward.readable = true
  if (events & lastEvents) inward.untilEmpty = true
  // A reset that no read will meet: the FIN was read before, or the other side takes nothing.
  const unread = inward.ended ? events & EPOLLHUP : !inward.writable && events & EPOLLERR
  if (unread) reset(connections, connection)
  else pump(connections, connection, inward)
}

function onClientEvents(connections: Connections, connection: Connection, events: number): void {
  const { upward, downward } = connection
  onEvents(connections, connection, upward, downward, events)
  if (connection.closed || !connection.connecting || !(events & EPOLLRDHUP)) return
  if (connections.abandoned.has(connection)) return
  connections.abandoned.set(connection, connections.context.clock.now + abandonedMs)
}

function onTargetEvents(connections: Connections, connection: Connection, events: number): void {
  const { upward, downward, connecting } = connection
  if (connecting) {
    connection.connecting = false
    connections.abandoned.delete(connection)
    // An ICMP error that arrives while connect() still holds the socket ends nothing: the kernel would try again in 1 s.
    if (events === EPOLLERR) return reset(connections, connection)
  }
  // The client's first event comes before this one: it was watched first.
  if (connecting && !upward.readable) acknowledge(upward.target)
  onEvents(connections, connection, downward, upward, events)
}

/** Takes over both sockets. The connection to `target` is only begun: the first event of its socket is its outcome. */
export function startConnection(connections: Connections, client: number, upstream: number, target: Uint8Array): void {
  const { libc, poller, counters } = connections.context
  const connection: Connection = {
    upward: createFlow(client, upstream, false),
    downward: createFlow(upstream, client, true),
    connecting: true,
    closed: false,
  }
  connections.open.add(connection)
  counters.connections++
  const started =
    (libc.connect(upstream, target, target.length) === 0 || libc.errno() === EINPROGRESS) &&
    poller.watch(client, streamEvents, (events) => onClientEvents(connections, connection, events)) &&
    poller.watch(upstream, streamEvents, (events) => onTargetEvents(connections, connection, events))
  if (!started) reset(connections, connection)
}

/** Gives each connection that is busy one turn. */
export function runBusyConnections(connections: Connections): void {
  const turn = connections.busy
  connections.busy = []
  for (const connection of turn) {
    pump(connections, connection, connection.upward)
    pump(connections, connection, connection.downward)
  }
}

export function resetAbandoned(connections: Connections): void {
  for (const [connection, deadline] of connections.abandoned) {
    if (connections.context.clock.now >= deadline) reset(connections, connection)
  }
}

export function closeConnections(connections: Connections): void {
  for (const connection of connections.open) dispose(connections, connection, connections.context.libc.close)
}
