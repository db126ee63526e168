import { openNetlink } from '../../host/netlink.ts'
import { readCounters } from '../../nft/read-counters.ts'
import type { NodeContext } from '../../proxy/node-context.ts'
import { compileTraffic, type NodeTraffic, type TrafficCount, trafficOf, type TrafficSet } from '../../proxy/traffic.ts'
import { keepPlainTable, type Services } from './table-keeper.ts'

/** The counts of one node and family. */
export interface TrafficReader {
  /** What was counted, by the names of these Services. From the first call on, packets and bytes are counted too. */
  read(services: Services): readonly NodeTraffic[]
}

/** Lets a node count what it passes on to endpoints. */
export function countTraffic(node: NodeContext, place: Parameters<typeof keepPlainTable>[0]): TrafficReader {
  const keeper = keepPlainTable({ ...place, where: `${node.name}, traffic` })
  let table = compileTraffic(node.family, false)
  keeper.sync(table)
  const socket = openNetlink('netfilter', place.namespace)
  const read = (name: TrafficSet): readonly TrafficCount[] => {
    const set = table.sets.get(name)
    return set === undefined ? [] : readCounters(table, set, socket.dump)
  }
  let countsPackets = false
  return {
    read(services) {
      const counts = { connections: read('connections'), sent: read('sent'), received: read('received') }
      if (!countsPackets) {
        countsPackets = true
        table = compileTraffic(node.family, true)
        keeper.sync(table)
      }
      const ports = [...services.values()].flat().filter(({ family }) => family === node.family)
      return trafficOf(counts, ports, node.addresses).map((traffic) => ({ node: node.name, ...traffic }))
    },
  }
}
