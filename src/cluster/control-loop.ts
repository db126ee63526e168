import { wokenKeys, type Controller } from '../controllers/controller.ts'
import type { Clock } from '../lib/clock.ts'
import type { Change } from '../model/change.ts'
import type { ClusterConfig } from '../model/cluster-config.ts'
import { allObjects, emptySnapshot, objectKey, type Snapshot } from '../model/snapshot.ts'
import type { Store, WatchEvent } from '../store/store.ts'
import { createAlarms, type Alarms } from './alarms.ts'

/** Somebody who follows the store: told of a settled snapshot, and of what happened since the last one. */
export interface Consumer {
  readonly name: string
  sync(snapshot: Snapshot, events: readonly WatchEvent[]): void
}

export interface ControlLoopOptions {
  readonly store: Store
  readonly controllers: readonly Controller[]
  readonly consumers: readonly Consumer[]
  readonly config: ClusterConfig
  readonly clock: Clock
  /** Carries out what a controller wants; an error concerns that change alone. */
  readonly apply: (change: Change) => void
  readonly onError: (where: string, error: unknown) => void
  /** Told of a change that was refused; the controller tries again a while later. */
  readonly onRefused?: (change: Change, why: string) => void
}

export interface ControlLoop {
  /** Resolves when everything written so far has been worked off by controllers and consumers. */
  settled(): Promise<void>
  stop(): void
}

/** Controllers that disagree for this many rounds on one event are told about, not waited for. */
const MAXIMUM_ROUNDS = 200

/** What was refused is tried again after this time, which doubles with each time, up to the longest. Milliseconds. */
const [FIRST_RETRY, LONGEST_RETRY] = [1000, 60_000]

/**
 * One turn for all that happened in one tick of the event loop: first the controllers, until none wants a change, then the
 * consumers. The first event starts it at once; what comes meanwhile shares the next turn.
 */
export function startControlLoop(options: ControlLoopOptions): ControlLoop {
  // What is there already is news to controllers and consumers.
  let pending: WatchEvent[] = [...allObjects(options.store.snapshot())].map((object) => ({ type: 'ADDED', object }))
  let scheduled = false
  let waiting: (() => void)[] = []
  let reconciled = emptySnapshot()
  const alarms = createAlarms(options.clock, () => schedule())
  const refusals = createRefusals(options)
  const schedule = (): void => {
    if (!scheduled) setImmediate(turn)
    scheduled = true
  }
  const stopWatching = options.store.watch((event) => {
    pending.push(event)
    schedule()
  })
  if (pending.length > 0) schedule()

  function turn(): void {
    const seen = runControllers()
    const snapshot = options.store.snapshot()
    for (const consumer of options.consumers) guarded(options, consumer.name, () => consumer.sync(snapshot, seen))
    scheduled = false
    if (pending.length > 0) return schedule()
    const settled = waiting
    waiting = []
    for (const resolve of settled) resolve()
  }

  function runControllers(): readonly WatchEvent[] {
    const seen: WatchEvent[] = []
    for (let round = 0; pending.length > 0 || alarms.areDue(); round++) {
      seen.push(...pending)
      pending = []
      const before = reconciled
      reconciled = options.store.snapshot()
      if (round < MAXIMUM_ROUNDS) {
        const due = alarms.takeDue()
        for (const controller of options.controllers) {
          const keys = new Set([...wokenKeys(controller, before, reconciled), ...(due.get(controller) ?? [])])
          for (const key of keys) runController(options, controller, key, alarms, refusals)
        }
      } else
        options.onError('controllers', new Error('they do not come to rest: the last changes wait for the next turn'))
    }
    return seen
  }

  return {
    settled: () =>
      new Promise((resolve) => {
        waiting.push(resolve)
        schedule()
      }),
    stop() {
      stopWatching()
      alarms.cancel()
    },
  }
}

function runController(
  options: ControlLoopOptions,
  controller: Controller,
  key: string,
  alarms: Alarms,
  refusals: Refusals,
): void {
  const { clock, store, config } = options
  const where = `${controller.name} ${key}`
  guarded(options, where, () => {
    // One moment for both: what comes between them would be neither seen to nor waited for.
    const now = clock.now()
    const refused = controller
      .reconcile(store.snapshot(), key, config, now)
      .filter((change) => !refusals.apply(where, change))
    const wakeAt = controller.wakeAt?.(store.snapshot(), key, now)
    alarms.set(controller, key, refused.length === 0 ? refusals.over(where, wakeAt) : refusals.retryAt(where, wakeAt))
  })
}

interface Refusals {
  /** Whether the change was carried out. */
  apply(where: string, change: Change): boolean
  /** When to look again, with what was refused or without. */
  retryAt(where: string, wakeAt: number | undefined): number
  over(where: string, wakeAt: number | undefined): number | undefined
}

/** An error is told once, until it is another one or all that its controller wants there was carried out. */
function createRefusals({ apply, clock, onError, onRefused }: ControlLoopOptions): Refusals {
  const refused = new Map<string, { tries: number; readonly told: Map<string, string> }>()
  return {
    apply(where, change) {
      try {
        apply(change)
        return true
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error)
        const known = refused.get(where) ?? { tries: 0, told: new Map<string, string>() }
        refused.set(where, known)
        const what = describe(change)
        if (known.told.get(what) !== why) onError(`${where}: ${what}`, error)
        known.told.set(what, why)
        onRefused?.(change, why)
        return false
      }
    },
    retryAt(where, wakeAt = Number.POSITIVE_INFINITY) {
      const known = refused.get(where) ?? { tries: 0 }
      return Math.min(wakeAt, clock.now() + Math.min(FIRST_RETRY * 2 ** known.tries++, LONGEST_RETRY))
    },
    over(where, wakeAt) {
      refused.delete(where)
      return wakeAt
    },
  }
}

/** One object's trouble is told about, and stops nobody else. */
function guarded({ onError }: ControlLoopOptions, where: string, action: () => void): void {
  try {
    action()
  } catch (error) {
    onError(where, error)
  }
}

function describe(change: Change): string {
  return change.verb === 'delete'
    ? `delete ${change.kind} ${change.key}`
    : `${change.verb} ${change.object.kind} ${objectKey(change.object)}`
}
