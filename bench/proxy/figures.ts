/** What one measurement in a namespace of its own gives; times in milliseconds. */
export interface ColdFigures {
  /** From the API's objects to the records of what is served. */
  readonly resolve: number
  readonly compile: number
  /** Includes the difference to nothing. */
  readonly encode: number
  readonly kernel: number
  /** CPU time of the three, of all threads: on a loaded machine it says more than the clock. */
  readonly cpu: number
  /** What makes later changes cheap, made once the rules are written. */
  readonly settle: number
}

export interface Figures {
  readonly cold: ColdFigures
  /** A start over the rules that are there: compile, read them, find no difference. */
  readonly restart: number
  /** Median, from an EndpointSlice with one endpoint replaced to the kernel's answer. */
  readonly change: number
  /** % of one CPU while 1 % of the Services change each second. */
  readonly churn: number
  /** MB of the process (PSS), the API's objects included. */
  readonly memory: number
}

export interface RivalFigures {
  readonly cold: number
  readonly change: number
}

/** How packets reach an endpoint: without any rules, through ours, through kube-proxy's. */
export type Way = 'direct' | 'portolan' | 'kube-proxy'

export interface PacketFigures {
  /** Microseconds of CPU time for a connection that is refused: one packet there and one back, and the socket's system calls. */
  readonly firstPacket: number
  /** New TCP connections a second, 32 at once, each one byte there and one back. */
  readonly connections: number
  /** MB/s of one TCP stream. */
  readonly stream: number
}
