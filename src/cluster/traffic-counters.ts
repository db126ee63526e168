import type { NetworkNamespace } from '../host/namespaces.ts'
import { openNetlink } from '../host/netlink.ts'
import type { RuleWatcher } from '../host/rule-watch.ts'
import { OrderedMap } from '../lib/ordered-map.ts'
import { readCounters } from '../nft/read-counters.ts'
import type { NftSet } from '../nft/ruleset.ts'
import type { NodeContext } from '../proxy/node-context.ts'
import { compileTraffic, type NodeTraffic, type TrafficCount, trafficOf, type TrafficSet } from '../proxy/traffic.ts'
import { keepTable, type Services } from './table-keeper.ts'

/** Lets a node count what its Services pass on; the function that is returned reads it. */
export function countTraffic(
  node: NodeContext,
  namespace: NetworkNamespace | undefined,
  watcher: RuleWatcher,
  services: Services,
  onError: (error: unknown) => void,
): (services: Services) => readonly NodeTraffic[] {
  const table = compileTraffic(node.family)
  const program = { table, services, contested: OrderedMap.empty<never>() }
  const compile = (): typeof program => program
  keepTable({ where: `${node.name}, traffic`, namespace, watcher, compile, onError }).sync(services)
  const socket = openNetlink('netfilter', namespace)
  const read = (set: TrafficSet): readonly TrafficCount[] => readCounters(table, setOf(set), socket.dump)
  const setOf = (name: TrafficSet): NftSet => {
    const set = table.sets.get(name)
    if (set === undefined) throw new Error(`the table has no set ${name}`)
    return set
  }
  return (now) => {
    const counts = { connections: read('connections'), sent: read('sent'), received: read('received') }
    const ports = [...now.values()].flat().filter(({ family }) => family === node.family)
    return trafficOf(counts, ports, node.addresses).map((traffic) => ({ node: node.name, ...traffic }))
  }
}
