import { cpus } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'

/** In milliseconds. */
const [SAMPLE, LONGEST] = [200, 5_000]
/** The share of all CPUs that may be busy where nobody works. */
const BUSY = 0.1

/**
 * Gives a function that resolves when the machine is idle, or after a while all the same: numbers beside other work say
 * little. Where it waited in vain it waits half as long the next time: others may work for hours.
 */
export function createQuiet(): () => Promise<void> {
  let patience = LONGEST
  return async () => {
    const deadline = performance.now() + patience
    do {
      const before = cpuTimes()
      await sleep(SAMPLE)
      const after = cpuTimes()
      if ((after.busy - before.busy) / (after.all - before.all) < BUSY) {
        patience = LONGEST
        return
      }
    } while (performance.now() < deadline)
    patience /= 2
  }
}

function cpuTimes(): { readonly busy: number; readonly all: number } {
  const times = cpus().map(({ times }) => times)
  const all = times.reduce((sum, { user, nice, sys, idle, irq }) => sum + user + nice + sys + idle + irq, 0)
  return { all, busy: all - times.reduce((sum, { idle }) => sum + idle, 0) }
}
