import type { Container, Pod } from '../api/core.ts'
import { containersOf, isLive, isSidecar } from './container-record.ts'
import { ISOLATED, PROBED } from './pod-status.ts'
import { createWorkerState, type KubeletDependencies, type WorkerState } from './worker-state.ts'
import { killAfter, makeSandbox, queueSync, removeSandbox, report, sync } from './worker-sync.ts'

/** One Pod's life, from its sandbox to its removal. */
export interface PodWorker {
  /** The Pod's object changed. */
  update(pod: Pod): void
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
  let termination: Promise<void> | undefined
  report(worker, new Map())
  worker.making = makeSandbox(worker)
  return {
    update(next) {
      worker.pod = withOwnStatus(next, worker.pod)
      queueSync(worker)
    },
    retry() {
      for (const [name, record] of worker.records) {
        const { refusal } = record
        if (refusal !== undefined) worker.records.set(name, { ...record, refusal: { ...refusal, retryAt: 0 } })
      }
      queueSync(worker)
    },
    terminate(graceSeconds) {
      killAfter(worker, graceSeconds)
      termination ??= terminate(worker)
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

/** Regular containers first, then sidecars, last one first. */
async function terminate(worker: WorkerState): Promise<void> {
  const { dependencies, pod } = worker
  if (worker.stage === 'running') worker.stage = 'terminating'
  for (const probes of worker.probes.values()) probes.ending()
  worker.cancelWake()
  await worker.making
  const sidecars = (pod.spec.initContainers ?? []).filter(isSidecar)
  if (worker.running.size > 0) {
    const graceOver = until(worker, () => dependencies.clock.now() >= worker.killAt)
    await Promise.race([dependencies.endpointsRemoved(pod).catch(() => undefined), graceOver])
    await stop(
      worker,
      containersOf(pod).filter((container) => !sidecars.includes(container)),
    )
    for (const sidecar of sidecars.toReversed()) await stop(worker, [sidecar])
  }
  worker.cancelKill()
  worker.watchers.clear()
  worker.stage = 'finished'
  sync(worker)
  await removeSandbox(worker)
  dependencies.deletePod(worker.pod)
}

async function stop(worker: WorkerState, containers: readonly Container[]): Promise<void> {
  const signal = worker.dependencies.clock.now() >= worker.killAt ? 'SIGKILL' : 'SIGTERM'
  for (const { name } of containers) worker.running.get(name)?.kill(signal)
  await until(worker, () => !containers.some(({ name }) => isLive(worker.records.get(name))))
}

/** Resolves at the first look that finds the condition true. */
function until(worker: WorkerState, condition: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (!condition()) return
      worker.watchers.delete(look)
      resolve()
    }
    worker.watchers.add(look)
    look()
  })
}
