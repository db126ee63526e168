import type { NetworkNamespace } from '../host/namespaces.ts'
import { formatCIDR } from '../lib/ip.ts'
import type { ClusterConfig } from '../model/cluster-config.ts'
import { resolvedServices } from '../model/resolve-services.ts'
import type { Snapshot } from '../model/snapshot.ts'
import { nftablesBackend } from '../proxy/backends/nftables.ts'
import { compileLoadBalancer, type BalancerContext } from '../proxy/load-balancer.ts'
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
  const contexts = topology.nodes.map(({ name, address }): [NodeContext, Proxier] => [
    { name, addresses: [address], podCIDR, serviceCIDR: config.serviceCIDRs.map(formatCIDR)[0] ?? '' },
    createProxier(nodes.get(name)),
  ])
  const balancer = createProxier()
  const balancerContext: BalancerContext = {
    nodes: topology.nodes,
    loadBalancerCIDR: config.loadBalancerCIDRs.map(formatCIDR)[0] ?? '',
    outsideCIDR: config.outsideCIDRs.map(formatCIDR)[0] ?? '',
    podCIDR,
  }
  let seen: ReturnType<typeof resolvedServices> | undefined
  return {
    name: 'service proxy',
    sync(snapshot: Snapshot) {
      const resolved = resolvedServices(snapshot)
      if (resolved === seen) return
      const services = [...resolved.values()].flat().filter(({ family }) => family === 'IPv4')
      for (const [context, proxier] of contexts) proxier.sync(nftablesBackend.compile(services, context))
      balancer.sync(compileLoadBalancer(services, balancerContext))
      seen = resolved
    },
  }
}
