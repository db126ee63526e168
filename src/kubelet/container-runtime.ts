import type { Mount } from '../host/mounts.ts'
import type { NetworkNamespace } from '../host/namespaces.ts'
import type { ProgramInput } from './program-streams.ts'
import type { Beside } from './execute-beside.ts'
import type { Container, Pod } from '../api/core.ts'

/** What a Pod's containers share: made before the first container, removed after the last. */
export interface PodSandbox {
  readonly podIP: string
  /** All addresses, podIP first; absent where there is one. */
  readonly podIPs?: readonly string[]
  readonly hostIP: string
  /** All addresses of the node, hostIP first; absent where there is one. */
  readonly hostIPs?: readonly string[]
  /** Undefined: the network namespace of this process (host networking, tests). */
  readonly netns?: NetworkNamespace
  /** Files that stand for /etc/resolv.conf and /etc/hosts in the Pod's host programs. */
  readonly resolvConf?: string
  readonly hosts?: string
  readonly hostname: string
}

/** All that a runtime needs to start one container. */
export interface ContainerSpec {
  readonly pod: Pod
  readonly container: Container
  /** An init container that is to end, not a sidecar. */
  readonly runsToCompletion: boolean
  readonly sandbox: PodSandbox
  /** The environment of `containerEnv`. */
  readonly env: () => Readonly<Record<string, string>>
  readonly restartCount: number
  /** What it is to see of the Pod's volumes, and an empty folder for the way there. */
  readonly mounts: readonly Mount[]
  readonly stage?: string
  /** File that takes stdout and stderr; its folder exists. */
  readonly logPath: string
}

export interface ContainerExit {
  /** 128 + n where signal n ended it. */
  readonly exitCode: number
  readonly signal?: number
  /** Completed or Error unless the runtime knows better, for example StartError. */
  readonly reason?: string
  readonly message?: string
}

export interface ContainerStarted {
  /** What is not as it would be in a real Pod, a sentence each. */
  readonly notes: readonly string[]
}

export interface RunningContainer {
  /** `runtime://id`, as in containerStatuses. */
  readonly containerID: string
  /** What ran, said as in containerStatuses' imageID: `stand-in` or `host-program`. */
  readonly imageID: string
  /** Resolves once it runs and, for a stand-in, listens. Never rejects; stays open when it ends before. */
  readonly started: Promise<ContainerStarted>
  /** Never rejects: a container that could not be started has exited with 128 and reason StartError. */
  readonly exit: Promise<ContainerExit>
  kill(signal: 'SIGTERM' | 'SIGKILL'): void
  /** Runs a command beside its program, for probes and hooks; `timeout` in milliseconds. Absent: it has no program. */
  readonly exec?: (command: readonly string[], timeout: number) => Promise<Execution>
  /** Where its program takes input, if it does. */
  readonly input?: () => ProgramInput | undefined
  /** Where that command runs. */
  readonly beside?: () => Beside
  /** Of a stand-in: whether it is known to answer on this TCP port. Absent where nothing is known. */
  readonly answersOn?: (port: number) => boolean
}

export interface Execution {
  /** Undefined: it did not end in time, and was ended. */
  readonly exitCode: number | undefined
  /** The beginning of what it wrote, both streams. */
  readonly output: string
}

/** One way to run containers. */
export interface ContainerRuntime {
  /** Whether what it runs there sees files: a stand-in has none. */
  seesFiles(pod: Pod, container: Container): boolean
  start(spec: ContainerSpec): RunningContainer
}
