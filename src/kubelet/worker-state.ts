import type { Container, Pod, PodStatus } from '../api/core.ts'
import type { Clock } from '../lib/clock.ts'
import type { Snapshot } from '../model/snapshot.ts'
import type { ContainerRecord } from './container-record.ts'
import type { ContainerRuntime, PodSandbox, RunningContainer } from './container-runtime.ts'
import type { PodFailure } from './deadline.ts'
import type { ContainerProbes } from './probe/container-probes.ts'
import type { LogTimes } from './log-times.ts'
import type { Prober } from './probe/prober.ts'
import type { ProjectedTokens, TokenProjection } from './volumes/projected-tokens.ts'
import type { PodVolumes, VolumeFolders } from './volumes/pod-volumes.ts'

/** As `kubectl get events` shows it. */
export interface PodEvent {
  readonly type: 'Normal' | 'Warning'
  readonly reason: string
  readonly message: string
  /** Absent: it is about the Pod as a whole. */
  readonly container?: string
}

/** What the kubelet is given: the machine below it and the store above it. */
export interface KubeletDependencies {
  readonly clock: Clock
  readonly runtime: ContainerRuntime
  /** Folder of all container logs; made when needed. */
  readonly logDirectory: string
  readonly logTimes: Pick<LogTimes, 'follow' | 'end' | 'forget'>
  readonly volumeFolders: VolumeFolders
  snapshot(): Snapshot
  /** Makes the network of a Pod; may reject, and is then tried again. */
  runPodSandbox(pod: Pod): Promise<PodSandbox>
  removePodSandbox(pod: Pod, sandbox: PodSandbox): Promise<void>
  /** Writes `status` to the Pod of this uid in the store, which may be gone by then. */
  writeStatus(pod: Pod, status: PodStatus): void
  /** The last step of a deletion: takes the Pod of this uid out of the store, if it is still there. */
  deletePod(pod: Pod): void
  /** What happened to a Pod, for its events. */
  recordEvent(pod: Pod, event: PodEvent): void
  /** Makes a token of the Pod's ServiceAccount; undefined where that is not there. */
  serviceAccountToken(pod: Pod, wish: TokenProjection): string | undefined
  readonly prober: Prober
  /** Resolves when no proxy sends new connections to the Pod any more. */
  endpointsRemoved(pod: Pod): Promise<void>
}

/** One run of a container. */
export interface Run {
  readonly container: Container
  readonly sandbox: PodSandbox
  readonly child: RunningContainer
  /** Notes what is new of it. */
  readonly change: (part: Partial<ContainerRecord>) => void
}

/** All that changes while one Pod lives. */
export interface WorkerState {
  readonly dependencies: KubeletDependencies
  /** Milliseconds of the Clock. */
  readonly startedAt: number
  readonly records: Map<string, ContainerRecord>
  readonly running: Map<string, Run>
  /** Of the containers that run. */
  readonly probes: Map<string, ContainerProbes>
  /** Runs that are being stopped. */
  readonly stopping: Set<Run>
  /** Runs that got SIGTERM. */
  readonly told: Set<Run>
  /** Called on every look at the Pod. */
  readonly watchers: Set<() => void>
  pod: Pod
  stage: 'running' | 'terminating' | 'finished'
  /** Settles when the present attempt at a sandbox is over. */
  making: Promise<void>
  sandbox?: PodSandbox
  /** Made when the first container needs them. */
  volumes?: PodVolumes
  /** Made with the first look at volumes. */
  tokens?: ProjectedTokens
  sandboxProblem?: string
  sandboxRemoved: boolean
  /** Milliseconds of the Clock at which all that was told to end gets SIGKILL. */
  killAt: number
  cancelKill: () => void
  cancelWake: () => void
  cancelDeadline: () => void
  /** The Pod is being ended, or was, because it failed as a whole. */
  failure?: PodFailure
  lastWritten: string
  lookQueued: boolean
}

export function createWorkerState(pod: Pod, dependencies: KubeletDependencies): WorkerState {
  return {
    dependencies,
    startedAt: dependencies.clock.now(),
    records: new Map(),
    running: new Map(),
    probes: new Map(),
    stopping: new Set(),
    told: new Set(),
    watchers: new Set(),
    pod,
    stage: 'running',
    making: Promise.resolve(),
    sandboxRemoved: false,
    killAt: Number.POSITIVE_INFINITY,
    cancelKill: () => undefined,
    cancelWake: () => undefined,
    cancelDeadline: () => undefined,
    lastWritten: '',
    lookQueued: false,
  }
}
