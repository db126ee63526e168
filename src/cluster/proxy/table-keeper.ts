import type { NetworkNamespace } from '../../host/namespaces.ts'
import type { RuleWatcher } from '../../host/rule-watch.ts'
import type { resolvedServices } from '../../model/resolve-services.ts'
import type { Table } from '../../nft/ruleset.ts'
import { OrderedMap } from '../../lib/ordered-map.ts'
import type { Claims } from '../../proxy/backends/nftables/claims.ts'
import { advanceAround } from './advance-around.ts'
import { createProxier, type Proxier, type Replaced } from './proxier.ts'
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

/** Milliseconds after which what the kernel refused is tried again. */
const RETRY = 1000
/** The same for single Services that were refused while others were taken. */
const RETRY_ASIDE = 30_000
/** Milliseconds for which packets are on their way that came before a change. */
const ON_THE_WAY = 100
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
  /** Rules of somebody else that make way. */
  readonly replaced?: Replaced
}

interface ServiceProgram {
  readonly table: Table
  readonly services: Services
  readonly contested: Claims
}

/**
 * Keeps a namespace's table as the Services say. A program counts as the previous one when the kernel has taken it. One
 * that it refused is tried again, and the other namespaces go on; a single Service that it refuses is set aside. What
 * somebody else does to the table is undone.
 */
export function keepTable<Program extends ServiceProgram>(options: TableKeeperOptions<Program>): TableKeeper {
  const { where, namespace, watcher, onError } = options
  const proxier = createProxier(namespace, options.replaced)
  const writer = createWriter(options, proxier)
  let wanted: Services | undefined
  let timer: NodeJS.Timeout | undefined
  let asideTimer: NodeJS.Timeout | undefined
  let cleanTimer: NodeJS.Timeout | undefined
  let refused: string | undefined
  const fail = (error: unknown): void => {
    refused = `${where}: ${messageOf(error)}`
    options.onRefused?.()
    onError(new Error(refused, { cause: error }))
    clearTimeout(timer)
    timer = setTimeout(write, RETRY).unref()
  }
  const clean = (): void => {
    cleanTimer = undefined
    try {
      watch.quietly(proxier.clean)
    } catch (error) {
      fail(error)
    }
  }
  const forgive = (): void => {
    asideTimer = undefined
    writer.forgive()
    write()
  }
  const mend = createMender(where, proxier, onError, fail)
  const watch = watcher.watch(namespace, mend.soon)
  const write = (): void => {
    if (wanted === undefined) return
    const services = wanted
    try {
      watch.quietly(() => writer.advance(services))
    } catch (error) {
      return fail(error)
    }
    clearTimeout(timer)
    cleanTimer ??= setTimeout(clean, ON_THE_WAY).unref()
    setImmediate(writer.settle)
    options.onWritten?.()
    if (writer.hasAside()) asideTimer ??= setTimeout(forgive, RETRY_ASIDE).unref()
    // What somebody else wrote during the quiet.
    mend.now()
  }
  return {
    sync(services) {
      wanted = services
      write()
    },
    table: () => proxier.table,
    refusal: () => (proxier.table === undefined ? refused : undefined),
    state: writer.state,
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
  // As they were when they were refused.
  let aside: Services = OrderedMap.empty()
  const reasons = new Map<string, string>()
  const write = (services: Services): void => {
    const next = compile(services, previous)
    proxier.sync(next.table)
    previous = next
  }
  return {
    advance(services) {
      for (const step of previous === undefined ? [services] : inSteps(previous.services, services, STEP)) {
        const before: Services = previous?.services ?? OrderedMap.empty()
        const { refused } = advanceAround(before, withoutAside(step, aside, before), write)
        for (const [key, error] of refused) {
          const value = services.get(key)
          if (value !== undefined) aside = aside.set(key, value)
          reasons.set(key, messageOf(error))
          onRefused?.()
          onError(new Error(`${where}: Service ${key} is set aside, the others are served: ${messageOf(error)}`))
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

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
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
