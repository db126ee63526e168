import type { IPFamily } from '../../api/core.ts'
import type { NetworkNamespace } from '../../host/namespaces.ts'
import type { RuleWatcher } from '../../host/rule-watch.ts'
import { formatCIDR, type CIDR } from '../../lib/ip.ts'
import { OrderedMap } from '../../lib/ordered-map.ts'
import { isEqual } from '../../model/equal.ts'
import { resolvedServices } from '../../model/resolve-services.ts'
import { followAddedRanges } from '../../model/service-ranges.ts'
import type { Snapshot } from '../../model/snapshot.ts'
import type { Table } from '../../nft/ruleset.ts'
import { nftablesBackend, type NodeProgram } from '../../proxy/backends/nftables.ts'
import { settleProgram } from '../../proxy/backends/nftables/program.ts'
import { compileLoadBalancer, type BalancerContext, type BalancerProgram } from '../../proxy/load-balancer.ts'
import type { NodeContext } from '../../proxy/node-context.ts'
import type { NodeTraffic } from '../../proxy/traffic.ts'
import { withConnectionLoads } from './connection-loads.ts'
import type { Consumer } from '../control-loop.ts'
import { zoneOf } from './node-contexts.ts'
import { type NodeWork, withWork } from './node-work.ts'
import { ADDRESS_IN_USE, createServiceNotices, type ServiceNotices } from './service-notices.ts'
import { keepTable, type Services, type TableKeeper } from './table-keeper.ts'
import type { FamilyTopology, NodePlan, Topology } from '../topology.ts'
import { countTraffic, type TrafficReader } from './traffic-counters.ts'

/** The load balancer's place, beside the nodes' names. */
export const BALANCER = 'balancer'

export interface ServiceProxy extends Consumer {
  /** The table of a node, or of the balancer, as the kernel has it; undefined where the network lacks the family. */
  table(place: string, family: IPFamily): Table | undefined
  /** Those of every family. */
  tables(place: string): readonly Table[]
  /** What Services should be told. */
  readonly notices: Pick<ServiceNotices, 'follow' | 'tell'>
  /** Why a place has no rules at all, which a kernel without all of nf_tables is the reason for; undefined where none lacks them. */
  refusal(): string | undefined
  /** From now on the nodes count connections: no start waits for that. */
  beginCounting(): void
  /** What they have passed on to endpoints, node by node. Packets and bytes are counted from the first call on. */
  traffic(): readonly NodeTraffic[]
}

/** The service proxy of every node, and the load balancer outside them. */
export function createServiceProxy(
  topology: Topology,
  nodes: ReadonlyMap<string, NetworkNamespace>,
  watcher: RuleWatcher,
  onError: (error: unknown) => void,
  works: ReadonlyMap<string, NodeWork> = new Map(),
): ServiceProxy {
  const places = new Map<string, Place>()
  const counting: (() => TrafficReader)[] = []
  const followers: ((changeable: Changeable) => void)[] = []
  let readers: readonly TrafficReader[] = []
  for (const node of topology.nodes) {
    const common = { where: node.name, namespace: nodes.get(node.name), watcher, onError }
    const keep = (family: FamilyTopology, i: number): TableKeeper => {
      let context = nodeContext(node, family, i)
      followers.push((changeable) => (context = nodeContext(node, family, i, changeable)))
      counting.push(() => countTraffic(context, common))
      const work = works.get(node.name)
      const keeper = keepTable<NodeProgram>({
        ...common,
        compile: (services, previous) => nftablesBackend.compile(services, context, previous),
        settle: nftablesBackend.settle,
        onWritten: () => work?.written(family.family),
        onRefused: () => work?.refused(family.family),
        onUnclean: () => work?.unclean(family.family),
      })
      const loaded = withConnectionLoads(node.name, common.namespace, keeper, onError)
      return work === undefined ? loaded : withWork(loaded, family.family, work)
    }
    places.set(node.name, placeOf(topology, keep))
  }
  places.set(BALANCER, balancerPlace(topology, watcher, onError))
  const notices = createNotices(onError)
  let seen: Services | undefined
  const [rangesOf, zonesOf] = [followAddedRanges(topology.config), followZones()]
  let known = UNCHANGED
  return {
    name: 'service proxy',
    sync(snapshot: Snapshot) {
      const resolved = resolvedServices(snapshot)
      const next = { added: rangesOf(snapshot.objects.ServiceCIDR), zones: zonesOf(snapshot) }
      if (next.added !== known.added || next.zones !== known.zones) for (const follow of followers) follow(next)
      else if (resolved === seen) return
      known = next
      seen = resolved
      for (const [name, place] of places) {
        place.sync(resolved)
        for (const [family, keeper] of place.keepers) notices.update(`${name} ${family}`, keeper.state())
      }
    },
    notices,
    table: (name, family) => places.get(name)?.keepers.get(family)?.table(),
    tables: (name) => [...(places.get(name)?.keepers.values() ?? [])].flatMap((keeper) => keeper.table() ?? []),
    beginCounting() {
      readers = counting.map((begin) => begin())
    },
    traffic: () => readers.flatMap((reader) => reader.read(seen ?? OrderedMap.empty())),
    refusal: () => [...places.values()].flatMap((place) => refusalOf(place) ?? [])[0],
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

/** A namespace with rules: a table for each IP family. */
interface Place {
  sync(services: Services): void
  readonly keepers: ReadonlyMap<IPFamily, TableKeeper>
}

function placeOf({ families }: Topology, keep: (family: FamilyTopology, index: number) => TableKeeper): Place {
  const keepers = new Map(families.map((family, i) => [family.family, keep(family, i)]))
  return { keepers, sync: (services) => keepers.forEach((keeper) => keeper.sync(services)) }
}

function refusalOf({ keepers }: Place): string | undefined {
  return [...keepers.values()].flatMap((keeper) => keeper.refusal() ?? [])[0]
}

/** What of the nodes may change while the network runs. */
interface Changeable {
  /** Ranges of Services besides the first one. */
  readonly added: readonly CIDR[]
  /** Of each node; absent where it has none. */
  readonly zones: Readonly<Record<string, string>>
}

const UNCHANGED: Changeable = { added: [], zones: {} }

/** The same value for as long as no node's zone changes. */
function followZones(): (snapshot: Snapshot) => Changeable['zones'] {
  let nodes: Snapshot['objects']['Node'] | undefined
  let { zones } = UNCHANGED
  return ({ objects }) => {
    if (objects.Node === nodes) return zones
    nodes = objects.Node
    const named = [...nodes.values()].map((node) => [node.metadata.name, zoneOf(node)] as const)
    const next = Object.fromEntries(named.flatMap(([name, zone]) => (zone === undefined ? [] : [[name, zone]])))
    if (!isEqual(zones, next)) zones = next
    return zones
  }
}

/** `index`: of the family, in every list of families. */
function nodeContext(
  node: NodePlan,
  { family, serviceCIDR }: FamilyTopology,
  index: number,
  { added, zones }: Changeable = UNCHANGED,
): NodeContext {
  const zone = zones[node.name]
  const own = node.families[index]
  const localPods = own && ({ kind: 'range', range: formatCIDR(own.podCIDR) } as const)
  const further = added.filter((range) => (range.family === 4 ? 'IPv4' : 'IPv6') === family).map(formatCIDR)
  const serviceCIDRs = [...new Set([serviceCIDR, ...further])]
  const addresses = own ? [own.address] : []
  return { name: node.name, family, ...(zone === undefined ? {} : { zone }), addresses, localPods, serviceCIDRs }
}

function balancerPlace(topology: Topology, watcher: RuleWatcher, onError: (error: unknown) => void): Place {
  const common = { where: BALANCER, namespace: undefined, watcher, onError, settle: settleProgram }
  return placeOf(topology, (family, i) => keepTable({ ...common, compile: balancerCompiler(topology, family, i) }))
}

type CompileBalancer = (services: Services, previous: BalancerProgram | undefined) => BalancerProgram

function balancerCompiler({ nodes }: Topology, family: FamilyTopology, index: number): CompileBalancer {
  const context: BalancerContext = {
    family: family.family,
    nodes: nodes.map(({ name, families, address }) => ({ name, address: families[index]?.address ?? address })),
    nodeCIDR: family.nodeCIDR,
    loadBalancerCIDR: family.loadBalancerCIDR,
    outsideCIDR: formatCIDR(family.outsideCIDR),
    podCIDR: family.podCIDR,
  }
  return (services, previous) => compileLoadBalancer(services, context, previous)
}
