/** What the two threads of the relay say to each other: data only, so that it can be cloned. */

import { encodeSocketAddress, type SocketAddress } from './relay-socket.ts'

export interface RelayRoute {
  /** Used in turn, one a connection or UDP session. With none, connections are reset and datagrams dropped. */
  readonly targets: readonly SocketAddress[]
  /** The local address of connections to the target; the kernel chooses when absent. */
  readonly source?: string
}

/** A RelayRoute with its addresses as the kernel takes them. */
export interface Route {
  readonly targets: readonly Uint8Array[]
  readonly source: Uint8Array | undefined
  /** The index of the next target, taken modulo their number. */
  turn: number
}

/** Throws when an address is not a literal, or the source is not of the targets' family. */
export function encodeRoute(route: RelayRoute): Route {
  const targets = route.targets.map(encodeSocketAddress)
  const source = route.source === undefined ? undefined : encodeSocketAddress({ address: route.source, port: 0 })
  const other = targets.findIndex((target) => source !== undefined && target[0] !== source[0])
  if (other >= 0) throw new Error(`cannot reach ${route.targets[other]?.address} from ${route.source}`)
  return { targets, source, turn: 0 }
}

/** The target whose turn it is. */
export function nextTarget(route: Route): Uint8Array | undefined {
  return route.targets[route.turn % route.targets.length]
}

export type RelayCommand =
  | {
      readonly kind: 'listen'
      readonly id: number
      readonly protocol: 'TCP' | 'UDP'
      readonly fd: number
      readonly route: Route
    }
  | { readonly kind: 'retarget'; readonly id: number; readonly route: Route }
  /** A TCP socket that refused listens again. */
  | { readonly kind: 'wake'; readonly id: number }
  | { readonly kind: 'close'; readonly id: number }
  | { readonly kind: 'stop' }

/** Sent by the worker when the listener's descriptor is closed. */
export interface RelayNotice {
  readonly closed: number
}

export interface RelayLimits {
  /** Relayed TCP connections at once; each takes two descriptors. */
  readonly maxConnections: number
  readonly maxSessions: number
  /** Pipes at once; flows beyond them are copied. Each takes two descriptors. */
  readonly maxPipes: number
}

export interface RelayWorkerData {
  readonly wakeFd: number
  readonly limits: RelayLimits
  /** One Float64 for each name in `statNames`. */
  readonly stats: SharedArrayBuffer
}

export const statNames = [
  'connections',
  'accepted',
  'reset',
  'sessions',
  'pausedListeners',
  'pipes',
  'wakeups',
] as const

/** `connections`, `sessions`, `pausedListeners` and `pipes` are now; the others are totals since the start. */
export type RelayStats = Readonly<Record<(typeof statNames)[number], number>>

export type RelayCounters = Record<(typeof statNames)[number], number>

/** Counters in memory that both threads see: one writes, the other may read at any time. */
export function sharedCounters(memory: SharedArrayBuffer): RelayCounters {
  const values = new Float64Array(memory)
  const property = (index: number): PropertyDescriptor => ({
    enumerable: true,
    get: () => values[index],
    set: (value: number) => {
      values[index] = value
    },
  })
  const entries = statNames.map((name, index) => [name, property(index)])
  return Object.defineProperties({}, Object.fromEntries(entries)) as RelayCounters
}
