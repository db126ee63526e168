import type { WorkerState } from './worker-state.ts'

/** Why a Pod has failed as a whole, as its status and its event say it. */
export interface PodFailure {
  readonly reason: string
  readonly message: string
}

const EXCEEDED: PodFailure = {
  reason: 'DeadlineExceeded',
  message: 'Pod was active on the node longer than the specified deadline',
}

/** Calls `fail` once the Pod's activeDeadlineSeconds are over, counted from its start. Anew after each change of the Pod. */
export function watchDeadline(worker: WorkerState, fail: () => void): void {
  const { dependencies, pod, startedAt, stage } = worker
  const { activeDeadlineSeconds } = pod.spec
  worker.cancelDeadline()
  if (activeDeadlineSeconds === undefined || stage !== 'running') return
  const left = startedAt + activeDeadlineSeconds * 1000 - dependencies.clock.now()
  worker.cancelDeadline = dependencies.clock.after(Math.max(0, left), () => {
    if (worker.stage !== 'running') return
    worker.failure = EXCEEDED
    dependencies.recordEvent(worker.pod, { type: 'Normal', ...EXCEEDED })
    fail()
  })
}
