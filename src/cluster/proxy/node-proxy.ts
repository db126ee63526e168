/** The service proxy of the machine it runs on: what an API server says, as rules of this network namespace. */
import type { IPFamily } from '../../api/core.ts'
import { localAddresses } from '../../host/local-addresses.ts'
import { createRuleWatcher } from '../../host/rule-watch.ts'
import { OrderedMap } from '../../lib/ordered-map.ts'
import { resolvedServices } from '../../model/resolve-services.ts'
import { emptySnapshot, get, type Snapshot } from '../../model/snapshot.ts'
import { nftablesBackend, type NodeProgram } from '../../proxy/backends/nftables.ts'
import type { NodeContext } from '../../proxy/node-context.ts'
import type { ClusterView } from '../../remote/cluster-state.ts'
import { countChanges } from './change-metrics.ts'
import { withConnectionLoads } from './connection-loads.ts'
import { createFlowCleaner, type FlowCleanerOptions, type NodePlaces } from './flow-cleaner.ts'
import { createHealthChecks } from './health-checks.ts'
import { nodeContexts, type NodeSettings } from './node-contexts.ts'
import { createProxyHealth, SYSTEM_TIME } from './health.ts'
import { createProxyMetrics, withoutLocalEndpoints } from './metrics.ts'
import { type NodeWork, withWork, workOf } from './node-work.ts'
import { openedLater } from './opened-later.ts'
import type { Rivals } from './rival-proxy.ts'
import type { ServedProxy } from './servers.ts'
import type { ServiceNotices } from './service-notices.ts'
import { createNotices } from './service-proxy.ts'
import { keepTable, type Services, type TableKeeper } from './table-keeper.ts'

export interface NodeProxyOptions extends NodeSettings {
  /** Rules of another proxy, which make way. */
  readonly replaced: Rivals['replaced'] | undefined
  /** Milliseconds: a change that waits for twice as long is not healthy. */
  readonly syncPeriod: number
  readonly onError: (error: unknown) => void
}

export interface NodeProxy extends ServedProxy {
  /** Writes what a view says. */
  sync(view: ClusterView): void
  readonly notices: Pick<ServiceNotices, 'follow'>
  /** What was written last. */
  snapshot(): Snapshot
}

/** Writes nothing before the first view comes. */
export function createNodeProxy(options: NodeProxyOptions): NodeProxy {
  const { node, onError } = options
  const health = createProxyHealth(SYSTEM_TIME, 2 * options.syncPeriod)
  const metrics = createProxyMetrics()
  const notices = createNotices(onError)
  const work = workOf(health, metrics)
  const changes = countChanges(metrics, health, emptySnapshot(), Date.now())
  const tables = createTables(options, work, notices)
  const places: { nodes: NodePlaces['nodes'] } = { nodes: [] }
  const onCleaned: FlowCleanerOptions['onCleaned'] = (_, ...rest) => work.cleaned(...rest)
  const flows = createFlowCleaner(places, new Map(), onError, { onCleaned, inherits: true })
  const checks = createHealthChecks(places, new Map(), {
    onError,
    onNotice: notices.tell,
    isProxyHealthy: health.isHealthy,
  })
  let contexts: readonly NodeContext[] = []
  let placed = contexts
  let snapshot = emptySnapshot()
  return {
    health,
    metrics,
    notices,
    snapshot: () => snapshot,
    node: () => get(snapshot, 'Node', node),
    withoutLocal: () => withoutLocalEndpoints(resolvedServices(snapshot).values(), node),
    sync(view) {
      snapshot = view.snapshot
      contexts = nodeContexts({ ...view, localAddresses: localAddresses() }, options, contexts)
      if (contexts !== placed) places.nodes = [placeOf(node, contexts)]
      placed = contexts
      const families = contexts.map(({ family }) => family)
      changes.before(snapshot, families)
      tables.write(contexts, resolvedServices(snapshot))
      changes.after(families)
      flows.sync(snapshot, [])
      checks.sync(snapshot, [])
    },
  }
}

function placeOf(name: string, contexts: readonly NodeContext[]): NodePlaces['nodes'][number] {
  const families = contexts.flatMap(({ family, addresses }) => addresses.map((address) => ({ family, address })))
  return { name, families }
}

interface FamilyTable {
  readonly keeper: TableKeeper
  context: NodeContext
  services: Services | undefined
}

/** The table of each family in which the node has an address; one that it has no more is emptied. */
function createTables(
  { node, onError, replaced }: NodeProxyOptions,
  work: NodeWork,
  notices: ServiceNotices,
): { write(contexts: readonly NodeContext[], services: Services): void } {
  const watcher = createRuleWatcher()
  const tables = new Map<IPFamily, FamilyTable>()
  const start = (context: NodeContext): FamilyTable => {
    const { family } = context
    const rival = replaced?.[family === 'IPv4' ? 'ip' : 'ip6']
    const where = `${node} ${family}`
    const onRefused = (): void => work.refused(family)
    const open = (): TableKeeper =>
      keepTable<NodeProgram>({
        where,
        namespace: undefined,
        watcher,
        compile: (services, previous) => nftablesBackend.compile(services, table.context, previous),
        settle: nftablesBackend.settle,
        onError,
        onWritten: () => work.written(family),
        onRefused,
        onUnclean: () => work.unclean(family),
        ...(rival === undefined ? {} : { replaced: rival }),
      })
    const keeper = openedLater({ where, open, onError, onRefused })
    const loaded = withConnectionLoads(where, undefined, keeper, onError)
    const table: FamilyTable = { keeper: withWork(loaded, family, work), context, services: undefined }
    tables.set(family, table)
    return table
  }
  const writeOne = (table: FamilyTable, services: Services): void => {
    table.services = services
    table.keeper.sync(services)
    notices.update(table.context.family, table.keeper.state())
  }
  return {
    write(contexts, services) {
      for (const context of contexts) {
        const table = tables.get(context.family) ?? start(context)
        const isKnown = table.services === services && table.context === context
        table.context = context
        if (!isKnown) writeOne(table, services)
      }
      for (const [family, table] of tables) {
        const isGone = !contexts.some((context) => context.family === family)
        if (isGone && table.services?.size !== 0) writeOne(table, OrderedMap.empty())
      }
    },
  }
}
