import type { UpstreamCounts } from './dns/forwarding.ts'
import type { ForwardingState } from '../explain/dns/observed.ts'
import type { ListenAddress } from '../host/listen.ts'
import type { ClusterOptions } from './options.ts'
import type { NetworkStatus } from './control/status.ts'

/** What the front tells the engine over the IPC channel. */
export type FrontMessage =
  | { readonly kind: 'start'; readonly options: ClusterOptions; readonly objects: readonly unknown[] }
  /** One result for each address of the batch; the descriptors of those that succeeded are in the fd channel, in order. */
  | { readonly kind: 'listening'; readonly batch: number; readonly results: readonly ListenResult[] }
  | { readonly kind: 'dns-answer'; readonly id: number; readonly answer?: string }
  /** Absent where nobody is asked. */
  | {
      readonly kind: 'dns-state'
      readonly id: number
      readonly state?: ForwardingState
      readonly counts?: UpstreamCounts
    }
  | { readonly kind: 'stop' }

/** This machine lacks something, the command line cannot be used as it is, or neither is known. */
export type FailureCause = 'machine' | 'usage' | 'unknown'

/** What the engine tells the front. */
export type EngineMessage =
  | { readonly kind: 'booted' }
  | { readonly kind: 'step'; readonly name: string; readonly milliseconds: number }
  | { readonly kind: 'listen'; readonly batch: number; readonly addresses: readonly ListenAddress[] }
  /** Raw DNS messages, base64. */
  | { readonly kind: 'dns-query'; readonly id: number; readonly query: string; readonly overTcp: boolean }
  | { readonly kind: 'dns-state'; readonly id: number }
  | { readonly kind: 'ready'; readonly status: NetworkStatus }
  | { readonly kind: 'pods-ready' }
  /** The network cannot go on. */
  | { readonly kind: 'failed'; readonly message: string; readonly cause: FailureCause }
  | { readonly kind: 'stopped' }

/** The port that was opened, and why it is another than the wanted one. */
export interface ListenResult {
  readonly port?: number
  readonly error?: string
  /** Who holds the wanted port, where that can be seen. */
  readonly holder?: string
}

/** The variable by which the engine finds what `portolan run` started. */
export const RUN_MARK = 'PORTOLAN_RUN'
