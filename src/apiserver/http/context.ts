import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex, Readable, Writable } from 'node:stream'
import type { Container, Pod } from '../../api/core.ts'
import type { Store } from '../../store/store.ts'
import type { Registry } from '../registry.ts'
import type { EventRecorder } from './events/recorder.ts'
import type { ResourcePath } from './request-path.ts'
import type { Authenticate } from './tokens/authenticate.ts'
import type { ServiceAccountTokens } from './tokens/service-account-tokens.ts'
import type { WatchHistory } from './watch-history.ts'

/** A program that runs beside a container, for `exec`. */
export interface RunningCommand {
  /** Absent where it was not asked for, or where a terminal carries all three. */
  readonly stdin?: Writable
  readonly stdout?: Readable
  readonly stderr?: Readable
  /** Rejects where it could not be started. */
  readonly exitCode: Promise<number>
  resize?(columns: number, rows: number): void
  kill(): void
}

export interface CommandRequest {
  readonly pod: Pod
  readonly container: string
  readonly command: readonly string[]
  readonly stdin: boolean
  readonly tty: boolean
}

export interface AttachRequest {
  readonly pod: Pod
  readonly container: Container
  /** The number of the run that is attached to. */
  readonly run: number
  readonly stdin: boolean
}

/** CPU in cores, memory in bytes. */
export interface Usage {
  readonly cpu: number
  readonly memory: number
}

export interface UsageReading {
  /** The time over which CPU was counted. */
  readonly milliseconds: number
  /** `pod` as objectKey gives it; undefined where nothing was measured. */
  of(pod: string, container: string): Usage | undefined
}

/** What the API server asks of those who run Pods. */
export interface PodAccess {
  /** The file with the output of a container's run number `restartCount`. */
  logPath(pod: Pod, container: string, restartCount: number): string
  /** When the parts of such a file were written, in milliseconds since 1970. */
  readonly logTimes: {
    timeOf(file: string, offset: number): number
    /** The first byte that was written then or later. */
    offsetAt(file: string, time: number): number
  }
  /** Throws an Error that says why it cannot be. */
  run(request: CommandRequest): RunningCommand
  /** Connects with the program of a container itself; `kill` only leaves it. Throws as `run` does. */
  attach(request: AttachRequest): RunningCommand
  /** A connection to a port of a Pod or of a node. */
  connect(address: string, port: number): Promise<Duplex>
  /** Measures all containers now. */
  usage(): Promise<UsageReading>
}

export interface ApiContext {
  readonly store: Store
  readonly registry: Registry
  readonly history: WatchHistory
  readonly events: EventRecorder
  readonly pods: PodAccess
  readonly tokens: ServiceAccountTokens
  readonly authenticate: Authenticate
  /** What Prometheus scrapes at `/metrics`. */
  readonly metrics: () => Promise<string> | string
  /** Milliseconds since 1970. */
  readonly now: () => number
}

/** One request for a served resource. */
export interface ApiRequest {
  readonly path: ResourcePath
  readonly query: URLSearchParams
  readonly request: IncomingMessage
  readonly response: ServerResponse
}
