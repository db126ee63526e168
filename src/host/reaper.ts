import { readdirSync, readFileSync } from 'node:fs'
import { libc } from './libc.ts'

const WNOHANG = 1
/** Node collects its own children at once; what is still a zombie after this long is nobody's. Milliseconds. */
const PATIENCE = 1000

/**
 * As PID 1 this process inherits every orphan of its namespace: a program that a user ran inside and that left others
 * behind. Ended ones are collected, or their ids would be used up.
 */
export function reapOrphans(): void {
  let timer: NodeJS.Timeout | undefined
  process.on('SIGCHLD', () => {
    timer ??= setTimeout(() => {
      timer = undefined
      for (const pid of zombieChildren()) libc().waitpid(pid, null, WNOHANG)
    }, PATIENCE).unref()
  })
}

function zombieChildren(): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      const [state, parent] = stateOf(pid)
      return state === 'Z' && parent === process.pid
    })
}

/** State and parent; the program's name before them may hold anything. */
function stateOf(pid: number): readonly [string | undefined, number] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ', 2)
    return [state, Number(parent)]
  } catch {
    // It is gone already.
    return [undefined, 0]
  }
}
