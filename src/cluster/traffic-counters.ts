import { openNetlink } from '../host/netlink.ts'
import { OrderedMap } from '../lib/ordered-map.ts'
import { readCounters } from '../nft/read-counters.ts'
import type { Table } from '../nft/ruleset.ts'
import type { NodeContext } from '../proxy/node-context.ts'
import { compileTraffic, type NodeTraffic, type TrafficCount, trafficOf, type TrafficSet } from '../proxy/traffic.ts'
import { keepTable, type Services, type TableKeeperOptions } from './table-keeper.ts'

/** The counts of one node and family. */
export interface TrafficReader {
  /** What was counted, by the names of these Services. From the first call on, packets and bytes are counted too. */
  read(services: Services): readonly NodeTraffic[]
}

/** Lets a node count what it passes on to endpoints. */
export function countTraffic(
  node: NodeContext,
  place: Omit<TableKeeperOptions<never>, 'compile' | 'settle'>,
): TrafficReader {
  const programOf = (packets: boolean): Program => ({ ...NO_SERVICES, table: compileTraffic(node.family, packets) })
  let program = programOf(false)
  const keeper = keepTable({ ...place, where: `${node.name}, traffic`, compile: () => program })
  keeper.sync(program.services)
  const socket = openNetlink('netfilter', place.namespace)
  const read = (name: TrafficSet): readonly TrafficCount[] => {
    const set = program.table.sets.get(name)
    return set === undefined ? [] : readCounters(program.table, set, socket.dump)
  }
  let countsPackets = false
  return {
    read(services) {
      const counts = { connections: read('connections'), sent: read('sent'), received: read('received') }
      if (!countsPackets) {
        countsPackets = true
        program = programOf(true)
        keeper.sync(program.services)
      }
      const ports = [...services.values()].flat().filter(({ family }) => family === node.family)
      return trafficOf(counts, ports, node.addresses).map((traffic) => ({ node: node.name, ...traffic }))
    },
  }
}

interface Program {
  readonly table: Table
  readonly services: OrderedMap<never>
  readonly contested: OrderedMap<never>
}

const NO_SERVICES: Omit<Program, 'table'> = { services: OrderedMap.empty(), contested: OrderedMap.empty() }
