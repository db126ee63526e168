import type { Container, Pod } from '../api/core.ts'
import type { RunningContainer } from './container-runtime.ts'
import { containersOf, isLive, isSidecar } from './container-record.ts'
import { watchDeadline } from './deadline.ts'
import { ISOLATED, PROBED } from './pod-status.ts'
import { createWorkerState, type KubeletDependencies, type WorkerState } from './worker-state.ts'
import { DEFAULT_GRACE, killAfter, stopContainer, until } from './stop-container.ts'
import { refreshVolumes } from './worker-volumes.ts'
import { makeSandbox, queueSync, removeSandbox, report, sync } from './worker-sync.ts'

/** One Pod's life, from its sandbox to its removal. */
export interface PodWorker {
  /** The Pod's object changed. */
  update(pod: Pod): void
  /** What runs in a container. */
  child(container: string): RunningContainer | undefined
  /** Something that it refers to changed: containers that were refused are tried now. */
  retry(): void
  /**
   * Ends the Pod: endpoints, SIGTERM, SIGKILL after the grace period, sandbox, store. A second call can only shorten
   * the grace period. Resolves when all of it is done.
   */
  terminate(graceSeconds: number): Promise<void>
}

const OWN_CONDITIONS: ReadonlySet<string> = new Set([
  'PodScheduled',
  'PodReadyToStartContainers',
  'Initialized',
  'ContainersReady',
  'Ready',
  ISOLATED,
  PROBED,
])

export function startPodWorker(pod: Pod, dependencies: KubeletDependencies): PodWorker {
  const worker = createWorkerState(pod, dependencies)
  let ending: Promise<void> | undefined
  let termination: Promise<void> | undefined
  const fail = (): void => {
    killAfter(worker, worker.pod.spec.terminationGracePeriodSeconds ?? DEFAULT_GRACE)
    ending ??= end(worker, () => Promise.resolve())
  }
  report(worker, new Map())
  worker.making = makeSandbox(worker)
  watchDeadline(worker, fail)
  return {
    update(next) {
      worker.pod = withOwnStatus(next, worker.pod)
      refreshVolumes(worker)
      watchDeadline(worker, fail)
      queueSync(worker)
    },
    child: (container) => worker.running.get(container)?.child,
    retry() {
      refreshVolumes(worker)
      for (const [name, record] of worker.records) {
        const { refusal } = record
        if (refusal !== undefined) worker.records.set(name, { ...record, refusal: { ...refusal, retryAt: 0 } })
      }
      queueSync(worker)
    },
    terminate(graceSeconds) {
      killAfter(worker, graceSeconds)
      ending ??= end(worker, () => worker.dependencies.endpointsRemoved(worker.pod))
      termination ??= ending.then(() => dependencies.deletePod(worker.pod))
      return termination
    },
  }
}

/** The store may still show an older status of ours; only the conditions that others wrote are news. */
function withOwnStatus(next: Pod, current: Pod): Pod {
  if (current.status === undefined) return next
  const own = (current.status.conditions ?? []).filter(({ type }) => OWN_CONDITIONS.has(type))
  const foreign = (next.status?.conditions ?? []).filter(({ type }) => !OWN_CONDITIONS.has(type))
  return { ...next, status: { ...current.status, conditions: [...own, ...foreign] } }
}

/** Endpoints first, so that nothing new comes; then the containers, then the sandbox. */
async function end(worker: WorkerState, endpointsRemoved: () => Promise<void>): Promise<void> {
  const { dependencies } = worker
  if (worker.stage === 'running') worker.stage = 'terminating'
  for (const probes of worker.probes.values()) probes.ending()
  worker.cancelWake()
  worker.cancelDeadline()
  await worker.making
  if (worker.running.size > 0) {
    const graceOver = until(worker, () => dependencies.clock.now() >= worker.killAt)
    await Promise.race([endpointsRemoved().catch(() => undefined), graceOver])
    await stopAll(worker)
  }
  worker.cancelKill()
  worker.watchers.clear()
  worker.stage = 'finished'
  sync(worker)
  await removeSandbox(worker)
}

/** All preStop hooks at once; SIGTERM to regular containers, then to sidecars, the last one first. */
async function stopAll(worker: WorkerState): Promise<void> {
  const all = containersOf(worker.pod)
  const sidecars = all.filter(isSidecar)
  const others = all.filter((container) => !sidecars.includes(container))
  const ended = (containers: readonly Container[]): Promise<void> =>
    until(worker, () => !containers.some(({ name }) => isLive(worker.records.get(name))))
  const now = Promise.resolve()
  await Promise.all([
    ...others.map(({ name }) => stopContainer(worker, name, now)),
    ...sidecars.map(({ name }, i) => stopContainer(worker, name, ended([...others, ...sidecars.slice(i + 1)]))),
  ])
  await ended(all)
}
