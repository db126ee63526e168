/** What a running network is asked to look at, and what it saw: plain data between the command and the engine. */
import type { PacketJourney, RuleOutcome } from './report.ts'

export interface ProbeRequest {
  /** `outside`, `node/NAME` or `pod/NAMESPACE/NAME`. */
  readonly from: string
  /** Absolute names, no dots at their ends, in the order in which they are tried. Empty where TO is an address. */
  readonly names: readonly string[]
  readonly protocol: 'TCP' | 'UDP'
  /** What the client dials; without an address, the first that the name has. */
  readonly dials: readonly { readonly address?: string; readonly port: number; readonly node?: string }[]
  /** Endpoints that are dialled without the Service, to judge each of them. */
  readonly direct: readonly { readonly address: string; readonly port: number }[]
  /** Pods whose listening sockets are looked at: `namespace/name`. */
  readonly pods: readonly string[]
  /** What is sent on each connection; nothing where it is absent. */
  readonly send?: string
  /** Whether the packets of the dialled connections are followed. Those that vanish are in any case. */
  readonly packets?: boolean
}

export interface Query {
  readonly name: string
  readonly type: 'A' | 'AAAA'
  /** `NOERROR`, `NXDOMAIN` and so on; `timeout` without an answer. */
  readonly result: string
  readonly addresses: readonly string[]
  readonly milliseconds: number
}

export interface Connection {
  readonly address: string
  readonly port: number
  /** `ETIMEDOUT` and the like; null where it was made. */
  readonly errno: string | null
  readonly milliseconds: number
  /** Until the first byte of an answer; null without one. */
  readonly firstByte: number | null
  /** The beginning of the answer, one character a byte. */
  readonly bytes: string
  /** The other side has closed it. */
  readonly closed: boolean
  readonly source: string | null
  readonly sourcePort?: number | null
}

export interface Socket {
  readonly protocol: 'TCP' | 'UDP'
  readonly address: string
  readonly port: number
  /** Connections that wait to be accepted. */
  readonly queue: number
  /** `node (pid 455)`; null where it could not be seen. */
  readonly process: string | null
}

export interface Observation {
  readonly clientAddress: string | null
  readonly server: string | null
  readonly queries: readonly Query[]
  readonly dials: readonly Connection[]
  readonly direct: readonly Connection[]
  /** By `namespace/name` of the Pod. */
  readonly sockets: Readonly<Record<string, readonly Socket[]>>
  readonly rules: readonly RuleOutcome[]
  /** Tables of others on the way: `node-1: inet filter`. */
  readonly foreign: readonly string[]
  /** Packets that were followed. */
  readonly packets?: readonly PacketJourney[]
  /** Whether the kernel could not tell of all of them. */
  readonly packetsLost?: boolean
}
