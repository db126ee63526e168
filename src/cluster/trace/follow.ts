/** Follows the packets of some connections of one client, from before they are made. */
import type { Connection, Observation, ProbeRequest } from '../../explain/trace/observation.ts'
import { followPackets, type Flow } from '../../nft/follow-packets.ts'
import type { NetworkNamespace } from '../../host/namespaces.ts'
import { routeSource } from '../../host/route-source.ts'
import type { TraceTarget } from '../../nft/trace-table.ts'
import type { ConnectRequest } from './connect.ts'
import type { TraceParts } from './network.ts'
import { type PacketPlaces, tracePackets } from './packets.ts'
import { placesOnTheWay } from './places.ts'
import { ruleTexts } from './rule-text.ts'
import { rulesFor } from './rules-for.ts'

export interface PacketFollower {
  /** Ends it: what became of the packets of these connections. To be called in any case. */
  result(connections: readonly Connection[]): Pick<Observation, 'packets' | 'packetsLost'>
}

export function followConnections(
  parts: TraceParts,
  request: ProbeRequest,
  client: NetworkNamespace,
  dials: readonly ConnectRequest[],
): PacketFollower {
  const { protocol, direct, from } = request
  const outcomes = dials.flatMap((dial) => {
    const source = routeSource(client, dial)
    return source === undefined ? [] : rulesFor(parts, request, source, dial)
  })
  const chosen = outcomes.flatMap(({ choices }) => choices.map(targetOf))
  const targets: readonly TraceTarget[] = [...dials, ...direct, ...chosen].map((to) => ({ protocol, ...to }))
  const named = placesOnTheWay(parts, request, client)
  const places: PacketPlaces = new Map<string, NetworkNamespace | undefined>([
    ...(from === 'outside' ? [[from, client] as const] : []),
    ...named,
    [parts.balancer, undefined],
  ])
  const place = [...places].find(([, namespace]) => namespace?.fd === client.fd)?.[0] ?? from
  const tracer = tracePackets(places, targets)
  return {
    result(connections) {
      const { told, lost } = tracer.stop()
      const flows = connections.flatMap(({ address, port, sourcePort }): readonly Flow[] =>
        sourcePort == null ? [] : [{ place, protocol, sourcePort, address, port }],
      )
      const tableOf = (where: string, name: string) => {
        const table = parts.table(where, name.startsWith('ip6 ') ? 'IPv6' : 'IPv4')
        return table !== undefined && `${table.family} ${table.name}` === name ? table : undefined
      }
      const texts = ruleTexts(places, tableOf, outcomes)
      try {
        return { packets: followPackets(told, flows, texts.describe), packetsLost: lost }
      } finally {
        texts.close()
      }
    },
  }
}

/** Of `address:port`, `[address]:port`. */
function targetOf(choice: string): ConnectRequest {
  const [, address = '', port = ''] = /^\[?([^\]]*)\]?:(\d+)$/.exec(choice) ?? []
  return { address, port: Number(port) }
}
