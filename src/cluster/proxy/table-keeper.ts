import type { NetworkNamespace } from '../../host/namespaces.ts'
import type { RuleWatcher } from '../../host/rule-watch.ts'
import type { resolvedServices } from '../../model/resolve-services.ts'
import type { Table } from '../../nft/ruleset.ts'
import { OrderedMap } from '../../lib/ordered-map.ts'
import type { Claims } from '../../proxy/backends/nftables/claims.ts'
import { advanceAround } from './advance-around.ts'
import { explained, isShortage } from './kernel-errors.ts'
import { createProxier, type Proxier, type Replaced } from './proxier.ts'
import { createRefusals } from './refusals.ts'
import { inSteps } from './service-steps.ts'

export type Services = ReturnType<typeof resolvedServices>

/** The table of one namespace. */
export interface TableKeeper {
  sync(services: Services): void
  table(): Table | undefined
  refusal(): string | undefined
  /** What the rules do not do for some Services. */
  state(): KeeperState
}

export interface KeeperState {
  readonly contested: Claims
  /** Services that are set aside, with the reason. */
  readonly aside: ReadonlyMap<string, string>
}

/** Milliseconds. */
export interface KeeperWaits {
  /** Until what the kernel refused is tried again. */
  readonly retry: number
  /** The same for single Services that were refused while others were taken. */
  readonly aside: number
  /** For which packets are on their way that came before a change. */
  readonly onTheWay: number
}

const WAITS: KeeperWaits = { retry: 1000, aside: 30_000, onTheWay: 100 }
/** So often in a row a shortage is no Service's fault: after that it may be one that is too large. */
const MOST_SHORTAGES = 5
/** Services that change in one transaction at most: with default buffers the kernel takes 200 KB. */
const STEP = 200

/** What a keeper is made of. */
export interface TableKeeperOptions<Program extends ServiceProgram> {
  /** In messages: a node's name. */
  readonly where: string
  readonly namespace: NetworkNamespace | undefined
  readonly watcher: RuleWatcher
  readonly compile: (services: Services, previous: Program | undefined) => Program
  /** Does what makes the next change cheap, once the rules are written. */
  readonly settle?: (program: Program) => void
  readonly onError: (error: unknown) => void
  /** The kernel has taken what was to be written. */
  readonly onWritten?: () => void
  /** The kernel has refused it, or a single Service of it. */
  readonly onRefused?: () => void
  /** What packets on their way may still have looked for could not be removed. */
  readonly onUnclean?: () => void
  /** Rules of somebody else that make way. */
  readonly replaced?: Replaced
  readonly waits?: KeeperWaits
  /** Default: the kernel's. */
  readonly proxier?: Proxier
}

interface ServiceProgram {
  readonly table: Table
  readonly services: Services
  readonly contested: Claims
}

/**
 * Keeps a namespace's table as the Services say. A program counts as the previous one when the kernel has taken it. One
 * that it refused is tried again, and the other namespaces go on; a single Service that it refuses is set aside. What
 * somebody else does to the table is undone. Throws where the kernel cannot be talked to.
 */
export function keepTable<Program extends ServiceProgram>(options: TableKeeperOptions<Program>): TableKeeper {
  const { where, namespace, watcher, onError, waits = WAITS } = options
  const proxier = options.proxier ?? createProxier(namespace, options.replaced)
  const writer = createWriter(options, proxier)
  const refusals = createRefusals(where, onError)
  let wanted: Services | undefined
  let timer: NodeJS.Timeout | undefined
  let asideTimer: NodeJS.Timeout | undefined
  let cleanTimer: NodeJS.Timeout | undefined
  const fail = (error: unknown, tell = options.onRefused): void => {
    tell?.()
    refusals.add(error)
    clearTimeout(timer)
    timer = setTimeout(write, waits.retry).unref()
  }
  const clean = (): void => {
    cleanTimer = undefined
    try {
      watch.quietly(proxier.clean)
    } catch (error) {
      fail(error, options.onUnclean)
    }
  }
  const forgive = (): void => {
    asideTimer = undefined
    writer.forgive()
    write()
  }
  const mend = createMender(where, proxier, onError, fail)
  const watch = orClose(proxier, () => watcher.watch(namespace, mend.soon))
  const write = (): void => {
    if (wanted === undefined) return
    const services = wanted
    try {
      watch.quietly(() => writer.advance(services))
    } catch (error) {
      return fail(error)
    }
    clearTimeout(timer)
    refusals.end()
    cleanTimer ??= setTimeout(clean, waits.onTheWay).unref()
    setImmediate(writer.settle)
    options.onWritten?.()
    if (writer.hasAside()) asideTimer ??= setTimeout(forgive, waits.aside).unref()
    // What somebody else wrote during the quiet.
    mend.now()
  }
  return {
    sync(services) {
      wanted = services
      write()
    },
    table: () => proxier.table,
    refusal: () => (proxier.table === undefined ? refusals.last() : undefined),
    state: writer.state,
  }
}

/** What cannot be watched is not written either: whoever asked may ask again. */
function orClose<T>(proxier: Proxier, open: () => T): T {
  try {
    return open()
  } catch (error) {
    proxier.close()
    throw error
  }
}

/** Keeps a table that does not come from Services, in the same way. */
export function keepPlainTable(place: Omit<TableKeeperOptions<never>, 'compile' | 'settle'>): {
  sync(table: Table): void
} {
  const none = OrderedMap.empty<never>()
  let wanted: Table | undefined
  let keeper: TableKeeper | undefined
  return {
    sync(table) {
      wanted = table
      keeper ??= keepTable({
        ...place,
        compile: () => ({ table: wanted ?? table, services: none, contested: none }),
      })
      keeper.sync(none)
    },
  }
}

interface Writer {
  state(): KeeperState
  /** Throws where it is no fault of single Services. */
  advance(services: Services): void
  /** Whether Services are set aside: as long as they do not change they are left out. */
  hasAside(): boolean
  settle(): void
  /** The next time all are tried again. */
  forgive(): void
}

function createWriter<Program extends ServiceProgram>(
  { where, compile, settle, onError, onRefused }: TableKeeperOptions<Program>,
  proxier: Proxier,
): Writer {
  let previous: Program | undefined
  let shortages = 0
  // As they were when they were refused.
  let aside: Services = OrderedMap.empty()
  const reasons = new Map<string, string>()
  const write = (services: Services): void => {
    const next = compile(services, previous)
    proxier.sync(next.table)
    previous = next
    shortages = 0
  }
  const isNobodysFault = (error: unknown): boolean => isShortage(error) && ++shortages <= MOST_SHORTAGES
  return {
    advance(services) {
      for (const step of previous === undefined ? [services] : inSteps(previous.services, services, STEP)) {
        const before: Services = previous?.services ?? OrderedMap.empty()
        const { refused } = advanceAround(before, withoutAside(step, aside, before), write, isNobodysFault)
        for (const [key, error] of refused) {
          const value = services.get(key)
          if (value !== undefined) aside = aside.set(key, value)
          reasons.set(key, explained(error))
          onRefused?.()
          const next = 'it is tried again when it changes, and in half a minute'
          onError(
            new Error(`${where}: Service ${key} is set aside, the others are served: ${explained(error)}: ${next}`),
          )
        }
      }
    },
    settle() {
      if (previous !== undefined) settle?.(previous)
    },
    state: () => ({
      contested: previous?.contested ?? OrderedMap.empty(),
      aside: new Map([...aside.keys()].map((key) => [key, reasons.get(key) ?? ''])),
    }),
    hasAside: () => aside.size > 0,
    forgive: () => void (aside = OrderedMap.empty()),
  }
}

/** `services`, but those that are set aside and did not change since as they were before. */
function withoutAside(services: Services, aside: Services, before: Services): Services {
  let usable = services
  for (const [key, value] of aside) {
    if (services.get(key) !== value) continue
    const good = before.get(key)
    usable = good === undefined ? usable.delete(key) : usable.set(key, good)
  }
  return usable
}

interface Mender {
  now(): void
  soon(): void
}

/** Undoes what somebody else has done to a table. `soon` takes at most 2 % of the time, however large the table is. */
function createMender(
  where: string,
  proxier: Proxier,
  onError: (error: unknown) => void,
  fail: (error: unknown) => void,
): Mender {
  let timer: NodeJS.Timeout | undefined
  let nextLook = 0
  const now = (): void => {
    clearTimeout(timer)
    timer = undefined
    const start = performance.now()
    try {
      if (proxier.mend()) onError(new Error(`${where}: the table was changed by somebody else, and is as it was again`))
    } catch (error) {
      fail(error)
    }
    nextLook = start + 50 * (performance.now() - start)
  }
  return { now, soon: () => void (timer ??= setTimeout(now, nextLook - performance.now()).unref()) }
}
