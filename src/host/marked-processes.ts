import { readdirSync, readFileSync } from 'node:fs'

/** Milliseconds between SIGTERM and SIGKILL. */
const PATIENCE = 2000

/** Processes of this PID namespace that were started with `entry`, as `NAME=value`, in their environment, or by such a one. */
function markedProcesses(entry: string): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => pid !== process.pid && hasEntry(pid, entry))
}

function hasEntry(pid: number, entry: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').includes(entry)
  } catch {
    // It has just ended, or is another user's.
    return false
  }
}

/** Ends them: SIGTERM, and two seconds later SIGKILL to those that are still there, or that were only about to start. */
export function endMarkedProcesses(entry: string): void {
  signal(entry, 'SIGTERM')
  setTimeout(() => signal(entry, 'SIGKILL'), PATIENCE).unref()
}

function signal(entry: string, name: NodeJS.Signals): void {
  for (const pid of markedProcesses(entry)) {
    try {
      process.kill(pid, name)
    } catch {
      // ESRCH: it has just ended.
    }
  }
}
