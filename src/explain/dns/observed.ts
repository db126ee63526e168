/** What a running network knows of its DNS beside the objects. */
import type { PacketJourney } from '../../nft/packet-journey.ts'
import type { UpstreamReply } from './upstream-reply.ts'

/** The servers of one domain, or of all names that no domain has. */
export interface UpstreamState {
  /** Absolute, in lower case; `.` for all others. */
  readonly domain: string
  readonly servers: readonly { readonly address: string; readonly down: boolean }[]
  /** Questions at the same time, at most. */
  readonly most: number
  /** Questions that were refused because so many were under way. */
  readonly refused: number
  /** Seconds since the last one of these. */
  readonly refusedAgo?: number
}

/** Of forwarding: all that is asked elsewhere. */
export interface ForwardingState {
  /** A question of ours has come back to us. */
  readonly looping: boolean
  readonly upstreams: readonly UpstreamState[]
}

/** What became of a question that the Pod asked for a name that cluster DNS always has. */
export interface Reached {
  readonly server: string
  /** An rcode, or why there was none: `timeout`, `ECONNREFUSED`. */
  readonly result: string
  /** Of the packets that were followed where there was no answer. */
  readonly packets?: readonly PacketJourney[]
}

export interface Observed {
  /** Milliseconds since the epoch. */
  readonly now: number
  /** None where the network does not say. */
  readonly forwarding?: ForwardingState
  readonly reached?: Reached
  /** What the servers upstream said, by absolute name in lower case. */
  readonly replies?: ReadonlyMap<string, UpstreamReply>
  /** What NetworkPolicies would do to the question in a cluster. */
  readonly policy?: string
}
