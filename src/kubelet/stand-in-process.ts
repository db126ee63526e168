import { randomUUID } from 'node:crypto'
import type {
  ContainerExit,
  ContainerRuntime,
  ContainerSpec,
  ContainerStarted,
  RunningContainer,
} from './container-runtime.ts'
import { createStandInChannel, type StandInChannel } from './stand-in-channel.ts'
import { standInPorts, type StandInPorts } from './stand-in-ports.ts'
import type { StandIn } from './stand-in/protocol.ts'

export interface StandInRuntime extends ContainerRuntime {
  /** Starts the process now, so that it is there when the first Pod needs it. */
  prepare(): void
  /** The process's id; undefined while there is none. */
  pid(): number | undefined
  /** Ends the process, and so all stand-ins; none is started after that. */
  close(): void
}

/** What the kubelet waits to hear of one stand-in. */
interface Awaited {
  started(): void
  exited(exit: ContainerExit): void
}

/** One process serves all stand-ins. When it dies, each of them has died, and the next start brings it back. */
export function createStandInRuntime(log: 'ignore' | 'inherit' | number = 'inherit'): StandInRuntime {
  const awaited = new Map<number, Awaited>()
  let closed = false
  let nextID = 1
  const channel = createStandInChannel(log, {
    reports({ started, exited }) {
      for (const id of started) awaited.get(id)?.started()
      for (const { id, ...exit } of exited) awaited.get(id)?.exited(exit)
    },
    lost(exit) {
      const all = [...awaited.values()]
      for (const standIn of all) standIn.exited(exit)
    },
  })
  return {
    seesFiles: () => false,
    start(spec) {
      if (spec.runsToCompletion) return ended({ exitCode: 0 })
      const wanted = standInPorts(spec.pod, spec.container)
      if (typeof wanted === 'string') return ended({ exitCode: 128, reason: 'StartError', message: wanted })
      if (closed) return ended({ exitCode: 137, message: 'the network is ending' })
      return startOn(channel, awaited, standInOf(nextID++, spec, wanted), wanted)
    },
    prepare: () => channel.prepare(),
    pid: () => channel.pid(),
    close() {
      closed = true
      channel.close()
    },
  }
}

function startOn(
  channel: StandInChannel,
  awaited: Map<number, Awaited>,
  standIn: StandIn,
  { notes, ports, isChosen }: StandInPorts,
): RunningContainer {
  const { id } = standIn
  let begun: (started: ContainerStarted) => void = () => undefined
  const started = new Promise<ContainerStarted>((resolve) => {
    begun = resolve
  })
  const exit = new Promise<ContainerExit>((resolve) => {
    awaited.set(id, {
      started: () => begun({ notes }),
      exited(how) {
        awaited.delete(id)
        resolve(how)
      },
    })
  })
  channel.start(standIn)
  const answersOn = (port: number): boolean =>
    isChosen || ports.some((own) => own.protocol === 'TCP' && own.port === port)
  return { ...newNames(), started, exit, kill: (signal) => channel.kill(id, signal), answersOn }
}

const newNames = (): Pick<RunningContainer, 'containerID' | 'imageID'> => ({
  containerID: `stand-in://${randomUUID()}`,
  imageID: 'stand-in',
})

/** A container that ended as soon as it was started. */
function ended(exit: ContainerExit): RunningContainer {
  const started = Promise.resolve({ notes: [] })
  return { ...newNames(), started, exit: Promise.resolve(exit), kill: () => undefined }
}

function standInOf(id: number, spec: ContainerSpec, { ports }: StandInPorts): StandIn {
  const { pod, container, sandbox, logPath } = spec
  return {
    id,
    identity: {
      namespace: pod.metadata.namespace ?? 'default',
      pod: pod.metadata.name,
      container: container.name,
      node: pod.spec.nodeName ?? '',
      image: container.image ?? '',
      podIP: sandbox.podIP,
      hostname: sandbox.hostname,
    },
    ...(sandbox.netns === undefined ? {} : { netns: sandbox.netns.path }),
    ports,
    logPath,
  }
}
