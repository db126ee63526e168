import type { Container, Pod } from '../api/core.ts'
import { containerEnv } from '../model/container-env.ts'
import { isSidecar, refusedRecord, startRecord, type ContainerRecord } from './container-record.ts'
import type { PodSandbox, RunningContainer } from './container-runtime.ts'
import { prepareLog } from './log-files.ts'
import { podActions, type PodActions } from './pod-actions.ts'
import { podStatus } from './pod-status.ts'
import { mountsOf } from './worker-volumes.ts'
import { rootProblem } from './unenforced.ts'
import { runHook } from './lifecycle-hook.ts'
import { DEFAULT_GRACE, endContainer, killAfter, stopContainer } from './stop-container.ts'
import { beginProbes } from './worker-probes.ts'
import type { Run, WorkerState } from './worker-state.ts'

/** A sandbox that could not be made is tried again after this time, in milliseconds. */
export const SANDBOX_RETRY = 5_000

/** Looks at the Pod soon: several events of one moment are one look. */
export function queueSync(worker: WorkerState): void {
  if (worker.lookQueued) return
  worker.lookQueued = true
  queueMicrotask(() => {
    worker.lookQueued = false
    sync(worker)
  })
}

/** Does what podActions says, and reports the status if it changed. */
export function sync(worker: WorkerState): void {
  for (const watcher of worker.watchers) watcher()
  const actions = podActions(worker.pod, worker.records, worker.dependencies.clock.now())
  if (worker.stage === 'running' && worker.sandbox !== undefined) act(worker, worker.sandbox, actions)
  report(worker, worker.stage === 'running' ? actions.backingOff : new Map())
}

/** Until the first look the Pod has no containers: all of them are waiting. */
export function report(worker: WorkerState, backingOff: PodActions['backingOff']): void {
  const { records, sandbox, sandboxProblem, startedAt, failure, dependencies } = worker
  const state = {
    records,
    backingOff,
    ...(sandbox === undefined ? {} : { sandbox }),
    ...(sandboxProblem === undefined ? {} : { sandboxProblem }),
    terminal: worker.stage === 'finished',
    ...(failure === undefined ? {} : { failure }),
    startedAt,
  }
  const status = podStatus(worker.pod, state, dependencies.clock.now())
  const text = JSON.stringify(status)
  if (text === worker.lastWritten) return
  worker.lastWritten = text
  worker.pod = { ...worker.pod, status }
  dependencies.writeStatus(worker.pod, status)
}

export async function makeSandbox(worker: WorkerState): Promise<void> {
  const { dependencies, pod } = worker
  try {
    worker.sandbox = await dependencies.runPodSandbox(pod)
    delete worker.sandboxProblem
  } catch (error) {
    worker.sandboxProblem = error instanceof Error ? error.message : String(error)
    const message = `Failed to create pod sandbox: ${worker.sandboxProblem}`
    dependencies.recordEvent(pod, { type: 'Warning', reason: 'FailedCreatePodSandBox', message })
    if (worker.stage === 'running') {
      worker.cancelWake = dependencies.clock.after(SANDBOX_RETRY, () => {
        worker.making = makeSandbox(worker)
      })
    }
  }
  queueSync(worker)
}

export async function removeSandbox(worker: WorkerState): Promise<void> {
  const { dependencies, pod, sandbox, sandboxRemoved } = worker
  if (sandbox === undefined || sandboxRemoved) return
  worker.sandboxRemoved = true
  worker.tokens?.stop()
  worker.volumes?.remove()
  await dependencies.removePodSandbox(pod, sandbox).catch(() => undefined)
}

function act(worker: WorkerState, sandbox: PodSandbox, actions: PodActions): void {
  const { clock } = worker.dependencies
  worker.cancelWake()
  for (const container of actions.start) start(worker, container, sandbox)
  const [last] = actions.stop
  if (last !== undefined) {
    killAfter(worker, worker.pod.spec.terminationGracePeriodSeconds ?? DEFAULT_GRACE)
    void stopContainer(worker, last.name, Promise.resolve())
  }
  if (actions.wakeAt !== undefined) {
    worker.cancelWake = clock.after(actions.wakeAt - clock.now(), () => queueSync(worker))
  }
  if (!actions.finished) return
  worker.cancelKill()
  worker.cancelDeadline()
  worker.stage = 'finished'
  void removeSandbox(worker)
}

function start(worker: WorkerState, container: Container, sandbox: PodSandbox): void {
  const { dependencies, pod, records, running } = worker
  const { name } = container
  const before = records.get(name)
  const now = dependencies.clock.now()
  const resolved = containerEnv(pod, container, dependencies.snapshot(), sandbox)
  const { problems, command, args } = resolved
  const refuse = (reason: string, message: string): void => {
    records.set(name, refusedRecord(before, reason, message, now))
    queueSync(worker)
  }
  if (problems.length > 0) {
    return refuse('CreateContainerConfigError', problems.map(({ message }) => message).join('; '))
  }
  const root = rootProblem(pod, container)
  if (root !== undefined) return refuse('CreateContainerConfigError', root)
  const mounting = mountsOf(worker, container, sandbox, resolved)
  if ('problem' in mounting) return refuse('ContainerCreating', mounting.problem)
  const record = startRecord(before, now)
  const { restartCount } = record
  const logPath = prepareLog(dependencies.logDirectory, pod, name, restartCount)
  dependencies.logTimes.follow(logPath)
  const child = dependencies.runtime.start({
    pod,
    container: { ...container, command, args },
    runsToCompletion: !isSidecar(container) && (isOfJob(pod) || (pod.spec.initContainers ?? []).includes(container)),
    sandbox,
    env: () => resolved.env,
    restartCount,
    mounts: mounting.mounts,
    ...(mounting.stage !== undefined && { stage: mounting.stage }),
    logPath,
  })
  records.set(name, { ...record, containerID: child.containerID, imageID: child.imageID })
  const run: Run = { container, sandbox, child, change: (part) => change(worker, name, child, part) }
  running.set(name, run)
  void child.exit.then((exit) => {
    dependencies.logTimes.end(logPath)
    const isPresent = running.get(name) === run
    if (isPresent) worker.probes.get(name)?.stop()
    run.change({ phase: 'terminated', exit, finishedAt: dependencies.clock.now() })
    if (isPresent) running.delete(name)
  })
  void child.started.then(({ notes }) => begin(worker, run, [...notes, ...mounting.notes]))
}

/** It runs once its postStart hook is done; one whose hook fails is ended. */
async function begin(worker: WorkerState, run: Run, notes: readonly string[]): Promise<void> {
  const { name, lifecycle } = run.container
  const isStarting = (): boolean => worker.running.get(name) === run && worker.records.get(name)?.phase === 'starting'
  if (lifecycle?.postStart !== undefined && isStarting() && !(await runHook(worker, run, 'postStart'))) {
    if (isStarting()) await endContainer(worker, run, undefined)
    return
  }
  if (!isStarting()) return
  run.change({ phase: 'running', notes })
  beginProbes(worker, run)
}

/** What a run that is over says is not heard any more. */
function change(worker: WorkerState, name: string, child: RunningContainer, part: Partial<ContainerRecord>): void {
  const record = worker.records.get(name)
  if (worker.running.get(name)?.child !== child || record === undefined) return
  worker.records.set(name, { ...record, ...part })
  queueSync(worker)
}

function isOfJob({ metadata }: Pod): boolean {
  return metadata.ownerReferences?.some(({ kind, controller }) => kind === 'Job' && controller === true) ?? false
}
