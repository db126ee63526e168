import type { Container, Probe } from '../../api/core.ts'

export type ProbeKind = 'startup' | 'readiness' | 'liveness'

/** What one attempt found. */
export interface ProbeOutcome {
  readonly passed: boolean
  /** Why it did not pass, as Kubernetes says it; or what was seen. */
  readonly message: string
  /** Where it passed only because a stand-in has no program that could answer: what was not tried. */
  readonly unanswered?: string
}

export function probeOf(container: Container, kind: ProbeKind): Probe | undefined {
  if (kind === 'startup') return container.startupProbe
  return kind === 'readiness' ? container.readinessProbe : container.livenessProbe
}

/** Outcomes of one kind in a row. */
export interface Streak {
  readonly passed: boolean
  readonly length: number
}

export function continueStreak(streak: Streak | undefined, passed: boolean): Streak {
  return { passed, length: streak?.passed === passed ? streak.length + 1 : 1 }
}

/** Whether a streak is long enough to count. */
export function isDecided({ passed, length }: Streak, { successThreshold = 1, failureThreshold = 3 }: Probe): boolean {
  return length >= (passed ? successThreshold : failureThreshold)
}

/** Milliseconds. A value of 0 stands for the default, as in the API. */
export const timeoutOf = (probe: Probe): number => (probe.timeoutSeconds || 1) * 1000
export const periodOf = (probe: Probe): number => (probe.periodSeconds || 10) * 1000

/** A program needs a moment until it listens: so long its first attempts are repeated without being counted, in milliseconds. */
const [EARLY, FIRST_PAUSE] = [2000, 50]

/**
 * Milliseconds until the next of the early attempts, `elapsed` milliseconds after the first one; undefined where they
 * are over, and a failure counts. Readiness then follows the program, not the period.
 */
export function earlyPause(probe: Probe, attempt: number, elapsed: number): number | undefined {
  const pause = FIRST_PAUSE * 2 ** (attempt - 1)
  return elapsed + pause < Math.min(EARLY, periodOf(probe)) ? pause : undefined
}

/** When the first attempt is due, in milliseconds after the start. A liveness probe is in no hurry. */
export function firstAttempt(probe: Probe, kind: ProbeKind): number {
  const initial = (probe.initialDelaySeconds ?? 0) * 1000
  return kind === 'liveness' && initial === 0 ? periodOf(probe) : initial
}

/** The failure as events tell it. */
export function failureText(kind: ProbeKind, message: string): string {
  return `${kind[0]?.toUpperCase()}${kind.slice(1)} probe failed: ${message}`
}
