import { openNetlink } from '../host/netlink.ts'
import { OrderedMap } from '../lib/ordered-map.ts'
import { readCounters } from '../nft/read-counters.ts'
import type { NftSet } from '../nft/ruleset.ts'
import type { NodeContext } from '../proxy/node-context.ts'
import { compileTraffic, type NodeTraffic, type TrafficCount, trafficOf, type TrafficSet } from '../proxy/traffic.ts'
import { keepTable, type Services, type TableKeeperOptions } from './table-keeper.ts'

/** What was counted, by the names of these Services. */
export type TrafficReader = (services: Services) => readonly NodeTraffic[]

/** Lets a node count what it passes on to endpoints. */
export function countTraffic(
  node: NodeContext,
  place: Omit<TableKeeperOptions<never>, 'compile' | 'settle'>,
): TrafficReader {
  const table = compileTraffic(node.family)
  const program = { table, services: OrderedMap.empty<never>(), contested: OrderedMap.empty<never>() }
  keepTable({ ...place, where: `${node.name}, traffic`, compile: () => program }).sync(program.services)
  const socket = openNetlink('netfilter', place.namespace)
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
