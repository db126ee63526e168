import type { NetworkNamespace } from '../host/namespaces.ts'
import type { RuleWatcher } from '../host/rule-watch.ts'
import type { resolvedServices } from '../model/resolve-services.ts'
import type { Table } from '../nft/ruleset.ts'
import { createProxier, type Proxier } from './proxier.ts'
import { inSteps } from './service-steps.ts'

export type Services = ReturnType<typeof resolvedServices>

/** The table of one namespace. */
export interface TableKeeper {
  sync(services: Services): void
  table(): Table | undefined
  refusal(): string | undefined
}

/** Milliseconds after which what the kernel refused is tried again. */
const RETRY = 1000
/** Services that change in one transaction at most: with default buffers the kernel takes 200 KB. */
const STEP = 200

/**
 * Keeps a namespace's table as the Services say. A program counts as the previous one when the kernel has taken it. One
 * that it refused is tried again, and the other namespaces go on. What somebody else does to the table is undone.
 */
export function keepTable<Program extends { readonly table: Table; readonly services: Services }>(
  where: string,
  namespace: NetworkNamespace | undefined,
  watcher: RuleWatcher,
  compile: (services: Services, previous: Program | undefined) => Program,
  onError: (error: unknown) => void,
): TableKeeper {
  const proxier = createProxier(namespace)
  let previous: Program | undefined
  let wanted: Services | undefined
  let timer: NodeJS.Timeout | undefined
  let refused: string | undefined
  const fail = (error: unknown): void => {
    refused = `${where}: ${error instanceof Error ? error.message : String(error)}`
    onError(new Error(refused, { cause: error }))
    clearTimeout(timer)
    timer = setTimeout(write, RETRY).unref()
  }
  const mend = createMender(where, proxier, onError, fail)
  const watch = watcher.watch(namespace, mend.soon)
  const advance = (services: Services): void => {
    for (const step of previous === undefined ? [services] : inSteps(previous.services, services, STEP)) {
      const next = compile(step, previous)
      proxier.sync(next.table)
      previous = next
    }
  }
  const write = (): void => {
    clearTimeout(timer)
    if (wanted === undefined) return
    const services = wanted
    try {
      watch.quietly(() => advance(services))
    } catch (error) {
      return fail(error)
    }
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
  }
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
