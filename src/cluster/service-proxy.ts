import type { NetworkNamespace } from '../host/namespaces.ts'
import { formatCIDR } from '../lib/ip.ts'
import type { ClusterConfig } from '../model/cluster-config.ts'
import { resolvedServices } from '../model/resolve-services.ts'
import type { Snapshot } from '../model/snapshot.ts'
import type { Table } from '../nft/ruleset.ts'
import { nftablesBackend, type NodeProgram } from '../proxy/backends/nftables.ts'
import { compileLoadBalancer, type BalancerContext, type BalancerProgram } from '../proxy/load-balancer.ts'
import type { NodeContext } from '../proxy/node-context.ts'
import type { Consumer } from './control-loop.ts'
import { createProxier, type Proxier } from './proxier.ts'
import { inSteps } from './service-steps.ts'
import type { Topology } from './topology.ts'

/** The load balancer's place, beside the nodes' names. */
export const BALANCER = 'balancer'

export interface ServiceProxy extends Consumer {
  /** The table of a node, or of the balancer, as the kernel has it. */
  table(place: string): Table | undefined
  /** Why a place has no rules at all, which a kernel without all of nf_tables is the reason for; undefined where none lacks them. */
  refusal(): string | undefined
}

/** The service proxy of every node, and the load balancer outside them. */
export function createServiceProxy(
  topology: Topology,
  config: ClusterConfig,
  nodes: ReadonlyMap<string, NetworkNamespace>,
  onError: (error: unknown) => void,
): ServiceProxy {
  const podCIDR = config.podCIDRs.map(formatCIDR)[0] ?? ''
  const contexts: readonly NodeContext[] = topology.nodes.map(({ name, address }) => ({
    name,
    addresses: [address],
    podCIDR,
    serviceCIDR: config.serviceCIDRs.map(formatCIDR)[0] ?? '',
  }))
  const balancerContext: BalancerContext = {
    nodes: topology.nodes,
    loadBalancerCIDR: config.loadBalancerCIDRs.map(formatCIDR)[0] ?? '',
    outsideCIDR: config.outsideCIDRs.map(formatCIDR)[0] ?? '',
    podCIDR,
  }
  const keepers = new Map<string, TableKeeper>()
  for (const node of contexts) {
    const compile = (services: Services, previous: NodeProgram | undefined): NodeProgram =>
      nftablesBackend.compile(services, node, previous)
    keepers.set(node.name, keepTable(node.name, createProxier(nodes.get(node.name)), compile, onError))
  }
  const balance = (services: Services, previous: BalancerProgram | undefined): BalancerProgram =>
    compileLoadBalancer(services, balancerContext, previous)
  keepers.set(BALANCER, keepTable(BALANCER, createProxier(), balance, onError))
  setInterval(() => keepers.forEach((keeper) => keeper.mend()), MEND).unref()
  let seen: Services | undefined
  return {
    name: 'service proxy',
    sync(snapshot: Snapshot) {
      const resolved = resolvedServices(snapshot)
      if (resolved === seen) return
      seen = resolved
      for (const keeper of keepers.values()) keeper.sync(resolved)
    },
    table: (place) => keepers.get(place)?.table(),
    refusal: () => [...keepers.values()].flatMap((keeper) => keeper.refusal() ?? [])[0],
  }
}

type Services = ReturnType<typeof resolvedServices>

/** The table of one namespace. */
interface TableKeeper {
  sync(services: Services): void
  /** Undoes what somebody else has done to it. */
  mend(): void
  table(): Table | undefined
  refusal(): string | undefined
}

/** Milliseconds after which what the kernel refused is tried again. */
const RETRY = 1000
/** Services that change in one transaction at most: with default buffers the kernel takes 200 KB. */
const STEP = 200
/** Milliseconds between two looks for what somebody else has done to a table. */
const MEND = 1000

/**
 * Keeps a namespace's table as the Services say. A program counts as the previous one when the kernel has taken it. One
 * that it refused is tried again, and the other namespaces go on.
 */
function keepTable<Program extends { readonly table: Table; readonly services: Services }>(
  where: string,
  proxier: Proxier,
  compile: (services: Services, previous: Program | undefined) => Program,
  onError: (error: unknown) => void,
): TableKeeper {
  let previous: Program | undefined
  let wanted: Services | undefined
  let timer: NodeJS.Timeout | undefined
  let refused: string | undefined
  let nextLook = 0
  const fail = (error: unknown): void => {
    refused = `${where}: ${error instanceof Error ? error.message : String(error)}`
    onError(new Error(refused, { cause: error }))
    timer = setTimeout(write, RETRY).unref()
  }
  const write = (): void => {
    clearTimeout(timer)
    if (wanted === undefined) return
    try {
      for (const services of previous === undefined ? [wanted] : inSteps(previous.services, wanted, STEP)) {
        const next = compile(services, previous)
        proxier.sync(next.table)
        previous = next
      }
    } catch (error) {
      fail(error)
    }
  }
  return {
    sync(services) {
      wanted = services
      write()
    },
    mend() {
      const start = performance.now()
      if (start < nextLook) return
      try {
        if (proxier.mend())
          onError(new Error(`${where}: the table was changed by somebody else, and is as it was again`))
      } catch (error) {
        clearTimeout(timer)
        fail(error)
      }
      // At most 2 % of the time, however large the table is.
      nextLook = start + 50 * (performance.now() - start)
    },
    table: () => proxier.table,
    refusal: () => (proxier.table === undefined ? refused : undefined),
  }
}
