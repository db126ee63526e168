import type { Container, Probe } from '../../api/core.ts'
import type { Clock } from '../../lib/clock.ts'
import {
  continueStreak,
  earlyPause,
  firstAttempt,
  isDecided,
  periodOf,
  probeOf,
  type ProbeKind,
  type ProbeOutcome,
  type Streak,
} from './probe.ts'

/** The probes of one run of a container. */
export interface ContainerProbes {
  /** The container is to end: only readiness still matters. */
  ending(): void
  stop(): void
}

export interface ProbeListener {
  started(): void
  ready(isReady: boolean): void
  /** It has to be ended: by its startup or its liveness probe. */
  failed(kind: 'startup' | 'liveness'): void
  /** Each failure that counts. */
  unhealthy(kind: ProbeKind, message: string): void
  /** A success. */
  healthy(kind: ProbeKind, outcome: ProbeOutcome): void
}

export interface ProbeSurroundings {
  readonly clock: Clock
  /** One attempt, within its time limit. Never rejects. */
  attempt(kind: ProbeKind, probe: Probe): Promise<ProbeOutcome>
  readonly listener: ProbeListener
}

/** Startup first; once it passed, readiness and liveness. A container without any is started and ready at once. */
export function startContainerProbes(container: Container, surroundings: ProbeSurroundings): ContainerProbes {
  const { listener } = surroundings
  const running = new Map<ProbeKind, () => void>()
  let isEnding = false
  const run = (kind: ProbeKind, decided: (passed: boolean) => boolean): void => {
    const probe = probeOf(container, kind)
    if (probe !== undefined) running.set(kind, runProbe(kind, probe, surroundings, decided))
  }
  const fail = (kind: 'startup' | 'liveness', passed: boolean): boolean => {
    if (!passed) listener.failed(kind)
    return passed
  }
  const begin = (): void => {
    listener.started()
    if (container.readinessProbe === undefined) listener.ready(true)
    else {
      run('readiness', (passed) => {
        listener.ready(passed)
        return true
      })
    }
    if (!isEnding) run('liveness', (passed) => fail('liveness', passed))
  }
  if (container.startupProbe === undefined) begin()
  else {
    run('startup', (passed) => {
      if (fail('startup', passed)) begin()
      return false
    })
  }
  const stop = (kinds: readonly ProbeKind[]): void => {
    for (const kind of kinds) running.get(kind)?.()
  }
  return {
    ending() {
      isEnding = true
      stop(['startup', 'liveness'])
    },
    stop: () => stop(['startup', 'readiness', 'liveness']),
  }
}

/** `decided` is told of each result that counts, and says whether to go on. What is returned stops it. */
function runProbe(
  kind: ProbeKind,
  probe: Probe,
  { clock, attempt, listener }: ProbeSurroundings,
  decided: (passed: boolean) => boolean,
): () => void {
  let stopped = false
  let streak: Streak | undefined
  let early = kind === 'liveness' ? 0 : 1
  const firstAt = clock.now() + firstAttempt(probe, kind)
  let cancel = clock.after(firstAt - clock.now(), look)

  function look(): void {
    const startedAt = clock.now()
    void attempt(kind, probe).then((outcome) => {
      if (!stopped) next(outcome, startedAt)
    })
  }

  function next(outcome: ProbeOutcome, startedAt: number): void {
    const now = clock.now()
    const pause = early > 0 && !outcome.passed ? earlyPause(probe, early++, now - firstAt) : undefined
    if (pause !== undefined) {
      cancel = clock.after(pause, look)
      return
    }
    early = 0
    if (outcome.passed) listener.healthy(kind, outcome)
    else listener.unhealthy(kind, outcome.message)
    streak = continueStreak(streak, outcome.passed)
    if (isDecided(streak, probe) && !decided(outcome.passed)) stopped = true
    if (!stopped) cancel = clock.after(Math.max(0, startedAt + periodOf(probe) - now), look)
  }

  return () => {
    stopped = true
    cancel()
  }
}
