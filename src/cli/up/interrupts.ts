import type { Front } from '../../cluster/front.ts'
import { deferred } from '../../lib/deferred.ts'

export interface Interrupts {
  readonly first: Promise<'interrupted'>
  /** Whether a second signal ended everything at once. */
  wasForced(): boolean
  /** From now on they end this. */
  end(front: Front): void
  /** The `up -d` that waited for this process may end. */
  ignoreParent(): void
  stop(): void
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
/** One Ctrl-C comes from the terminal, and again from npm or npx: what follows this soon is the same, in milliseconds. */
const SAME_KEY = 500

/**
 * The first signal ends the network gracefully, or a start at once; the second ends everything at once. Where an `up -d`
 * waits for this process, its death counts as a signal.
 */
export function watchInterrupts(detached: boolean): Interrupts {
  const first = deferred<'interrupted'>()
  let front: Front | undefined
  let firstAt: number | undefined
  let forced = false
  const onSignal = (): void => {
    first.resolve('interrupted')
    const now = performance.now()
    if (firstAt === undefined) front?.stop()
    else if (now - firstAt > SAME_KEY) {
      forced = true
      front?.kill()
    }
    firstAt ??= now
  }
  for (const signal of SIGNALS) process.on(signal, onSignal)
  if (detached) process.on('disconnect', onSignal)
  // Its end may have come while this program was being loaded.
  if (detached && !process.connected) onSignal()
  const ignoreParent = (): void => void process.off('disconnect', onSignal)
  return {
    first: first.promise,
    wasForced: () => forced,
    end(started) {
      front = started
    },
    ignoreParent,
    stop() {
      ignoreParent()
      for (const signal of SIGNALS) process.off(signal, onSignal)
    },
  }
}
