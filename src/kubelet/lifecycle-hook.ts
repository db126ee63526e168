import type { LifecycleHandler } from '../api/core.ts'
import type { Run, WorkerState } from './worker-state.ts'

/** The longest time of a timer, in milliseconds: 24 days. */
const LONGEST = 2 ** 31 - 1

/**
 * Runs a container's hook, if it has one, for at most `limit` milliseconds. Says whether all went well; what did not is
 * an event of the Pod. Never rejects.
 */
export async function runHook(
  worker: WorkerState,
  run: Run,
  name: 'postStart' | 'preStop',
  limit: number = LONGEST,
): Promise<boolean> {
  const handler = run.container.lifecycle?.[name]
  if (handler === undefined) return true
  const failure = await handle(worker, run, name, handler, Math.min(limit, LONGEST))
  if (failure === undefined) return true
  const word = name === 'postStart' ? 'PostStartHook' : 'PreStopHook'
  const event = { type: 'Warning', reason: `Failed${word}`, message: `${word} failed: ${failure}` } as const
  worker.dependencies.recordEvent(worker.pod, { ...event, container: run.container.name })
  return false
}

/** Why it failed. */
async function handle(
  worker: WorkerState,
  run: Run,
  name: string,
  { exec, httpGet, sleep }: LifecycleHandler,
  limit: number,
): Promise<string | undefined> {
  const { clock, prober } = worker.dependencies
  const { child, container, sandbox } = run
  if (sleep !== undefined) {
    await new Promise<void>((resolve) => {
      const cancel = clock.after(Math.min(sleep.seconds * 1000, limit), resolve)
      void child.exit.then(() => {
        cancel()
        resolve()
      })
    })
    return undefined
  }
  if (exec === undefined && httpGet === undefined) return undefined
  const action = { ...(exec !== undefined && { exec }), ...(httpGet !== undefined && { httpGet }) }
  const probe = { ...action, timeoutSeconds: Math.max(limit, 1) / 1000 }
  const { passed, message, unanswered } = await prober.probe({ pod: worker.pod, container, sandbox, child }, probe)
  if (unanswered !== undefined) {
    run.change({ unanswered: { ...worker.records.get(container.name)?.unanswered, [`${name} hook`]: unanswered } })
  }
  return passed ? undefined : message
}
