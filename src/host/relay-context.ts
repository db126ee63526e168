/** What the parts of the relay's thread share. */
import { type Libc, libc } from './libc.ts'
import { createMover, type Mover } from './relay-flow.ts'
import type { RelayCounters, RelayLimits } from './relay-messages.ts'
import { createPipePool } from './relay-pipe.ts'
import { createPoller, type Poller } from './relay-poller.ts'

export interface RelayContext {
  readonly libc: Libc
  readonly limits: RelayLimits
  readonly counters: RelayCounters
  readonly poller: Poller
  readonly mover: Mover
  /** Milliseconds, read once a round. */
  readonly clock: { now: number }
}

export function createContext(limits: RelayLimits, counters: RelayCounters): RelayContext {
  return {
    libc: libc(),
    limits,
    counters,
    poller: createPoller(),
    mover: createMover(createPipePool(limits.maxPipes, counters)),
    clock: { now: 0 },
  }
}
