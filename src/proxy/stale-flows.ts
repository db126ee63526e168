import type { ServicePortInfo } from '../model/resolve-services.ts'

/** A UDP flow as connection tracking has it, or more than that. */
export interface TrackedFlow {
  readonly original: { readonly destination: string; readonly destinationPort: number }
  readonly reply: { readonly source: string; readonly sourcePort: number }
}

/**
 * Flows to UDP Services whose answers come from no endpoint that serves. A UDP client that goes on sending from one port
 * keeps its flow alive and would be sent to the endpoint that is gone for ever, or, where the flow began before there
 * was any, to nowhere. TCP ends by itself and is left alone. A nodePort counts on the node's own addresses only.
 */
export function staleFlows<F extends TrackedFlow>(
  flows: readonly F[],
  services: readonly ServicePortInfo[],
  nodeAddresses: readonly string[],
): readonly F[] {
  const usable = new Map<string, ReadonlySet<string>>()
  for (const info of services) {
    if (info.name.protocol !== 'UDP') continue
    const serving = info.endpoints.filter((endpoint) => endpoint.serving || endpoint.ready)
    const endpoints = new Set(serving.map(({ ip, port }) => place(ip, port)))
    for (const address of [info.clusterIP, ...info.externalIPs, ...info.loadBalancerVIPs]) {
      usable.set(place(address, info.port), endpoints)
    }
    if (info.nodePort > 0) for (const address of nodeAddresses) usable.set(place(address, info.nodePort), endpoints)
  }
  return flows.filter(({ original, reply }) => {
    const endpoints = usable.get(place(original.destination, original.destinationPort))
    return endpoints !== undefined && !endpoints.has(place(reply.source, reply.sourcePort))
  })
}

function place(address: string, port: number): string {
  return `${address}:${port}`
}
