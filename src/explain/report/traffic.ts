import type { ServicePortName } from '../../model/resolve-services.ts'
import type { NodeTraffic } from '../../proxy/traffic.ts'
import { formatTable } from './table.ts'

/** What passed through the frontends. `pods`: names by address. */
export function trafficReport(traffic: readonly NodeTraffic[], pods: ReadonlyMap<string, string>): string {
  if (traffic.length === 0) return 'no connection yet\n'
  const rows = traffic.map(({ node, service, frontend, endpoint, connections, sent, received }) => [
    service === undefined ? '-' : serviceText(service),
    frontend,
    node,
    endpointText(endpoint, pods),
    `${connections}`,
    bytesText(sent.bytes),
    bytesText(received.bytes),
  ])
  return formatTable([['SERVICE', 'FRONTEND', 'NODE', 'ENDPOINT', 'CONNECTIONS', 'SENT', 'RECEIVED'], ...rows])
}

function serviceText({ namespace, name, port }: ServicePortName): string {
  return `${namespace}/${name}${port === '' ? '' : `:${port}`}`
}

function endpointText(endpoint: string, pods: ReadonlyMap<string, string>): string {
  const address = /^\[?([^\]]+?)\]?:\d+(\/\w+)?$/.exec(endpoint)?.[1] ?? ''
  const pod = pods.get(address)
  return pod === undefined ? endpoint : `${pod} ${endpoint}`
}

const UNITS = ['kB', 'MB', 'GB', 'TB'] as const

/** Decimal units, as for network rates. */
function bytesText(bytes: number): string {
  let [value, unit] = [bytes, 'B' as string]
  for (const next of UNITS) {
    if (value < 1000) break
    ;[value, unit] = [value / 1000, next]
  }
  return `${unit === 'B' ? value : value.toFixed(1)} ${unit}`
}
