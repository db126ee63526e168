import type { NetworkNamespace } from '../host/namespaces.ts'
import { createRuleWatcher } from '../host/rule-watch.ts'
import { formatCIDR } from '../lib/ip.ts'
import { OrderedMap } from '../lib/ordered-map.ts'
import type { ClusterConfig } from '../model/cluster-config.ts'
import { resolvedServices } from '../model/resolve-services.ts'
import type { Snapshot } from '../model/snapshot.ts'
import type { Table } from '../nft/ruleset.ts'
import { nftablesBackend, type NodeProgram } from '../proxy/backends/nftables.ts'
import { settleProgram } from '../proxy/backends/nftables/program.ts'
import { compileLoadBalancer, type BalancerContext, type BalancerProgram } from '../proxy/load-balancer.ts'
import type { NodeContext } from '../proxy/node-context.ts'
import type { NodeTraffic } from '../proxy/traffic.ts'
import { withConnectionLoads } from './connection-loads.ts'
import type { Consumer } from './control-loop.ts'
import { ADDRESS_IN_USE, createServiceNotices, type ServiceNotices } from './service-notices.ts'
import { keepTable, type Services, type TableKeeper } from './table-keeper.ts'
import type { Topology } from './topology.ts'
import { countTraffic } from './traffic-counters.ts'

/** The load balancer's place, beside the nodes' names. */
export const BALANCER = 'balancer'

export interface ServiceProxy extends Consumer {
  /** The table of a node, or of the balancer, as the kernel has it. */
  table(place: string): Table | undefined
  /** What Services should be told. */
  readonly notices: Pick<ServiceNotices, 'follow'>
  /** Why a place has no rules at all, which a kernel without all of nf_tables is the reason for; undefined where none lacks them. */
  refusal(): string | undefined
  /** What the nodes have passed on to endpoints, node by node. */
  traffic(): readonly NodeTraffic[]
}

/** The service proxy of every node, and the load balancer outside them. */
export function createServiceProxy(
  topology: Topology,
  config: ClusterConfig,
  nodes: ReadonlyMap<string, NetworkNamespace>,
  onError: (error: unknown) => void,
): ServiceProxy {
  const balancerContext = balancerContextOf(topology, config)
  const keepers = new Map<string, TableKeeper>()
  const watcher = createRuleWatcher()
  const readers: ((services: Services) => readonly NodeTraffic[])[] = []
  for (const node of nodeContexts(topology, config)) {
    const compile = (services: Services, previous: NodeProgram | undefined): NodeProgram =>
      nftablesBackend.compile(services, node, previous)
    const namespace = nodes.get(node.name)
    readers.push(countTraffic(node, namespace, watcher, OrderedMap.empty(), onError))
    const keeper = keepTable({ where: node.name, namespace, watcher, compile, settle: nftablesBackend.settle, onError })
    keepers.set(node.name, withConnectionLoads(namespace, keeper, onError))
  }
  const balance = (services: Services, previous: BalancerProgram | undefined): BalancerProgram =>
    compileLoadBalancer(services, balancerContext, previous)
  const balancer = {
    where: BALANCER,
    namespace: undefined,
    watcher,
    compile: balance,
    settle: settleProgram,
    onError,
  }
  keepers.set(BALANCER, keepTable(balancer))
  const notices = createNotices(onError)
  let seen: Services | undefined
  return {
    name: 'service proxy',
    sync(snapshot: Snapshot) {
      const resolved = resolvedServices(snapshot)
      if (resolved === seen) return
      seen = resolved
      for (const [place, keeper] of keepers) {
        keeper.sync(resolved)
        notices.update(place, keeper.state())
      }
    },
    notices,
    table: (place) => keepers.get(place)?.table(),
    traffic: () => readers.flatMap((read) => read(seen ?? OrderedMap.empty())),
    refusal: () => [...keepers.values()].flatMap((keeper) => keeper.refusal() ?? [])[0],
  }
}

function nodeContexts(topology: Topology, config: ClusterConfig): readonly NodeContext[] {
  return topology.nodes.map(({ name, address }) => ({
    name,
    family: 'IPv4',
    addresses: [address],
    podCIDR: config.podCIDRs.map(formatCIDR)[0] ?? '',
    serviceCIDRs: config.serviceCIDRs.filter((range) => range.family === 4).map(formatCIDR),
  }))
}

function balancerContextOf(topology: Topology, config: ClusterConfig): BalancerContext {
  return {
    family: 'IPv4',
    nodes: topology.nodes,
    loadBalancerCIDR: config.loadBalancerCIDRs.map(formatCIDR)[0] ?? '',
    outsideCIDR: config.outsideCIDRs.map(formatCIDR)[0] ?? '',
    podCIDR: config.podCIDRs.map(formatCIDR)[0] ?? '',
  }
}

/** Conflicts of Services are told; whoever else wants to know follows them. */
export function createNotices(onError: (error: unknown) => void): ServiceNotices {
  const notices = createServiceNotices()
  notices.follow(({ service, reason, message }) => {
    // What a keeper sets aside it tells itself.
    if (reason === ADDRESS_IN_USE) onError(new Error(`Service ${service}: ${message}`))
  })
  return notices
}
