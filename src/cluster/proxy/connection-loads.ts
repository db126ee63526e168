import { openConntrack, type Conntrack } from '../../host/conntrack.ts'
import { watchFlows } from '../../host/conntrack-events.ts'
import type { NetworkNamespace } from '../../host/namespaces.ts'
import type { ConnectionLoad, ServicePortInfo } from '../../model/resolve-services.ts'
import { countedName, createConnectionCounts, isCounted, withLoad } from '../../proxy/connection-counts.ts'
import { explained } from './kernel-errors.ts'
import type { Services, TableKeeper } from './table-keeper.ts'

/** What Services with least-connections go by, in one namespace. Without such a Service nothing is listened to. */
export interface ConnectionLoads {
  /** The Services with the counts as they are now. */
  apply(services: Services): Services
}

/** Milliseconds between two reports at least: many connections begin and end in one. */
const PACE = 2
/** Milliseconds after which everything is counted again: flows from before somebody listened end without an event. */
const RECOUNT = 10_000
const PROTOCOLS = [6, 17, 132]

/** `watch`: of flows. */
export interface LoadSources {
  readonly watch: typeof watchFlows
  readonly open: typeof openConntrack
  /** Milliseconds until what the kernel refused is tried again, and until everything is counted again. */
  readonly recount: number
}

const SOURCES: LoadSources = { watch: watchFlows, open: openConntrack, recount: RECOUNT }

/**
 * `onChange` is called when counts have changed: `apply` then gives other Services. Where the kernel does not tell, the
 * counts stay as they are.
 */
export function createConnectionLoads(
  namespace: NetworkNamespace | undefined,
  onChange: () => void,
  onError: (error: unknown) => void,
  sources: LoadSources = SOURCES,
): ConnectionLoads {
  const counts = createConnectionCounts()
  let load: ConnectionLoad = { open: new Map(), arriving: 0 }
  let seen: Services | undefined
  const followed = new Map<string, readonly ServicePortInfo[]>()
  let stop: (() => void) | undefined
  const report = (): void => {
    const next = counts.take()
    if (next === undefined) return
    load = next
    onChange()
  }
  const follow = (services: Services): void => {
    const changes = seen?.changes(services) ?? [...services].map(([key, after]) => ({ key, after }))
    seen = services
    const before = followed.size
    const relevant = changes.filter(({ key, after }) => followed.has(key) || after?.some(isCounted))
    if (relevant.length === 0) return
    for (const { key, after = [] } of relevant) {
      const infos = after.filter(isCounted)
      if (infos.length > 0) followed.set(key, infos)
      else followed.delete(key)
    }
    const infos = [...followed.values()].flat()
    counts.follow(new Set(infos.flatMap((info) => info.endpoints.map((endpoint) => countedName(info, endpoint)))))
    if (before === 0 && followed.size > 0) stop = listen(namespace, counts, report, onError, sources)
    else if (before > 0 && followed.size === 0) stop?.()
  }
  return {
    apply(services) {
      if (services !== seen) follow(services)
      load = counts.take() ?? load
      return withLoad(services, followed.keys(), load)
    },
  }
}

/** Follows the namespace's flows until the result is called. */
function listen(
  namespace: NetworkNamespace | undefined,
  counts: ReturnType<typeof createConnectionCounts>,
  report: () => void,
  onError: (error: unknown) => void,
  sources: LoadSources,
): () => void {
  let conntrack: Conntrack | undefined
  let events: ReturnType<typeof watchFlows> | undefined
  let timer: NodeJS.Timeout | undefined
  let reported = -Infinity
  const guarded = createGuard(onError)
  const recount = (): void => {
    events ??= sources.watch(
      namespace,
      ({ kind, flow }) => (kind === 'ended' ? counts.ends(flow) : counts.begins(flow)),
      (lost) => {
        if (lost) guarded(recount)
        soon()
      },
    )
    conntrack ??= sources.open(namespace)
    const { list } = conntrack
    counts.recount(PROTOCOLS.flatMap(list))
  }
  const soon = (): void => {
    timer ??= setTimeout(
      () => {
        timer = undefined
        reported = performance.now()
        try {
          report()
        } catch (error) {
          onError(error)
        }
      },
      reported + PACE - performance.now(),
    )
  }
  guarded(recount)
  const again = setInterval(() => {
    guarded(recount)
    soon()
  }, sources.recount).unref()
  return () => {
    events?.close()
    conntrack?.close()
    clearInterval(again)
    clearTimeout(timer)
  }
}

/** The same trouble is told of once. */
function createGuard(onError: (error: unknown) => void): (action: () => void) => void {
  let told: string | undefined
  return (action) => {
    try {
      action()
      told = undefined
    } catch (error) {
      const message = explained(error)
      const next = 'least-connections goes by what was counted before, and it is counted again in ten seconds'
      if (message !== told) onError(new Error(`${message}: ${next}`, { cause: error }))
      told = message
    }
  }
}

/** A node's Services with least-connections go by the connections that the node itself counts. `where`: in messages. */
export function withConnectionLoads(
  where: string,
  namespace: NetworkNamespace | undefined,
  keeper: TableKeeper,
  onError: (error: unknown) => void,
): TableKeeper {
  let latest: Services | undefined
  const tell = (): void => {
    if (latest !== undefined) keeper.sync(loads.apply(latest))
  }
  const loads = createConnectionLoads(namespace, tell, (error) => {
    const message = error instanceof Error ? error.message : String(error)
    onError(new Error(`${where}: ${message}`, { cause: error }))
  })
  return {
    ...keeper,
    sync(services) {
      latest = services
      tell()
    },
  }
}
