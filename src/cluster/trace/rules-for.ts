/** The rules that a client's packets are expected to meet, from what the engine has written into the kernel. */
import type { ProbeRequest } from '../../explain/trace/observation.ts'
import type { RuleOutcome } from '../../explain/trace/report.ts'
import type { NodePlan, Topology } from '../topology.ts'
import type { TraceParts } from './network.ts'
import { judgeRules } from './rules.ts'

/** The rules that the client's first packet meets: of its own node, of the balancer, of the node that it names. */
export function rulesFor(
  { table, topology, balancer, podNetwork }: TraceParts,
  { from, protocol }: ProbeRequest,
  source: string,
  dial: { readonly address: string; readonly port: number },
): readonly RuleOutcome[] {
  const at = (place: string, hook: 'prerouting' | 'output', to = dial): RuleOutcome | undefined => {
    const packet = { protocol, source, ...to }
    const found = table(place, to.address.includes(':') ? 'IPv6' : 'IPv4')
    const node = topology.nodes.find(({ name }) => name === place)
    const localAddresses = node?.families.flatMap(({ address, podGateway }) => [address, podGateway]) ?? []
    return found && judgeRules({ place, table: found, hook, localAddresses }, packet)
  }
  const [kind, namespace = '', name = ''] = from.split('/', 3)
  if (kind === 'node') return [at(namespace, 'output')].flatMap((outcome) => outcome ?? [])
  if (kind === 'pod') {
    const { hostIP, podIP } = podNetwork.sandboxOf(namespace, name) ?? {}
    const node = topology.nodes.find(({ address }) => address === hostIP)
    return [at(node?.name ?? '', hostIP === podIP ? 'output' : 'prerouting')].flatMap((outcome) => outcome ?? [])
  }
  const named = nodeAt(topology, dial.address)
  if (named !== undefined) return [at(named.name, 'prerouting')].flatMap((outcome) => outcome ?? [])
  const balanced = at(balancer, 'prerouting')
  if (balanced === undefined) return []
  // The load balancer sends to a node, whose rules come next.
  const onNodes = balanced.choices.flatMap((choice) => {
    const [, address = '', port = ''] = /^\[?([^\]]*)\]?:(\d+)$/.exec(choice) ?? []
    const node = nodeAt(topology, address)
    return node === undefined ? [] : (at(node.name, 'prerouting', { address, port: Number(port) }) ?? [])
  })
  return [balanced, ...onNodes]
}

function nodeAt({ nodes }: Topology, wanted: string): NodePlan | undefined {
  return nodes.find(({ families }) => families.some(({ address }) => address === wanted))
}
