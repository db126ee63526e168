import { cpus } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'

/** In milliseconds. */
const [SAMPLE, LONGEST] = [300, 5_000]
/** The share of all CPUs that may be busy where nobody works. */
const BUSY = 0.1

/** Resolves when the machine is idle, or after a while all the same: numbers beside other work say little. */
export async function waitForQuiet(): Promise<void> {
  const deadline = performance.now() + LONGEST
  while (performance.now() < deadline) {
    const before = cpuTimes()
    await sleep(SAMPLE)
    const after = cpuTimes()
    if ((after.busy - before.busy) / (after.all - before.all) < BUSY) return
  }
}

function cpuTimes(): { readonly busy: number; readonly all: number } {
  const times = cpus().map(({ times }) => times)
  const all = times.reduce((sum, { user, nice, sys, idle, irq }) => sum + user + nice + sys + idle + irq, 0)
  return { all, busy: all - times.reduce((sum, { idle }) => sum + idle, 0) }
}
