import type { SocketAddress } from '../../src/host/relay-socket.ts'

/** A program that relays TCP connections, beside which Portolan is measured: one file each. */
export interface Peer {
  readonly name: string
  /** Its version, or undefined where this machine does not have it. */
  readonly version: () => string | undefined
  /** The command that relays until it is stopped. Its files go to `folder`. */
  readonly command: (relay: PeerRelay) => readonly string[]
}

export interface PeerRelay {
  readonly listen: SocketAddress
  /** A descriptor that listens already, instead of `listen`. */
  readonly inherited?: number
  readonly target: SocketAddress
  readonly folder: string
}
