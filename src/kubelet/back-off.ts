/** Crash-loop back-off as the kubelet has it: the first restart is immediate, then 10 s, doubling to 5 min. */
export interface BackOff {
  /** Milliseconds to keep between an exit and the next start. */
  readonly delay: number
  /** When the container was last restarted, in milliseconds of the Clock. */
  readonly restartedAt: number
}

export const INITIAL_BACK_OFF = 10_000
export const MAXIMUM_BACK_OFF = 300_000

/** After ten minutes of running a crash counts as the first one. */
const forgotten = (backOff: BackOff, finishedAt: number): boolean =>
  finishedAt - backOff.restartedAt > 2 * MAXIMUM_BACK_OFF

/** Milliseconds from `now` until a container that ended at `finishedAt` may start again; 0 when it may start now. */
export function backOffRemaining(backOff: BackOff | undefined, finishedAt: number, now: number): number {
  if (backOff === undefined || forgotten(backOff, finishedAt)) return 0
  return Math.max(0, finishedAt + backOff.delay - now)
}

/** The back-off to keep after the restart that happens `now`. */
export function nextBackOff(backOff: BackOff | undefined, finishedAt: number, now: number): BackOff {
  if (backOff === undefined || forgotten(backOff, finishedAt)) return { delay: INITIAL_BACK_OFF, restartedAt: now }
  return { delay: Math.min(backOff.delay * 2, MAXIMUM_BACK_OFF), restartedAt: now }
}
