/** UDP: one connected upstream socket for each client address, until it is idle. */
import type { RelayContext } from './relay-context.ts'
import { nextTarget, type Route } from './relay-messages.ts'
import { EPOLLIN } from './relay-poller.ts'
import { EAGAIN, MSG_DONTWAIT, MSG_NOSIGNAL, openUpstream, SOCK_DGRAM } from './relay-socket.ts'

/** A flow that was not answered is kept as long as conntrack keeps one; answered ones get twice that. */
const unrepliedMs = 30_000
const idleMs = 60_000
/** Order of use is kept to this precision. */
const orderMs = 1000
/** Datagrams taken from one socket before other events get their turn. */
const burst = 64
const datagramBytes = 65536
const datagramFlags = MSG_DONTWAIT | MSG_NOSIGNAL

export interface UdpListener {
  readonly id: number
  readonly fd: number
  route: Route
}

interface Session {
  readonly fd: number
  readonly key: string
  readonly listener: UdpListener
  readonly client: Uint8Array
  lastActive: number
  replied: boolean
}

export interface UdpRelay {
  readonly context: RelayContext
  readonly listeners: Set<UdpListener>
  /** In order of last use, oldest first. */
  readonly sessions: Map<string, Session>
  readonly buffer: Uint8Array
  /** Where the datagram in `buffer` came from. */
  readonly address: Uint32Array
  readonly addressLength: Int32Array
}

export function createUdpRelay(context: RelayContext): UdpRelay {
  return {
    context,
    listeners: new Set(),
    sessions: new Map(),
    buffer: new Uint8Array(datagramBytes),
    address: new Uint32Array(7),
    addressLength: new Int32Array(1),
  }
}

function endSession(relay: UdpRelay, session: Session): void {
  if (relay.sessions.get(session.key) !== session) return
  const { poller, libc, counters } = relay.context
  relay.sessions.delete(session.key)
  counters.sessions = relay.sessions.size
  poller.forget(session.fd)
  libc.close(session.fd)
}

/** Returns whether there was one. */
function endOldest(relay: UdpRelay): boolean {
  const oldest = relay.sessions.values().next().value
  if (oldest !== undefined) endSession(relay, oldest)
  return oldest !== undefined
}

function touch(relay: UdpRelay, session: Session): void {
  const { now } = relay.context.clock
  if (now - session.lastActive < orderMs) return
  session.lastActive = now
  relay.sessions.delete(session.key)
  relay.sessions.set(session.key, session)
}

function openSession(relay: UdpRelay, listener: UdpListener, key: string): Session | undefined {
  const { libc, limits, counters, poller, clock } = relay.context
  const { route } = listener
  const target = nextTarget(route)
  if (target === undefined) return undefined
  if (relay.sessions.size >= limits.maxSessions) endOldest(relay)
  let fd = openUpstream(SOCK_DGRAM, target, route.source)
  if (fd < 0 && endOldest(relay)) fd = openUpstream(SOCK_DGRAM, target, route.source)
  if (fd < 0) return undefined
  const client = new Uint8Array(relay.address.buffer.slice(0, relay.addressLength[0]))
  const session: Session = { fd, key, listener, client, lastActive: clock.now, replied: false }
  if (libc.connect(fd, target, target.length) !== 0 || !poller.watch(fd, EPOLLIN, () => takeReplies(relay, session))) {
    libc.close(fd)
    return undefined
  }
  route.turn++
  relay.sessions.set(key, session)
  counters.sessions = relay.sessions.size
  return session
}

/** An error here is an ICMP message about an earlier datagram, such as port unreachable: the session ends. */
function takeReplies(relay: UdpRelay, session: Session): void {
  const { recv, sendto, errno } = relay.context.libc
  for (let left = burst; left > 0; left--) {
    const length = recv(session.fd, relay.buffer, datagramBytes, MSG_DONTWAIT)
    if (length < 0) {
      if (errno() !== EAGAIN) endSession(relay, session)
      return
    }
    touch(relay, session)
    session.replied = true
    sendto(session.listener.fd, relay.buffer, length, datagramFlags, session.client, session.client.length)
  }
}

/** Family, port and IPv4 address are the first two words of an address; IPv6 takes them all. */
function sessionKey(relay: UdpRelay, listener: UdpListener): string {
  const { address, addressLength } = relay
  const words = addressLength[0] === 16 ? `${address[0]} ${address[1]}` : address.join(' ')
  return `${listener.id} ${words}`
}

function takeRequests(relay: UdpRelay, listener: UdpListener): void {
  const { recvfrom, send, errno } = relay.context.libc
  const { buffer, address, addressLength } = relay
  for (let left = burst; left > 0; left--) {
    addressLength[0] = address.byteLength
    const length = recvfrom(listener.fd, buffer, datagramBytes, MSG_DONTWAIT, address, addressLength)
    if (length < 0) return
    const key = sessionKey(relay, listener)
    const session = relay.sessions.get(key) ?? openSession(relay, listener, key)
    if (session === undefined) continue
    touch(relay, session)
    if (send(session.fd, buffer, length, datagramFlags) < 0 && errno() !== EAGAIN) endSession(relay, session)
  }
}

/** Takes over the listener's descriptor. */
export function addUdpListener(relay: UdpRelay, listener: UdpListener): void {
  relay.listeners.add(listener)
  relay.context.poller.watch(listener.fd, EPOLLIN, () => takeRequests(relay, listener))
}

export function removeUdpListener(relay: UdpRelay, listener: UdpListener): void {
  relay.listeners.delete(listener)
  endUdpSessions(relay, listener)
  relay.context.poller.unwatch(listener.fd)
  relay.context.libc.close(listener.fd)
}

/** Ends the sessions of a listener, so that the next datagrams take its present route. */
export function endUdpSessions(relay: UdpRelay, listener: UdpListener): void {
  for (const session of relay.sessions.values()) if (session.listener === listener) endSession(relay, session)
}

/** Whether `sweepUdp` has something to watch. */
export function udpExpires(relay: UdpRelay): boolean {
  return relay.sessions.size > 0
}

/** Ends idle sessions. */
export function sweepUdp(relay: UdpRelay): void {
  for (const session of relay.sessions.values()) {
    const idle = relay.context.clock.now - session.lastActive
    if (idle < unrepliedMs) return
    if (idle >= (session.replied ? idleMs : unrepliedMs)) endSession(relay, session)
  }
}

export function closeUdp(relay: UdpRelay): void {
  for (const listener of relay.listeners) removeUdpListener(relay, listener)
}
