import type { RunningContainer } from './container-runtime.ts'
import type { WorkerState } from './worker-state.ts'

/** Grace period of a Pod that names none, in seconds. */
export const DEFAULT_GRACE = 30

/** SIGTERM to one container while its Pod goes on, and SIGKILL after the grace period. */
export function endContainer(worker: WorkerState, child: RunningContainer, graceSeconds: number | undefined): void {
  const { clock } = worker.dependencies
  const seconds = graceSeconds ?? worker.pod.spec.terminationGracePeriodSeconds ?? DEFAULT_GRACE
  child.kill(seconds === 0 ? 'SIGKILL' : 'SIGTERM')
  const cancel = clock.after(seconds * 1000, () => child.kill('SIGKILL'))
  void child.exit.then(cancel)
}
