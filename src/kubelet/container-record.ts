import type { Container, ContainerState, Pod } from '../api/core.ts'
import { timestamp } from '../lib/clock.ts'
import { nextBackOff, type BackOff } from './back-off.ts'
import type { ContainerExit } from './container-runtime.ts'
import type { ProbeKind } from './probe/probe.ts'

/** What the kubelet knows of one container of a Pod. Times are milliseconds of the Clock. */
export interface ContainerRecord {
  readonly phase: 'refused' | 'starting' | 'running' | 'terminated'
  /** How often it was started again. */
  readonly restartCount: number
  /** Of the present run, or the last. */
  readonly containerID?: string
  readonly imageID?: string
  readonly startedAt: number
  readonly finishedAt: number
  readonly exit?: ContainerExit
  /** How the run before the present one ended. */
  readonly lastState?: ContainerState
  readonly backOff?: BackOff
  /** Why it was not created, and when that is tried again. */
  readonly refusal?: { readonly reason: string; readonly message: string; readonly retryAt: number }
  readonly notes: readonly string[]
  /** Its startup probe passed, or it has none. Says nothing of a container that does not run. */
  readonly started: boolean
  /** Likewise of its readiness probe. */
  readonly ready: boolean
  /** The last failures of probes, by kind: what keeps it from being ready. */
  readonly unhealthy?: Readonly<Partial<Record<ProbeKind, string>>>
  /** What counts as passed because a stand-in has no program: by name, such as `startup probe`, how it is asked. */
  readonly unanswered?: Readonly<Record<string, string>>
  /** A probe ended it: it is started again whatever its exit code says. */
  readonly endedByProbe?: boolean
}

export type ContainerRecords = ReadonlyMap<string, ContainerRecord>

export const isSidecar = (container: Container): boolean => container.restartPolicy === 'Always'
export const isLive = (record: ContainerRecord | undefined): boolean =>
  record?.phase === 'starting' || record?.phase === 'running'

/** Init containers first, in the Pod's order. */
export function containersOf(pod: Pod): readonly Container[] {
  return [...(pod.spec.initContainers ?? []), ...pod.spec.containers]
}

export function terminatedState(record: ContainerRecord): ContainerState {
  const { exitCode, signal, reason, message } = record.exit ?? { exitCode: 0 }
  return {
    terminated: {
      exitCode,
      ...(signal === undefined ? {} : { signal }),
      reason: reason ?? (exitCode === 0 ? 'Completed' : 'Error'),
      ...(message === undefined ? {} : { message }),
      startedAt: timestamp(record.startedAt),
      finishedAt: timestamp(record.finishedAt),
    },
  }
}

/** The record of a container that is being started at `now`, for the first time or again. */
export function startRecord(previous: ContainerRecord | undefined, now: number): ContainerRecord {
  const fresh = { phase: 'starting', startedAt: now, finishedAt: 0, notes: [], started: false, ready: false } as const
  if (previous?.phase !== 'terminated') return { ...fresh, restartCount: previous?.restartCount ?? 0 }
  return {
    ...fresh,
    restartCount: previous.restartCount + 1,
    lastState: terminatedState(previous),
    backOff: nextBackOff(previous.backOff, previous.finishedAt, now),
  }
}

/** A container whose environment cannot be made is looked at again after this time, in milliseconds. */
export const REFUSAL_RETRY = 10_000

export function refusedRecord(
  previous: ContainerRecord | undefined,
  reason: string,
  message: string,
  now: number,
): ContainerRecord {
  const fresh = { restartCount: 0, startedAt: 0, finishedAt: 0, notes: [], started: false, ready: false }
  const refusal = { reason, message, retryAt: now + REFUSAL_RETRY }
  return { ...fresh, ...previous, phase: 'refused', refusal }
}
