/** The service proxy of the machine it runs on: what an API server says, as rules of this network namespace. */
import type { IPFamily } from '../../api/core.ts'
import { localAddresses } from '../../host/local-addresses.ts'
import { createRuleWatcher } from '../../host/rule-watch.ts'
import { OrderedMap } from '../../lib/ordered-map.ts'
import { changesOf } from '../../model/incremental.ts'
import { resolvedServices } from '../../model/resolve-services.ts'
import { emptySnapshot, get, type Snapshot } from '../../model/snapshot.ts'
import { nftablesBackend, type NodeProgram } from '../../proxy/backends/nftables.ts'
import type { NodeContext } from '../../proxy/node-context.ts'
import type { ClusterView } from '../../remote/cluster-state.ts'
import { withConnectionLoads } from './connection-loads.ts'
import { createFlowCleaner, type NodePlaces } from './flow-cleaner.ts'
import { createHealthChecks } from './health-checks.ts'
import { nodeContexts, type NodeSettings } from './node-contexts.ts'
import { createProxyHealth, type ProxyHealth, SYSTEM_TIME } from './health.ts'
import { createProxyMetrics, withoutLocalEndpoints, type ProxyMetrics } from './metrics.ts'
import type { Rivals } from './rival-proxy.ts'
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

export interface NodeProxy {
  /** Writes what a view says. */
  sync(view: ClusterView): void
  readonly health: ProxyHealth
  readonly metrics: ProxyMetrics
  readonly notices: Pick<ServiceNotices, 'follow'>
  /** What was written last. */
  snapshot(): Snapshot
  withoutLocal(): ReturnType<typeof withoutLocalEndpoints>
}

const TRIGGER_TIME = 'endpoints.kubernetes.io/last-change-trigger-time'

/** Writes nothing before the first view comes. */
export function createNodeProxy(options: NodeProxyOptions): NodeProxy {
  const { node, onError } = options
  const startedAt = Date.now()
  const health = createProxyHealth(SYSTEM_TIME, 2 * options.syncPeriod)
  const metrics = createProxyMetrics()
  const notices = createNotices(onError)
  const tables = createTables(options, { health, metrics, notices })
  const places: { nodes: NodePlaces['nodes'] } = { nodes: [] }
  const flows = createFlowCleaner(places, new Map(), onError, metrics.cleaned)
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
    withoutLocal: () => withoutLocalEndpoints(resolvedServices(snapshot).values(), node),
    sync(view) {
      const before = snapshot
      snapshot = view.snapshot
      contexts = nodeContexts({ ...view, localAddresses: localAddresses() }, options, contexts)
      if (contexts !== placed) places.nodes = [placeOf(node, contexts)]
      placed = contexts
      countChanges(metrics, contexts, before, snapshot)
      tables.write(contexts, resolvedServices(snapshot))
      measureProgramming(metrics, before, snapshot, startedAt)
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
  { health, metrics, notices }: Pick<NodeProxy, 'health' | 'metrics'> & { readonly notices: ServiceNotices },
): { write(contexts: readonly NodeContext[], services: Services): void } {
  const watcher = createRuleWatcher()
  const tables = new Map<IPFamily, FamilyTable>()
  const start = (context: NodeContext): FamilyTable => {
    const { family } = context
    const rival = replaced?.[family === 'IPv4' ? 'ip' : 'ip6']
    const fail = (error: unknown): void => {
      metrics.failed(family)
      onError(error)
    }
    const written = (): void => {
      health.written(family)
      metrics.written(family)
    }
    const keeper = keepTable<NodeProgram>({
      where: `${node} ${family}`,
      namespace: undefined,
      watcher,
      compile: (services, previous) => nftablesBackend.compile(services, table.context, previous),
      settle: nftablesBackend.settle,
      onError: fail,
      onWritten: written,
      ...(rival === undefined ? {} : { replaced: rival }),
    })
    const table: FamilyTable = { keeper: withConnectionLoads(undefined, keeper, fail), context, services: undefined }
    tables.set(family, table)
    return table
  }
  const writeOne = (table: FamilyTable, services: Services): void => {
    const begin = performance.now()
    const isFull = table.services === undefined
    health.queued(table.context.family)
    table.services = services
    table.keeper.sync(services)
    notices.update(table.context.family, table.keeper.state())
    metrics.pass(table.context.family, (performance.now() - begin) / 1000, isFull, Date.now())
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

function countChanges(
  metrics: ProxyMetrics,
  contexts: readonly NodeContext[],
  before: Snapshot,
  after: Snapshot,
): void {
  const services = changesOf(before, after, 'Service').length
  const endpoints = changesOf(before, after, 'EndpointSlice').length
  if (services + endpoints === 0) return
  for (const { family } of contexts) metrics.queued(family, { services, endpoints }, Date.now())
}

/** Only changes since the start: what was there before says nothing about this program. */
function measureProgramming(metrics: ProxyMetrics, before: Snapshot, after: Snapshot, startedAt: number): void {
  for (const { after: slice } of changesOf(before, after, 'EndpointSlice')) {
    const changedAt = Date.parse(slice?.metadata.annotations?.[TRIGGER_TIME] ?? '')
    if (slice === undefined || slice.addressType === 'FQDN' || !(changedAt >= startedAt)) continue
    metrics.programmed(slice.addressType, (Date.now() - changedAt) / 1000)
  }
}

/** The Node as the API server has it. */
export function ownNode(proxy: NodeProxy, node: string): ReturnType<typeof get<'Node'>> {
  return get(proxy.snapshot(), 'Node', node)
}
