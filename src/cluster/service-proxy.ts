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
import type { Topology } from './topology.ts'

/** The service proxy of every node, and the load balancer outside them. */
export function createServiceProxy(
  topology: Topology,
  config: ClusterConfig,
  nodes: ReadonlyMap<string, NetworkNamespace>,
): Consumer {
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
  const proxies = [
    ...contexts.map((node) =>
      keepTable(createProxier(nodes.get(node.name)), (services, previous: NodeProgram | undefined) =>
        nftablesBackend.compile(services, node, previous),
      ),
    ),
    keepTable(createProxier(), (services, previous: BalancerProgram | undefined) =>
      compileLoadBalancer(services, balancerContext, previous),
    ),
  ]
  let seen: Services | undefined
  return {
    name: 'service proxy',
    sync(snapshot: Snapshot) {
      const resolved = resolvedServices(snapshot)
      if (resolved === seen) return
      for (const sync of proxies) sync(resolved)
      seen = resolved
    },
  }
}

type Services = ReturnType<typeof resolvedServices>

/** Keeps a namespace's table as the Services say. A program counts as the previous one when the kernel has taken it. */
function keepTable<Program extends { readonly table: Table }>(
  proxier: Proxier,
  compile: (services: Services, previous: Program | undefined) => Program,
): (services: Services) => void {
  let previous: Program | undefined
  return (services) => {
    const next = compile(services, previous)
    proxier.sync(next.table)
    previous = next
  }
}
