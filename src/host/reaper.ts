import { readdirSync, readFileSync } from 'node:fs'
import { libc } from './libc.ts'

const WNOHANG = 1
/** Milliseconds between two looks. */
const PATIENCE = 1000

/**
 * As PID 1 this process inherits every orphan of its namespace: a program that a user ran inside and that left others
 * behind. Ended ones are collected, or their ids would be used up. Node collects its own children within one turn of its
 * loop, so only what is a zombie at two looks is nobody's: at the first one it may have ended in this moment, and Node
 * would never hear of it.
 */
export function reapOrphans(): void {
  let timer: NodeJS.Timeout | undefined
  let suspects: ReadonlySet<number> = new Set()
  const schedule = (): void => {
    timer ??= setTimeout(look, PATIENCE).unref()
  }
  const look = (): void => {
    timer = undefined
    const zombies = zombieChildren()
    const orphans = zombies.filter((pid) => suspects.has(pid))
    for (const pid of orphans) libc().waitpid(pid, null, WNOHANG)
    suspects = new Set(zombies.filter((pid) => !orphans.includes(pid)))
    if (suspects.size > 0) schedule()
  }
  process.on('SIGCHLD', schedule)
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
