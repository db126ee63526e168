/** The relay as one loop, driven by commands. */
import { type Connections, runBusyConnections } from './relay-connection.ts'
import { createContext, type RelayContext } from './relay-context.ts'
import type { RelayCommand, RelayCounters, RelayLimits } from './relay-messages.ts'
import { EPOLLIN } from './relay-poller.ts'
import {
  addTcpListener,
  closeTcp,
  createTcpRelay,
  removeTcpListener,
  sweepTcp,
  type TcpListener,
  type TcpRelay,
  tcpExpires,
  wakeTcpListener,
} from './relay-tcp.ts'
import {
  addUdpListener,
  closeUdp,
  createUdpRelay,
  endUdpSessions,
  removeUdpListener,
  sweepUdp,
  type UdpListener,
  type UdpRelay,
  udpExpires,
} from './relay-udp.ts'

/** Between two looks at what is idle or waits for something that raises no event; only while there is such. */
const sweepMs = 1000

type Listener =
  | { readonly protocol: 'TCP'; readonly entry: TcpListener }
  | { readonly protocol: 'UDP'; readonly entry: UdpListener }

export interface RelayLoop {
  readonly context: RelayContext
  readonly tcp: TcpRelay
  readonly udp: UdpRelay
  readonly listeners: Map<number, Listener>
  sweepAt: number
  running: boolean
}

export function createRelayLoop(limits: RelayLimits, counters: RelayCounters): RelayLoop {
  const context = createContext(limits, counters)
  return {
    context,
    tcp: createTcpRelay(context),
    udp: createUdpRelay(context),
    listeners: new Map(),
    sweepAt: Number.POSITIVE_INFINITY,
    running: true,
  }
}

function listen(loop: RelayLoop, { id, protocol, fd, route }: Extract<RelayCommand, { kind: 'listen' }>): void {
  if (protocol === 'TCP') {
    const entry: TcpListener = { fd, route, watched: false, refuses: false }
    loop.listeners.set(id, { protocol, entry })
    addTcpListener(loop.tcp, entry)
  } else {
    const entry: UdpListener = { id, fd, route }
    loop.listeners.set(id, { protocol, entry })
    addUdpListener(loop.udp, entry)
  }
}

export function runRelayCommand(loop: RelayLoop, command: RelayCommand): void {
  if (command.kind === 'listen') return listen(loop, command)
  if (command.kind === 'stop') {
    loop.running = false
    return
  }
  const listener = loop.listeners.get(command.id)
  if (listener === undefined) return
  if (command.kind === 'retarget') {
    listener.entry.route = command.route
    if (listener.protocol === 'UDP') endUdpSessions(loop.udp, listener.entry)
  } else if (command.kind === 'wake') {
    if (listener.protocol === 'TCP') wakeTcpListener(loop.tcp, listener.entry)
  } else {
    loop.listeners.delete(command.id)
    if (listener.protocol === 'TCP') removeTcpListener(loop.tcp, listener.entry)
    else removeUdpListener(loop.udp, listener.entry)
  }
}

/** Calls `onWake` whenever the eventfd `wakeFd` is written to. */
export function watchWakeFd(loop: RelayLoop, wakeFd: number, onWake: () => void): void {
  const { libc, poller } = loop.context
  const count = new Uint8Array(8)
  poller.watch(wakeFd, EPOLLIN, () => {
    libc.read(wakeFd, count, 8)
    onWake()
  })
}

function waitTime(loop: RelayLoop, connections: Connections): number {
  if (connections.busy.length > 0) return 0
  if (loop.sweepAt === Number.POSITIVE_INFINITY) return -1
  return Math.max(0, Math.ceil(loop.sweepAt - loop.context.clock.now))
}

/** Waits for events and handles them. `readClock` gives milliseconds. */
export function runRelayRound(loop: RelayLoop, readClock: () => number): void {
  const { context, tcp, udp } = loop
  const count = context.poller.wait(waitTime(loop, tcp.connections))
  context.clock.now = readClock()
  context.counters.wakeups++
  runBusyConnections(tcp.connections)
  context.poller.dispatch(count)
  if (context.clock.now >= loop.sweepAt) {
    sweepTcp(tcp)
    sweepUdp(udp)
    loop.sweepAt = Number.POSITIVE_INFINITY
  }
  const expires = tcpExpires(tcp) || udpExpires(udp)
  if (expires && loop.sweepAt === Number.POSITIVE_INFINITY) loop.sweepAt = context.clock.now + sweepMs
}

export function closeRelayLoop(loop: RelayLoop): void {
  closeTcp(loop.tcp)
  closeUdp(loop.udp)
  loop.context.mover.pipes.close()
  loop.context.poller.close()
}
