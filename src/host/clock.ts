import type { Clock } from '../lib/clock.ts'

/** By how much timers of Node are early: they count whole milliseconds of another clock. More is a clock that was set back. */
const EARLY = 2

export const systemClock: Clock = {
  now: () => Date.now(),
  after(milliseconds, callback) {
    const at = Date.now() + milliseconds
    const look = (): void => {
      const left = at - Date.now()
      if (left > 0 && left <= EARLY) timer = setTimeout(look, left)
      else callback()
    }
    let timer = setTimeout(look, milliseconds)
    return () => clearTimeout(timer)
  },
}
