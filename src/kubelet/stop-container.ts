import { isLive } from './container-record.ts'
import { runHook } from './lifecycle-hook.ts'
import type { Run, WorkerState } from './worker-state.ts'

/** Grace period of a Pod that names none, in seconds. */
export const DEFAULT_GRACE = 30
/** What a container has between SIGTERM and SIGKILL even where a hook took all of its time, in milliseconds. */
const SHORTEST_GRACE = 2000

/** preStop, SIGTERM, SIGKILL after the grace period: of one container while its Pod goes on. */
export async function endContainer(worker: WorkerState, run: Run, graceSeconds: number | undefined): Promise<void> {
  const { clock } = worker.dependencies
  const grace = (graceSeconds ?? worker.pod.spec.terminationGracePeriodSeconds ?? DEFAULT_GRACE) * 1000
  if (grace === 0) return run.child.kill('SIGKILL')
  const killAt = clock.now() + grace
  await Promise.race([runHook(worker, run, 'preStop', grace), run.child.exit])
  tell(worker, run, Math.max(SHORTEST_GRACE, killAt - clock.now()))
}

/**
 * The same within the grace period of the Pod, which can be shortened meanwhile: preStop at once, SIGTERM when it is this
 * one's turn. Resolves when it has ended.
 */
export async function stopContainer(worker: WorkerState, name: string, turn: Promise<void>): Promise<void> {
  const run = worker.running.get(name)
  if (run === undefined || worker.stopping.has(run)) return
  worker.stopping.add(run)
  const { clock } = worker.dependencies
  const graceOver = until(worker, () => clock.now() >= worker.killAt)
  const left = worker.killAt - clock.now()
  if (left > 0) await Promise.race([runHook(worker, run, 'preStop', left), run.child.exit, graceOver])
  await Promise.race([turn, graceOver])
  if (worker.running.get(name) === run) tell(worker, run, worker.killAt > clock.now() ? undefined : SHORTEST_GRACE)
  await until(worker, () => worker.running.get(name) !== run || !isLive(worker.records.get(name)))
}

/** SIGTERM, once. SIGKILL after `wait` milliseconds; undefined where it comes with the end of the Pod's grace period. */
function tell(worker: WorkerState, run: Run, wait: number | undefined): void {
  if (worker.told.has(run)) return
  worker.told.add(run)
  run.child.kill('SIGTERM')
  if (wait === undefined) return
  const cancel = worker.dependencies.clock.after(wait, () => run.child.kill('SIGKILL'))
  void run.child.exit.then(cancel)
}

/** All that was told to end gets SIGKILL in `graceSeconds`. A later call can only bring that forward. */
export function killAfter(worker: WorkerState, graceSeconds: number): void {
  const { clock } = worker.dependencies
  const at = clock.now() + graceSeconds * 1000
  if (at >= worker.killAt) return
  worker.killAt = at
  worker.cancelKill()
  if (graceSeconds === 0) for (const run of worker.running.values()) worker.told.add(run)
  const killTold = (): void => {
    for (const run of worker.running.values()) if (worker.told.has(run)) run.child.kill('SIGKILL')
    for (const watcher of worker.watchers) watcher()
  }
  if (graceSeconds === 0) killTold()
  else worker.cancelKill = clock.after(graceSeconds * 1000, killTold)
}

/** Resolves at the first look that finds the condition true. */
export function until(worker: WorkerState, condition: () => boolean): Promise<void> {
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
