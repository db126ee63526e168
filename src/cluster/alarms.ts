import type { Controller } from '../controllers/controller.ts'
import type { Clock } from '../lib/clock.ts'

/** The moments at which controllers want to look again though nothing changes. */
export interface Alarms {
  /** In place of what was set for the same key before. `at` in milliseconds since 1970; undefined: never. */
  set(controller: Controller, key: string, at: number | undefined): void
  areDue(): boolean
  /** The keys whose time has come, each once. */
  takeDue(): ReadonlyMap<Controller, readonly string[]>
  cancel(): void
}

/** Timers of Node hold 31 bits of milliseconds; who waits longer is woken in between and asked again. */
const LONGEST = 24 * 60 * 60 * 1000

export function createAlarms(clock: Clock, onDue: () => void): Alarms {
  const waiting = new Map<Controller, Map<string, () => void>>()
  let due = new Map<Controller, string[]>()
  const timersOf = (controller: Controller): Map<string, () => void> => {
    const timers = waiting.get(controller) ?? new Map<string, () => void>()
    waiting.set(controller, timers)
    return timers
  }
  return {
    set(controller, key, at) {
      const timers = timersOf(controller)
      timers.get(key)?.()
      timers.delete(key)
      if (at === undefined) return
      const cancel = clock.after(Math.min(Math.max(0, at - clock.now()), LONGEST), () => {
        timers.delete(key)
        due.set(controller, [...(due.get(controller) ?? []), key])
        onDue()
      })
      timers.set(key, cancel)
    },
    areDue: () => due.size > 0,
    takeDue() {
      const taken = due
      due = new Map()
      return taken
    },
    cancel() {
      for (const timers of waiting.values()) for (const cancel of timers.values()) cancel()
      waiting.clear()
    },
  }
}
